"""What an upload looks like in a page: its input, the preview of an image, what is wrong.

The attributes are those that the client's hooks `Phoenix.LiveFileUpload` and `Phoenix.LiveImgPreview` read.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup, escape

from pyview.js.bindings import binding_text, is_binding
from pyview.uploads.config import UploadConfig
from pyview.uploads.entry import ConstraintViolation, UploadEntry


def live_file_input(upload: UploadConfig | None, **attributes: Any) -> Markup:
    """The file input of an upload; nothing without one. `attributes` are added: `live_file_input(photo, class="big")`.

    An underscore in a name is a hyphen (`aria_label`), one at its end is dropped (`class_`); True writes the bare name,
    None and False leave it out. Raises `TypeError` for an attribute that the client needs for itself.
    """
    if upload is None:
        return Markup()
    own = _input_attributes(upload)
    return Markup("<input{}>").format(_written(own, _added(own, attributes, "live_file_input")))


def live_img_preview(entry: UploadEntry, **attributes: Any) -> Markup:
    """The chosen image itself, shown by the browser before anything is sent. `attributes` as for `live_file_input`."""
    own = {
        "id": f"phx-preview-{entry.ref}",
        "data-phx-upload-ref": entry.upload_config.ref,
        "data-phx-entry-ref": entry.ref,
        "data-phx-hook": "Phoenix.LiveImgPreview",
        "data-phx-update": "ignore",
    }
    return Markup("<img{}>").format(_written(own, _added(own, attributes, "live_img_preview")))


def upload_preview_tag(entry: UploadEntry) -> Markup:
    """`live_img_preview`, as PyView 0.9 calls it."""
    return live_img_preview(entry)


def upload_errors(upload: UploadConfig, entry: UploadEntry | None = None) -> list[ConstraintViolation]:
    """What is wrong with the number of files, or with one of them; each has a `code` and a `message`."""
    return list(upload.errors if entry is None else entry.errors)


def _input_attributes(upload: UploadConfig) -> dict[str, Any]:
    entries = upload.entries
    constraints = upload.constraints
    failed = dict.fromkeys(violation.ref for violation in upload.violations())
    return {
        "id": upload.ref,
        "type": "file",
        "name": upload.name,
        "accept": ",".join(constraints.accept) or None,
        "data-phx-hook": "Phoenix.LiveFileUpload",
        "data-phx-upload-ref": upload.ref,
        "data-phx-active-refs": _refs(entries),
        "data-phx-done-refs": _refs(entry for entry in entries if entry.done),
        "data-phx-preflighted-refs": _refs(entry for entry in entries if entry.preflighted),
        "data-phx-error-refs": ",".join(failed) or None,
        "data-phx-auto-upload": upload.auto_upload,
        "multiple": constraints.max_files > 1,
    }


def _refs(entries: Iterable[UploadEntry]) -> str:
    return ",".join(entry.ref for entry in entries)


def _added(own: Mapping[str, Any], attributes: Mapping[str, Any], function: str) -> dict[str, Any]:
    named = {name.removesuffix("_").replace("_", "-"): value for name, value in attributes.items()}
    taken = sorted(named.keys() & own.keys())
    if taken:
        raise TypeError(f"{function}() writes {', '.join(taken)} itself; it follows from allow_upload(...)")
    return named


def _written(*attributes: Mapping[str, Any]) -> Markup:
    pairs = ((name, value) for group in attributes for name, value in group.items())
    return Markup().join(_attribute(name, value) for name, value in pairs)


def _attribute(name: str, value: Any) -> Markup:
    if value is None or value is False:
        return Markup()
    if value is True:
        return Markup(" {}").format(name)
    text = binding_text(name, value) if is_binding(name) else value
    return Markup(' {}="{}"').format(name, escape(text))
