"""Messages in the page as functions. The macros are in `alerts.html`."""

from typing import Any, Literal

from pyview.js.commands import JsCommands
from pyview.template.component import component
from pyview.template.declared.signature import Slot
from pyview.ui.source import UI


@component(source=UI + "{% call ui.alert(title, kind, on_close, close, **rest) %}{{ children }}{% endcall %}")
def alert(
    title: str | None = None,
    children: Slot = None,
    kind: Literal["info", "success", "warning", "danger"] = "info",
    on_close: JsCommands | str | None = None,
    close: str = "Close",
    **rest: Any,
) -> None:
    """A message in the page (pattern Alert). A screen reader reads "danger" at once, other kinds when it is free."""
