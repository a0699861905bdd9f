"""Something that looks wrong, and where."""

from dataclasses import dataclass
from typing import Literal

Rule = Literal[
    "template-error",
    "unknown-event",
    "unused-handler",
    "duplicate-id",
    "form-without-id",
    "hook-without-id",
    "file-input-without-change",
    "missing-await",
    "unclosed-element",
    "unknown-attribute",
    "unknown-name",
    "unreachable-route",
    "unprintable-value",
    "unsafe-place",
    "marked-safe",
    "unknown-link",
    "patch-leaves-view",
]
"""What is looked for. A line that says `pyview: ignore`, or `pyview: ignore[unknown-event]`, is passed over."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """`line` counts from 1; 0 where only the file is known."""

    file: str
    line: int
    rule: Rule
    text: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.text} [{self.rule}]"
