"""The text being generated, with gaps that are filled when what belongs there is known."""

from io import TextIOBase


class Gap:
    """A place in the source whose text comes later."""

    def __init__(self) -> None:
        self.text = ""


class Source(TextIOBase):
    """The stream that a code generator writes to."""

    def __init__(self) -> None:
        self._parts: list[str | Gap] = []

    def write(self, text: str, /) -> int:
        self._parts.append(text)
        return len(text)

    def gap(self) -> Gap:
        """A gap at the present end."""
        gap = Gap()
        self._parts.append(gap)
        return gap

    def getvalue(self) -> str:
        """All that was written, gaps filled."""
        return "".join(part.text if isinstance(part, Gap) else part for part in self._parts)
