"""Rules of an upload: accepted kinds, sizes and numbers."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

EntriesMode = Literal["selected", "total"]

_EXTENSION = re.compile(r"\.[^\s,/\\.][^\s,/\\]*")
_MEDIA_RANGE = re.compile(r"[a-z0-9!#$&^_.+-]+/(\*|[a-z0-9!#$&^_.+-]+)")

_NUMBERS: Final[Mapping[str, bool]] = MappingProxyType(
    {"max_file_size": True, "max_files": True, "chunk_size": True, "chunk_timeout": False}
)
"""The rules that are numbers; True for those that must be whole."""


@dataclass(frozen=True)
class UploadConstraints:
    """Rules of one upload.

    - `accept`: extensions (".png"), media types ("image/png") and ranges ("image/*"), as in the HTML attribute; an
      empty list accepts any file.
    - `max_file_size`, `chunk_size`: in bytes.
    - `max_files`: maximum number of files at once; with `max_entries_mode="total"`, in total, including consumed files.
    - `chunk_timeout`: maximum seconds between two chunks.

    Raises `UploadRulesError`, a `ValueError`, with all problems of invalid rules.
    """

    max_file_size: int = 10 * 1024 * 1024
    max_files: int = 10
    accept: Sequence[str] = field(default_factory=lambda: ["image/*"])
    chunk_size: int = 64 * 1024
    chunk_timeout: float = 10.0
    max_entries_mode: EntriesMode = "selected"

    def __post_init__(self) -> None:
        problems = rule_problems({rule.name: getattr(self, rule.name) for rule in fields(self)})
        if problems:
            raise UploadRulesError("UploadConstraints", problems)
        object.__setattr__(self, "accept", accepted_kinds(self.accept))

    def accepts(self, name: str, media_type: str) -> bool:
        """Return True if the name or media type of a file is accepted.

        The browser sends both, so they prove nothing about the content of the file.
        """
        if not self.accept:
            return True
        lowered = name.lower()
        return any(_matches(kind, lowered, media_type) for kind in self.accept)


class UploadRulesError(ValueError):
    """Rules of an upload that are invalid, or exceed the limits of the application. `problems` lists all of them."""

    def __init__(self, what: str, problems: Sequence[str]) -> None:
        text = problems[0] if len(problems) == 1 else "".join(f"\n  - {problem}" for problem in problems)
        super().__init__(f"{what}: {text}")
        self.problems = tuple(problems)


def rule_problems(rules: Mapping[str, Any], names: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """Return all problems of rules by name. `names` maps rules to the names that the caller uses for them."""
    problems = _accept_problems(rules["accept"])
    for name, whole in _NUMBERS.items():
        value = rules[name]
        # True is an int, and would pass as 1.
        if not isinstance(value, int if whole else int | float) or isinstance(value, bool) or not value > 0:
            kind = "whole number" if whole else "number"  # `not value > 0` is also true for NaN
            problems.append(f"{names.get(name, name)} must be a {kind} above 0, got {value!r}")
    mode = rules["max_entries_mode"]
    if mode not in get_args(EntriesMode):
        problems.append(
            "max_entries_mode must be 'selected' (the limit applies to files at once) or 'total' (to all files, "
            f"including consumed ones), got {mode!r}"
        )
    return problems


def _accept_problems(accept: Any) -> list[str]:
    if not isinstance(accept, str | Iterable) or not all(isinstance(kind, str) for kind in accept):
        return [f"accept must be a list of texts, such as ['.png', 'image/*'], got {accept!r}"]
    return [
        f"accept contains {kind!r}; expected extensions ('.png'), media types ('image/png'), ranges ('image/*'), "
        "or 'any'"
        for kind in accepted_kinds(accept)
        if not (_EXTENSION.fullmatch(kind) or _MEDIA_RANGE.fullmatch(kind))
    ]


def accepted_kinds(accept: str | Iterable[str]) -> tuple[str, ...]:
    """Return the kinds of `accept`, a list or text as in the HTML attribute, in lower case; empty for "any"."""
    kinds = accept.split(",") if isinstance(accept, str) else list(accept)
    cleaned = tuple(kind.strip().lower() for kind in kinds if kind.strip())
    return () if set(cleaned) & {"any", "*", "*/*"} else cleaned


def _matches(kind: str, name: str, media_type: str) -> bool:
    if kind.startswith("."):
        # A file called `.png` is a hidden file without an extension.
        return name.endswith(kind) and len(name) > len(kind)
    if kind.endswith("/*"):
        return media_type.startswith(kind[:-1])
    return media_type == kind
