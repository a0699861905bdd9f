"""Files that a test's user has, and those of them that are chosen in a page."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bs4 import Tag

from pyview.testing.errors import PageError
from pyview.testing.forms import attribute


@dataclass(frozen=True, eq=False, slots=True)
class LocalFile:
    """A file on the user's disk. `type` is what the browser takes it for, `size` what it says of it (default: the
    truth), `path` where it is in a chosen folder, `meta` what a script has added."""

    name: str
    content: bytes = b""
    type: str = ""
    size: int | None = None
    path: str = ""
    last_modified: int = 0
    meta: Any = None

    def described(self, ref: str) -> dict[str, Any]:
        """As the client describes it in messages."""
        description = {
            "ref": ref,
            "name": self.name,
            "size": len(self.content) if self.size is None else self.size,
            "type": self.type,
            "relative_path": self.path,
            "last_modified": self.last_modified,
        }
        return description if self.meta is None else {**description, "meta": self.meta}


@dataclass(slots=True)
class ChosenFiles:
    """The files chosen in one document, by the reference of their input; each has a number of its own. `sendings` are
    those that are on their way."""

    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _chosen: dict[str, dict[str, LocalFile]] = field(default_factory=dict)
    sendings: dict[str, dict[str, Any]] = field(default_factory=dict)

    def track(self, file_input: Tag, files: Sequence[LocalFile]) -> list[str]:
        """Add the files to those of the input, or have them take their place; their references."""
        ref = upload_ref(file_input)
        if len(files) > 1 and not file_input.has_attr("multiple"):
            raise PageError(
                f"one file can be chosen at {attribute(file_input, 'name')!r}, not {len(files)}: its upload has "
                "max_entries=1"
            )
        kept = self.active(file_input) if file_input.has_attr("multiple") else {}
        new = {str(next(self._numbers)): file for file in files}
        self._chosen[ref] = {**kept, **new}
        return list(new)

    def active(self, file_input: Tag) -> dict[str, LocalFile]:
        """The chosen files that the server has on its list."""
        listed = set(refs(file_input, "active"))
        chosen = self._chosen.get(upload_ref(file_input), {})
        return {ref: file for ref, file in chosen.items() if ref in listed}

    def awaiting(self, file_input: Tag) -> dict[str, LocalFile]:
        """Those that the server has not been asked about yet."""
        asked = set(refs(file_input, "preflighted"))
        return {ref: file for ref, file in self.active(file_input).items() if ref not in asked}

    def announced(self, file_input: Tag, new: Sequence[str]) -> dict[str, Any]:
        """The `uploads` of the form's event; an empty file is never sent."""
        ref = upload_ref(file_input)
        chosen = self._chosen.get(ref, {})
        shown = {one: file for one, file in chosen.items() if one in new or one in self.active(file_input)}
        entries = [
            {"path": attribute(file_input, "name"), **file.described(one)} for one, file in shown.items()
        ]
        return {ref: [entry for entry in entries if entry["size"] > 0]} if entries else {}

    def forget(self) -> None:
        self._chosen.clear()
        self.sendings.clear()


def upload_ref(file_input: Tag) -> str:
    ref = attribute(file_input, "data-phx-upload-ref")
    if not ref:
        raise PageError(f"a file input is made with live_file_input(...), this one is not: {file_input}")
    return ref


def refs(file_input: Tag, kind: str) -> list[str]:
    """The references in an input's list: "active", "preflighted", "done" or "error"."""
    return [ref for ref in attribute(file_input, f"data-phx-{kind}-refs").split(",") if ref]
