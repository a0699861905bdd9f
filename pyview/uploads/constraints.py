"""What may be uploaded: kinds, sizes, numbers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

EntriesMode = Literal["selected", "total"]

_EXTENSION = re.compile(r"\.[^\s,/\\.][^\s,/\\]*")
_MEDIA_RANGE = re.compile(r"[a-z0-9!#$&^_.+-]+/(\*|[a-z0-9!#$&^_.+-]+)")


@dataclass(frozen=True)
class UploadConstraints:
    """What may be uploaded at one input.

    `accept` lists extensions (".png"), media types ("image/png") and ranges of them ("image/*"), as the attribute of
    that name does; nothing means anything. `max_file_size` and `chunk_size` are bytes. `max_files` is how many there
    may be at once, or with `max_entries_mode="total"` in all, those counted that have been consumed. `chunk_timeout`
    is how many seconds the next chunk may take.

    Raises `ValueError` for what makes no sense.
    """

    max_file_size: int = 10 * 1024 * 1024
    max_files: int = 10
    accept: Sequence[str] = field(default_factory=lambda: ["image/*"])
    chunk_size: int = 64 * 1024
    chunk_timeout: float = 10.0
    max_entries_mode: EntriesMode = "selected"

    def __post_init__(self) -> None:
        object.__setattr__(self, "accept", accepted_kinds(self.accept))
        for name in ("max_file_size", "max_files", "chunk_size", "chunk_timeout"):
            if not getattr(self, name) > 0:
                raise ValueError(f"an upload's {name} is expected to be above 0, got {getattr(self, name)!r}")
        if self.max_entries_mode not in get_args(EntriesMode):
            raise ValueError(
                f"max_entries_mode is expected to be 'selected' (how many there may be at once) or 'total' "
                f"(how many in all), got {self.max_entries_mode!r}"
            )

    def accepts(self, name: str, media_type: str) -> bool:
        """Whether a file of that name or media type is of an accepted kind. Both are what its browser says: who needs
        to know what is in a file has to look into it."""
        if not self.accept:
            return True
        lowered = name.lower()
        return any(_matches(kind, lowered, media_type) for kind in self.accept)


def accepted_kinds(accept: str | Sequence[str]) -> tuple[str, ...]:
    """The kinds of `accept`, in lower case: a list, or text as the HTML attribute has it; empty for "any".

    Raises `ValueError`.
    """
    kinds = accept.split(",") if isinstance(accept, str) else list(accept)
    cleaned = tuple(kind.strip().lower() for kind in kinds if kind.strip())
    if set(cleaned) & {"any", "*", "*/*"}:
        return ()
    for kind in cleaned:
        if not (_EXTENSION.fullmatch(kind) or _MEDIA_RANGE.fullmatch(kind)):
            raise ValueError(
                f"accept holds {kind!r}; expected extensions ('.png'), media types ('image/png') and ranges "
                "('image/*'), or 'any'"
            )
    return cleaned


def _matches(kind: str, name: str, media_type: str) -> bool:
    if kind.startswith("."):
        return name.endswith(kind) and len(name) > len(kind)
    if kind.endswith("/*"):
        return media_type.startswith(kind[:-1])
    return media_type == kind
