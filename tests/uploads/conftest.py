"""Every test here leaves no temporary file behind, however it ends."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.uploads.views import temporary_files


@pytest.fixture(autouse=True)
def stored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[], list[Path]]]:
    """What lies in temporary files now."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    with temporary_files(monkeypatch, folder) as files:
        yield files
