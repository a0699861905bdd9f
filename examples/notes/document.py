"""A text that several people write: paragraphs, each in one pair of hands at a time; nothing about the web."""

from dataclasses import dataclass, replace
from itertools import count

LONGEST = 2000
MOST = 40


@dataclass(frozen=True, slots=True)
class Paragraph:
    """`writer` is who has it in hand, None while it lies on the table."""

    id: int
    text: str = ""
    writer: str | None = None


class Document:
    """Who holds a paragraph writes it; everybody else reads along."""

    def __init__(self, *texts: str) -> None:
        self._numbers = count(1)
        self.paragraphs = [Paragraph(next(self._numbers), text) for text in texts]

    def hold(self, number: int, writer: str) -> bool:
        """Take a paragraph in hand, and put any other down; whether it was free."""
        self.release(writer)
        at = self._at(number)
        if at is None or self.paragraphs[at].writer is not None:
            return False
        self.paragraphs[at] = replace(self.paragraphs[at], writer=writer)
        return True

    def release(self, writer: str) -> None:
        """Put down whatever `writer` holds."""
        self.paragraphs[:] = [
            replace(one, writer=None) if one.writer == writer else one for one in self.paragraphs
        ]

    def write(self, number: int, text: str, writer: str) -> bool:
        """Change a paragraph; whether `writer` holds it."""
        at = self._at(number)
        if at is None or self.paragraphs[at].writer != writer:
            return False
        self.paragraphs[at] = replace(self.paragraphs[at], text=text[:LONGEST])
        return True

    def add(self) -> int | None:
        """Another paragraph at the end; its number, None when there are enough."""
        if len(self.paragraphs) >= MOST:
            return None
        self.paragraphs.append(Paragraph(next(self._numbers)))
        return self.paragraphs[-1].id

    def remove(self, number: int, writer: str) -> bool:
        """Take a paragraph out; whether nobody else holds it."""
        at = self._at(number)
        if at is None or self.paragraphs[at].writer not in (None, writer):
            return False
        del self.paragraphs[at]
        return True

    def _at(self, number: int) -> int | None:
        return next((i for i, one in enumerate(self.paragraphs) if one.id == number), None)
