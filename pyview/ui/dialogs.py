"""Dialogs, focus and portals as functions. The macros are in `dialogs.html`."""

from typing import Any, Literal

from pyview.js.commands import JsCommands
from pyview.template.component import component
from pyview.template.declared.signature import Slot
from pyview.ui.source import UI


@component(source=UI + "{% call ui.focus_wrap(id, **rest) %}{{ children }}{% endcall %}")
def focus_wrap(id: str, children: Slot, **rest: Any) -> None:
    """A `<div>` that keeps the focus inside when the user presses Tab."""


@component(
    source=UI + "{% call ui.modal(id, title, show, on_cancel, close, **rest) %}{{ children }}{% endcall %}"
)
def modal(
    id: str,
    children: Slot,
    title: str | None = None,
    show: bool = False,
    on_cancel: JsCommands | str | None = None,
    close: str = "Close",
    **rest: Any,
) -> None:
    """A dialog. `show_modal(id)` opens it in the browser, `show` from the server."""


@component(
    source=UI
    + "{% call ui.drawer(id, title, side, show, on_cancel, close, **rest) %}{{ children }}{% endcall %}"
)
def drawer(
    id: str,
    children: Slot,
    title: str | None = None,
    side: Literal["start", "end", "bottom"] = "end",
    show: bool = False,
    on_cancel: JsCommands | str | None = None,
    close: str = "Close",
    **rest: Any,
) -> None:
    """A dialog at an edge of the screen (pattern Dialog). It opens and closes as `modal` does."""


@component(
    source=UI
    + "{% call ui.confirm(id, title, on_confirm, confirm, cancel, danger, show, on_cancel, **rest) %}"
    + "{{ children }}{% endcall %}"
)
def confirm(
    id: str,
    title: str,
    on_confirm: JsCommands | str,
    children: Slot = None,
    confirm: str = "Delete",
    cancel: str = "Cancel",
    danger: bool = True,
    show: bool = False,
    on_cancel: JsCommands | str | None = None,
    **rest: Any,
) -> None:
    """A question before something that cannot be undone (pattern Alert Dialog). `show_modal(id)` opens it."""


@component(source=UI + "{% call ui.portal(id, target, **rest) %}{{ children }}{% endcall %}")
def portal(id: str, target: str, children: Slot, **rest: Any) -> None:
    """Content that the client moves to another element of the page: to the end of the one that `target` selects."""
