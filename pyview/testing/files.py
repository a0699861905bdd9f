"""Files on the disk of the test's user, and the files that are chosen in a document."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bs4 import Tag

from pyview.testing.errors import PageError
from pyview.testing.forms import attribute


@dataclass(frozen=True, eq=False, slots=True)
class LocalFile:
    """A file on the user's disk.

    `type` is the media type that the browser sends, `size` the size in bytes that it sends (by default that of
    `content`), `path` the path inside a chosen folder, `last_modified` milliseconds since 1970, `meta` what a script
    has added.
    """

    name: str
    content: bytes = b""
    type: str = ""
    size: int | None = None
    path: str = ""
    last_modified: int = 0
    meta: Any = None

    def described(self, ref: str) -> dict[str, Any]:
        """Return the file as the client describes it in messages."""
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
    """The files chosen in one document, by the reference of their input. Each file has a number.

    `transfers` are the uploads in progress, by input and file.
    """

    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)
    _chosen: dict[str, dict[str, LocalFile]] = field(default_factory=dict)
    transfers: dict[str, dict[str, Any]] = field(default_factory=dict)

    def track(self, file_input: Tag, files: Sequence[LocalFile]) -> list[str]:
        """Choose files at an input; return their references.

        With `multiple` they are added to those chosen before, otherwise the new file replaces the old one.
        """
        ref = upload_ref(file_input)
        if len(files) > 1 and not file_input.has_attr("multiple"):
            raise PageError(
                f"expected one file for {attribute(file_input, 'name')!r}, got {len(files)}: its upload has "
                "max_entries=1"
            )
        kept = self.active(file_input) if file_input.has_attr("multiple") else {}
        new = {str(next(self._numbers)): file for file in files}
        self._chosen[ref] = {**kept, **new}
        return list(new)

    def active(self, file_input: Tag) -> dict[str, LocalFile]:
        """Return the chosen files that the server lists in the input."""
        listed = set(refs(file_input, "active"))
        chosen = self._chosen.get(upload_ref(file_input), {})
        return {ref: file for ref, file in chosen.items() if ref in listed}

    def awaiting(self, file_input: Tag) -> dict[str, LocalFile]:
        """Return the files for which the client has not asked the server's permission yet."""
        preflighted = set(refs(file_input, "preflighted"))
        return {ref: file for ref, file in self.active(file_input).items() if ref not in preflighted}

    def announced(self, file_input: Tag, new: Sequence[str]) -> dict[str, Any]:
        """Return the `uploads` of the form's event. The client never sends an empty file."""
        ref = upload_ref(file_input)
        chosen = self._chosen.get(ref, {})
        shown = {one: file for one, file in chosen.items() if one in new or one in self.active(file_input)}
        entries = [
            {"path": attribute(file_input, "name"), **file.described(one)} for one, file in shown.items()
        ]
        return {ref: [entry for entry in entries if entry["size"] > 0]} if entries else {}

    def forget(self) -> None:
        self._chosen.clear()
        self.transfers.clear()


def upload_ref(file_input: Tag) -> str:
    """Return the reference of a file input. Raises `PageError` if it is not an input of an upload."""
    ref = attribute(file_input, "data-phx-upload-ref")
    if not ref:
        raise PageError(f"expected a file input made with live_file_input(...), got {file_input}")
    return ref


def refs(file_input: Tag, kind: str) -> list[str]:
    """Return the references in one of an input's lists: "active", "preflighted", "done" or "error"."""
    return [ref for ref in attribute(file_input, f"data-phx-{kind}-refs").split(",") if ref]
