"""The result of converting a template: its new text, the changes, and remarks for the developer."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """A tag or an expression, before and after the conversion."""

    line: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A remark about one line. `problem` is True if the template does not work until the developer changes the line."""

    line: int
    text: str
    problem: bool = False


@dataclass(frozen=True, slots=True)
class ConvertedTemplate:
    """The new text of a template, with its changes and remarks."""

    text: str
    changes: tuple[Change, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def problems(self) -> int:
        """The number of remarks about code that does not work yet."""
        return sum(remark.problem for remark in self.remarks)


class Unconvertible(Exception):
    """Jinja2 has no equivalent; the text says what to do."""
