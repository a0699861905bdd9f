"""A clean environment: an empty folder, a virtual environment of its own, and no variables of this machine."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from scripts.stamps import ROOT

_KEPT = ("LANG", "TERM", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "CHROMIUM")
_KEPT_PREFIXES = (
    "PIP_",
    "UV_",
    "HTTP",
    "http",
    "no_proxy",
    "NO_PROXY",
)  # how this machine reaches the packages


class Failed(Exception):
    """A command of the day has failed. The text has its output."""


@dataclass(frozen=True)
class Place:
    """`folder` is empty at first; `shop` is the project that is made in it."""

    folder: Path

    @property
    def shop(self) -> Path:
        return self.folder / "shop"

    @property
    def binaries(self) -> Path:
        return self.folder / ".venv" / "bin"

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        kept |= {name: value for name, value in os.environ.items() if name.startswith(_KEPT_PREFIXES)}
        path = os.pathsep.join([str(self.binaries), "/usr/local/bin", "/usr/bin", "/bin"])
        return kept | {"HOME": str(self.folder), "PATH": path} | more

    def run(self, *command: str, folder: Path | None = None, **environment: str) -> str:
        """Run a command of the environment and return its output. Raises `Failed`."""
        done = subprocess.run(
            [self.found(command[0]), *command[1:]],
            cwd=folder or self.shop,
            env=self.environment(**environment),
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            raise Failed(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def found(self, name: str) -> str:
        own = self.binaries / name
        return str(own) if own.exists() else name

    def make_environment(self) -> None:
        self.run(sys.executable, "-m", "venv", ".venv", folder=self.folder)

    def install(self, *requirements: str) -> None:
        options = ("--quiet", "--disable-pip-version-check", "--prefer-binary")
        self.run("python", "-m", "pip", "install", *options, *requirements, folder=self.folder)


def built_wheel() -> Path:
    """Return the wheel in `dist`, which `make wheel` builds. Raises `Failed` without one."""
    wheels = sorted((ROOT / "dist").glob("pyview_live-*.whl"))
    if not wheels:
        raise Failed("there is no wheel in dist: run `make wheel` first")
    return wheels[-1]
