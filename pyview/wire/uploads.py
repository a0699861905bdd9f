"""Decode the browser's messages about files: the chosen files, the request to upload, the progress.

The shapes are those of `phoenix_live_view`'s `UploadEntry.toPreflightPayload` and `View.pushFileProgress`. All other
keys are ignored.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from pyview.wire.message import MalformedFrame

_REF = re.compile(r"[0-9A-Za-z-]{1,64}")
_LARGEST = 2**53 - 1  # the largest size that JavaScript can count
_LONGEST_TEXT = 4096
_LARGEST_META = 16 * 1024


class ChosenFile(NamedTuple):
    """A file as the browser describes it. None of it can be trusted. `size` is in bytes, `last_modified` in ms."""

    ref: str
    name: str
    size: int
    type: str
    relative_path: str
    last_modified: int
    meta: Any


class Advance(NamedTuple):
    """The progress of a file: percent, or an uploader's object for a failure or the end.

    `value` is None for anything that no uploader sends.
    """

    upload: str
    entry: str
    value: int | dict[str, Any] | None


def read_choices(uploads: Any) -> dict[str, list[ChosenFile]]:
    """Decode the `uploads` of a form event: files by the reference of their input. Raises `MalformedFrame`."""
    if type(uploads) is not dict:
        raise MalformedFrame("expected the uploads of an event to be an object")
    return {_ref(upload): read_files(files) for upload, files in uploads.items()}


def read_files(files: Any) -> list[ChosenFile]:
    """Decode a list of files. Raises `MalformedFrame`."""
    if type(files) is not list:
        raise MalformedFrame("expected files to be a list")
    return [_file(each) for each in files]


def read_preflight(payload: Any) -> tuple[str, list[ChosenFile]]:
    """Decode the reference of an input and the files that the browser asks to send. Raises `MalformedFrame`."""
    fields = _object(payload)
    return _ref(fields.get("ref")), read_files(fields.get("entries"))


def read_advance(payload: Any) -> Advance:
    """Decode a `progress` message. Raises `MalformedFrame` if it does not name its file."""
    fields = _object(payload)
    value = fields.get("progress")
    # No error, which would close the socket with all of its views: an unknown value ends only its own upload.
    if type(value) is not dict and not (type(value) is int and 0 <= value <= 100):
        value = None
    return Advance(_ref(fields.get("ref")), _ref(fields.get("entry_ref")), value)


def _file(raw: Any) -> ChosenFile:
    fields = _object(raw)
    ref, size = _ref(fields.get("ref")), fields.get("size")
    # Not `isinstance`: in Python a bool is an int, and `true` would pass as a size of one byte.
    if type(size) is not int or not 0 <= size <= _LARGEST:
        raise MalformedFrame("expected the size of a file to be an integer of at least 0")
    modified = fields.get("last_modified")
    return ChosenFile(
        ref=ref,
        name=_text(fields, "name") or ref,
        size=size,
        type=_text(fields, "type"),
        relative_path=_text(fields, "relative_path"),
        last_modified=modified if type(modified) is int else 0,
        meta=_meta(fields.get("meta")),
    )


def _object(raw: Any) -> Mapping[str, Any]:
    if type(raw) is not dict:
        raise MalformedFrame("expected an object about uploads")
    return raw


def _ref(raw: Any) -> str:
    # References are written into HTML attributes, and that of a file is part of a topic: allow no other characters.
    if type(raw) is not str or not _REF.fullmatch(raw):
        raise MalformedFrame("expected a reference of 1 to 64 letters, digits and hyphens")
    return raw


def _meta(raw: Any) -> Any:
    # It is kept in memory as long as its file is listed, so its size is limited.
    if raw is not None and len(orjson.dumps(raw)) > _LARGEST_META:
        raise MalformedFrame(f"expected at most {_LARGEST_META} bytes of meta about a file")
    return raw


def _text(fields: Mapping[str, Any], key: str) -> str:
    """Return a text, "" if it is missing: a blob, for example, has neither name nor path."""
    value = fields.get(key)
    if value is None:
        return ""
    if type(value) is not str or len(value) > _LONGEST_TEXT:
        raise MalformedFrame(f"expected the {key} of a file to be text of at most {_LONGEST_TEXT} characters")
    return value
