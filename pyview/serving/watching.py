"""Watch on the files of a project."""

import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

from watchfiles import Change, DefaultFilter, watch
from watchfiles.main import FileChange

_IGNORED_FOLDERS: Final = (
    *DefaultFilter.ignore_dirs,
    ".pyview",
    ".ruff_cache",
    ".build",
    "venv",
    "env",
    "build",
    "dist",
    "htmlcov",
)
_GROUPED: Final = 400  # milliseconds within which saves are one change at most
_QUIET: Final = 40  # milliseconds without another save that end a change


class ProjectFilter(DefaultFilter):
    """Files that matter: none of tools, environments and builds."""

    ignore_dirs = _IGNORED_FOLDERS

    def __call__(self, change: Change, path: str) -> bool:
        return super().__call__(change, path) and not path.endswith(
            (".db", ".db-wal", ".db-shm", ".log", ".tmp")
        )


class FileWatcher:
    """Calls `changed` with the paths of saved files, in threads of its own.

    The folders of environments and packages are not watched at all: they have thousands of folders, and a system may
    watch a limited number.
    """

    def __init__(self, folders: Iterable[Path], changed: Callable[[set[str]], None]) -> None:
        self._folders = [folder.resolve() for folder in folders]
        self._changed = changed
        self._stop = threading.Event()
        self._stop_inner = threading.Event()

    def start(self) -> None:
        threading.Thread(target=self._watch_top, daemon=True).start()
        threading.Thread(target=self._watch_below, daemon=True).start()

    def stop(self) -> None:
        self._stop.set()
        self._stop_inner.set()

    def _watch_top(self) -> None:
        """Watch the files beside the folders, and look for new folders."""
        for changes in self._watch(self._folders, self._stop, recursive=False):
            paths = {path for _, path in changes}
            if any(Path(path).is_dir() for path in paths):
                self._stop_inner.set()  # `_watch_below` begins again, with the new folder
            self._changed(paths)

    def _watch_below(self) -> None:
        while not self._stop.is_set():
            self._stop_inner = threading.Event()
            for changes in self._watch(self._inner_folders(), self._stop_inner, recursive=True):
                self._changed({path for _, path in changes})

    def _watch(
        self, folders: list[Path], stop: threading.Event, *, recursive: bool
    ) -> Iterator[set[FileChange]]:
        if not folders:
            stop.wait()
            return
        yield from watch(
            *folders,
            watch_filter=ProjectFilter(),
            debounce=_GROUPED,
            step=_QUIET,
            stop_event=stop,
            recursive=recursive,
            ignore_permission_denied=True,
        )

    def _inner_folders(self) -> list[Path]:
        children = (child for folder in self._folders for child in folder.iterdir())
        return [child for child in children if child.name not in _IGNORED_FOLDERS and child.is_dir()]
