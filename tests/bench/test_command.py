"""`python -m bench --compare OLD`: two checkouts in turns."""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", "--quick", "--rounds", "1", "--only", "counter", *arguments]
    return subprocess.run(command, cwd=HERE, capture_output=True, text=True, timeout=120, check=False)


def test_a_checkout_without_an_environment_is_explained(tmp_path: Path) -> None:
    ended = bench("--compare", str(tmp_path))
    assert ended.returncode == 1
    assert f"expected a checkout with its environment, got {tmp_path}" in ended.stderr
    assert "make -C" in ended.stderr


@pytest.mark.soak
def test_this_checkout_is_compared_with_itself() -> None:
    ended = bench("--compare", str(HERE))
    assert ended.returncode == 0, ended.stderr
    headings, events, payload = ended.stdout.split("\n\n")[1].splitlines()
    assert ["new", HERE.name] == headings.split()[:2]
    assert events.startswith("counter, events")
    assert payload.startswith("counter, payload per event")
    assert "beyond noise" in ended.stdout
