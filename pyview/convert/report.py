"""The result of converting a template: its new text, each change, and what is left to its author."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """A tag or an expression, as it was and as it is now."""

    line: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A place for the author to look at. `problem`: it does not work until the author has changed it."""

    line: int
    text: str
    problem: bool = False


@dataclass(frozen=True, slots=True)
class ConvertedTemplate:
    """The new text of a template, and how it came about."""

    text: str
    changes: tuple[Change, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def problems(self) -> int:
        """The number of places that do not work yet."""
        return sum(remark.problem for remark in self.remarks)


class Unconvertible(Exception):
    """Jinja2 has nothing that does the same; the text says what to do."""
