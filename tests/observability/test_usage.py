"""Memory and open files of this process, as the system tells them."""

import os
import sys
from pathlib import Path

import pytest

from pyview.observability import usage


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_is_the_resident_one_and_grows_with_what_is_kept() -> None:
    before = usage.memory()
    kept = bytearray(os.urandom(1024)) * 60_000
    after = usage.memory()
    assert before is not None
    assert after is not None
    assert not after.is_peak
    assert after.size - before.size > len(kept) / 2


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not say")
def test_without_proc_the_highest_memory_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(usage, "_STATM", tmp_path / "statm")
    found = usage.memory()
    assert found is not None
    assert found.is_peak
    assert 1e6 < found.size < 1e12


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not say")
def test_open_files_grow_with_each_file(tmp_path: Path) -> None:
    before = usage.open_files()
    files = [(tmp_path / str(number)).open("w") for number in range(50)]
    after = usage.open_files()
    for file in files:
        file.close()
    assert before is not None
    assert after is not None
    assert after.used >= before.used + 50 - 10, "the numbers below may have had gaps"
    assert after.limit == 0 or after.used < after.limit
