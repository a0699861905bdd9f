"""Check that each test of uploads leaves no temporary file."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.uploads.views import temporary_files


@pytest.fixture(autouse=True)
def stored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[], list[Path]]]:
    """Return a function that lists the current temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    with temporary_files(monkeypatch, folder) as files:
        yield files
