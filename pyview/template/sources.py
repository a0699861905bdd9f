"""What a render was made from, for those who want to know when that has changed."""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Final, Protocol, TypeAlias


class Source(Protocol):
    """A template as it was loaded, or whatever else was looked for."""

    @property
    def is_up_to_date(self) -> bool: ...


Sources: TypeAlias = dict[Hashable, Source]
"""Each as it was when it was first used."""

_NOTED: Final[ContextVar[Sources | None]] = ContextVar("noted", default=None)


class MissingFile:
    """A file that was not there; a page was made without it."""

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def is_up_to_date(self) -> bool:
        return not self._path.is_file()


@contextmanager
def noting(sources: Sources) -> Iterator[None]:
    """Within, `note` notes in `sources`."""
    token = _NOTED.set(sources)
    try:
        yield
    finally:
        _NOTED.reset(token)


def note(key: Hashable, source: Source) -> None:
    """Note what is used. What is known already stays as it was, so that it is seen to be out of date."""
    noted = _NOTED.get()
    if noted is not None:
        noted.setdefault(key, source)
