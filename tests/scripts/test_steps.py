"""Steps of a setup: progress, and one line for a failure."""

import sys
import time
from pathlib import Path

import pytest

from scripts import steps as module
from scripts.steps import Step, StepFailedError, Steps


@pytest.fixture
def steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Steps:
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "LOGS", tmp_path / "logs")
    return Steps()


def python(code: str, what: str = "cooking") -> Step:
    return Step(what, what, [sys.executable, "-c", code])


def test_a_step_says_what_it_does_and_for_how_long(steps: Steps, capsys: pytest.CaptureFixture[str]) -> None:
    steps.run(python("print('much output')"))
    begin, done = capsys.readouterr().out.splitlines()
    assert begin.endswith(" s  cooking")
    assert "cooking: done in" in done


def test_a_long_step_shows_the_last_line_of_its_output(
    steps: Steps, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "QUIET_SECONDS", 0.1)
    go = tmp_path / "go"
    code = (
        "import pathlib, time\nprint('salt', flush=True)\n"
        f"while not pathlib.Path({str(go)!r}).exists(): time.sleep(.01)"
    )

    def let_go() -> None:
        while "cooking: salt" not in "".join(shown := [capsys.readouterr().out]):
            time.sleep(0.01)
        assert shown
        go.touch()

    steps.together([lambda: steps.run(python(code)), let_go])


@pytest.mark.parametrize(
    ("output", "cause"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("npm ERR! code EAI_AGAIN", "the package index cannot be reached"),
        ("error: command '/usr/bin/gcc' failed with exit code 1", "cannot be compiled"),
        ("error: something new", "error: something new"),
        ("", "without a message"),
    ],
)
def test_a_failure_is_one_line_with_its_cause_and_its_log(steps: Steps, output: str, cause: str) -> None:
    with pytest.raises(StepFailedError) as failed:
        steps.run(python(f"print({output!r}); raise SystemExit(1)"))
    [line] = str(failed.value).splitlines()
    assert cause in line
    assert line.endswith("The whole output is in logs/cooking.log")


def test_the_first_failure_stops_the_other_steps(steps: Steps) -> None:
    began = time.monotonic()
    with pytest.raises(StepFailedError, match="burning"):
        steps.together(
            [
                lambda: steps.run(python("import time; time.sleep(600)")),
                lambda: steps.run(python("raise SystemExit('error: smoke')", "burning")),
            ]
        )
    assert time.monotonic() - began < 300
