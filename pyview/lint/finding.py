"""One mistake in a view or template, with its file and line."""

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
"""The rules, as `docs/checks.md` lists them. A line with `pyview: ignore` or `pyview: ignore[RULE]` is not reported."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One mistake. `line` counts from 1; it is 0 if only the file is known."""

    file: str
    line: int
    rule: Rule
    text: str

    def __str__(self) -> str:
        position = f"{self.file}:{self.line}" if self.line else self.file
        return f"{position}: {self.text} [{self.rule}]"
