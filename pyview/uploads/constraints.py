"""What may be uploaded: kinds, sizes, numbers."""

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
"""The rules that are numbers, and whether they are whole ones."""


@dataclass(frozen=True)
class UploadConstraints:
    """What may be uploaded at one input.

    `accept` lists extensions (".png"), media types ("image/png") and ranges of them ("image/*"), as the attribute of
    that name does; nothing means anything. `max_file_size` and `chunk_size` are bytes. `max_files` is how many there
    may be at once, or with `max_entries_mode="total"` in all, those counted that have been consumed. `chunk_timeout`
    is how many seconds the next chunk may take.

    Raises `UploadRulesError`, a `ValueError`, for what makes no sense, with all that is wrong.
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
        """Whether a file of that name or media type is of an accepted kind. Both are what its browser says: who needs
        to know what is in a file has to look into it."""
        if not self.accept:
            return True
        lowered = name.lower()
        return any(_matches(kind, lowered, media_type) for kind in self.accept)


class UploadRulesError(ValueError):
    """Rules of an upload that make no sense, or are more than the application lets pass. `problems` has them all."""

    def __init__(self, what: str, problems: Sequence[str]) -> None:
        told = problems[0] if len(problems) == 1 else "".join(f"\n  - {problem}" for problem in problems)
        super().__init__(f"{what}: {told}")
        self.problems = tuple(problems)


def rule_problems(rules: Mapping[str, Any], said: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """Return everything that makes no sense in rules by name; `said` has the names that their author knows them by."""
    numbers = (_number_problem(said.get(name, name), rules[name], whole) for name, whole in _NUMBERS.items())
    mode = rules["max_entries_mode"]
    if mode in get_args(EntriesMode):
        modes = []
    else:
        modes = [
            "max_entries_mode is expected to be 'selected' (how many there may be at once) or 'total' "
            f"(how many in all), got {mode!r}"
        ]
    return [*_accept_problems(rules["accept"]), *filter(None, numbers), *modes]


def _number_problem(name: str, value: Any, whole: bool) -> str | None:
    kinds = int if whole else int | float
    if isinstance(value, kinds) and not isinstance(value, bool) and value > 0:
        return None
    return f"{name} is expected to be a {'whole ' if whole else ''}number above 0, got {value!r}"


def _accept_problems(accept: Any) -> list[str]:
    if not isinstance(accept, str | Iterable) or not all(isinstance(kind, str) for kind in accept):
        return [f"accept is expected to be a list of texts, such as ['.png', 'image/*'], got {accept!r}"]
    return [
        f"accept holds {kind!r}; expected extensions ('.png'), media types ('image/png') and ranges ('image/*'), "
        "or 'any'"
        for kind in accepted_kinds(accept)
        if not (_EXTENSION.fullmatch(kind) or _MEDIA_RANGE.fullmatch(kind))
    ]


def accepted_kinds(accept: str | Iterable[str]) -> tuple[str, ...]:
    """The kinds of `accept`, in lower case: a list, or text as the HTML attribute has it; empty for "any"."""
    kinds = accept.split(",") if isinstance(accept, str) else list(accept)
    cleaned = tuple(kind.strip().lower() for kind in kinds if kind.strip())
    return () if set(cleaned) & {"any", "*", "*/*"} else cleaned


def _matches(kind: str, name: str, media_type: str) -> bool:
    if kind.startswith("."):
        return name.endswith(kind) and len(name) > len(kind)
    if kind.endswith("/*"):
        return media_type.startswith(kind[:-1])
    return media_type == kind
