"""Markup of an upload: the file input, image previews, and errors.

The attributes are those that the client's hooks `Phoenix.LiveFileUpload` and `Phoenix.LiveImgPreview` read.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup, escape

from pyview.js.bindings import binding_text, is_binding
from pyview.uploads.config import UploadConfig
from pyview.uploads.entry import ConstraintViolation, UploadEntry


def live_file_input(upload: UploadConfig | None, **attributes: Any) -> Markup:
    """Return the file input of an upload; empty for None.

    `attributes` are added: `live_file_input(photo, class="big")`.

    In the names of attributes, an underscore becomes a hyphen (`aria_label`), and one at the end is dropped (`class_`).
    True writes only the name; None and False omit the attribute. Raises `TypeError` for an attribute that
    `live_file_input` sets itself.
    """
    if upload is None:
        return Markup()
    own = _input_attributes(upload)
    return Markup("<input{}>").format(_written(own, _added(own, attributes, "live_file_input")))


def live_img_preview(entry: UploadEntry, **attributes: Any) -> Markup:
    """Return the preview of a chosen image, rendered by the browser before it is sent.

    `attributes` are those of `live_file_input`.
    """
    own = {
        "id": f"phx-preview-{entry.ref}",
        "data-phx-upload-ref": entry.upload_config.ref,
        "data-phx-entry-ref": entry.ref,
        "data-phx-hook": "Phoenix.LiveImgPreview",
        # The client sets `src` itself, and a patch would remove it.
        "data-phx-update": "ignore",
    }
    return Markup("<img{}>").format(_written(own, _added(own, attributes, "live_img_preview")))


def upload_preview_tag(entry: UploadEntry) -> Markup:
    """Return `live_img_preview(entry)`, under its name in PyView 0.9."""
    return live_img_preview(entry)


def upload_errors(upload: UploadConfig, entry: UploadEntry | None = None) -> list[ConstraintViolation]:
    """Return the errors of the input, or of one entry. Each has a `code` and a `message`."""
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
        # Written even if empty, because the client splits them without looking. It compares the text of the
        # preflighted ones with that of the done ones, so both need the same order (live_uploader.js).
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
        raise TypeError(
            f"{function}() got {', '.join(taken)}, which it sets itself from the rules of allow_upload(...). "
            "Leave it out, or change the rules"
        )
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
