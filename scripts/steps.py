"""Run the steps of a setup: say what happens and for how long, keep the output in a log, and fail with one line."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from scripts.stamps import ROOT

LOGS = ROOT / ".build" / "setup"
QUIET_SECONDS = 10  # after this time without a line, a step says that it goes on

# What the output of pip, uv and npm says about the causes that a user can remove.
_CAUSES = {
    "the disk is full": "No space left on device|ENOSPC",
    "the package index cannot be reached; is there a network, or a proxy to set?": (
        "Temporary failure in name resolution|Name or service not known|dns error|ENOTFOUND|EAI_AGAIN|ECONNREFUSED"
        "|NewConnectionError|ConnectTimeout|Connection refused|Network is unreachable|connect error|Could not connect"
        r"|\(from versions: none\)"
    ),
    "this machine does not trust the certificate of the package index": (
        "CERTIFICATE_VERIFY_FAILED|UnknownIssuer|SELF_SIGNED_CERT"
    ),
    "a package has no wheel for this Python and cannot be compiled; try another one: make PYTHON=...": (
        "Failed building wheel|Failed to build|command '.*(gcc|cc|clang)' failed|Microsoft Visual C"
    ),
}


class StepFailedError(Exception):
    """A step failed. The message is one line for the user."""


@dataclass(frozen=True)
class Step:
    """A command, what it does, and the name of its log."""

    name: str
    what: str
    command: Sequence[str]
    environment: dict[str, str] | None = None


@dataclass
class Steps:
    """Runs steps and prints their progress, with the seconds since the first line."""

    started: float = field(default_factory=time.monotonic)
    said: bool = False
    _running: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    _stopped: bool = False

    def say(self, text: str) -> None:
        self.said = True
        print(f"setup {time.monotonic() - self.started:4.0f} s  {text}", flush=True)

    def run(self, step: Step) -> None:
        """Run one step. Raises `StepFailedError`."""
        self.say(step.what)
        began, log = time.monotonic(), LOGS / f"{step.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            process = subprocess.Popen(
                step.command, cwd=ROOT, env=step.environment, stdout=output, stderr=subprocess.STDOUT
            )
            self._running.append(process)
            if self._stopped:
                process.terminate()
            self._wait(process, step, log)
        if process.returncode != 0:
            raise StepFailedError(
                f"{step.what}: failed, {cause(log)}. The whole output is in {log.relative_to(ROOT)}"
            )
        self.say(f"{step.what}: done in {time.monotonic() - began:.0f} s")

    def together(self, jobs: Sequence[Callable[[], None]]) -> None:
        """Do jobs side by side. The first failure stops the steps of the others."""
        with ThreadPoolExecutor(max(1, len(jobs))) as pool:
            futures = [pool.submit(job) for job in jobs]
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            failed = [future for future in done if future.exception()]
            if failed:
                self.stop()
                failed[0].result()

    def stop(self) -> None:
        """Stop every step that runs or begins."""
        self._stopped = True
        for process in self._running:
            if process.poll() is None:
                process.terminate()

    def _wait(self, process: "subprocess.Popen[bytes]", step: Step, log: Path) -> None:
        while True:
            try:
                process.wait(QUIET_SECONDS)
                return
            except subprocess.TimeoutExpired:
                self.say(f"{step.what}: {last_line(log) or 'still at it'}")


def cause(log: Path) -> str:
    """Return why a step failed: a known cause, or the last line of its output that names an error."""
    text = log.read_text(errors="replace")
    for known, pattern in _CAUSES.items():
        if re.search(pattern, text):
            return known
    lines = [line.strip() for line in text.splitlines() if not line.startswith("note:")]
    errors = [line for line in lines if re.search("error|ERR!", line, re.IGNORECASE)]
    return (errors[-1] if errors else last_line(log))[:200] or "without a message"


def last_line(log: Path) -> str:
    """Return the last line of a log with text in it, shortened."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][:100] if lines else ""


def end(problem: str) -> None:
    """End the program with one line on standard error."""
    sys.exit(f"setup: {problem}")
