"""A text with several writers: each paragraph has one writer at a time. Independent of the web."""

from dataclasses import dataclass, replace
from itertools import count

LONGEST = 2000
MOST = 40


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph. `writer` holds its lock; None if it is free."""

    id: int
    text: str = ""
    writer: str | None = None


class Document:
    """Paragraphs. Only the writer that holds the lock of a paragraph can change it."""

    def __init__(self, *texts: str) -> None:
        self._numbers = count(1)
        self.paragraphs = [Paragraph(next(self._numbers), text) for text in texts]

    def hold(self, number: int, writer: str) -> bool:
        """Lock a paragraph and unlock any other one. Return False if it is not free."""
        self.release(writer)
        at = self._at(number)
        if at is None or self.paragraphs[at].writer is not None:
            return False
        self.paragraphs[at] = replace(self.paragraphs[at], writer=writer)
        return True

    def release(self, writer: str) -> None:
        """Unlock the paragraphs of `writer`."""
        self.paragraphs[:] = [
            replace(one, writer=None) if one.writer == writer else one for one in self.paragraphs
        ]

    def write(self, number: int, text: str, writer: str) -> bool:
        """Change a paragraph. Return False if `writer` does not hold its lock."""
        at = self._at(number)
        if at is None or self.paragraphs[at].writer != writer:
            return False
        self.paragraphs[at] = replace(self.paragraphs[at], text=text[:LONGEST])
        return True

    def add(self) -> int | None:
        """Append a paragraph and return its number, or None if there are already `MOST`."""
        if len(self.paragraphs) >= MOST:
            return None
        self.paragraphs.append(Paragraph(next(self._numbers)))
        return self.paragraphs[-1].id

    def remove(self, number: int, writer: str) -> bool:
        """Remove a paragraph. Return False if another writer holds its lock."""
        at = self._at(number)
        if at is None or self.paragraphs[at].writer not in (None, writer):
            return False
        del self.paragraphs[at]
        return True

    def _at(self, number: int) -> int | None:
        return next((i for i, one in enumerate(self.paragraphs) if one.id == number), None)
