"""A place for files as a function. The macro is in `files.html`."""

from typing import Any

from pyview.template.component import component
from pyview.ui.source import UI
from pyview.uploads import UploadConfig


@component(source=UI + "{{ ui.file_drop(upload, cancel, label, text, help, remove, target, **rest) }}")
def file_drop(
    upload: UploadConfig,
    cancel: str,
    label: str = "Choose files",
    text: str = "or drop them here",
    help: str = "",
    remove: str = "Remove {name}",
    target: Any = None,
    **rest: Any,
) -> None:
    """A place for files: choose, drop, preview, progress, errors, removal. It is a native file input with its label."""
