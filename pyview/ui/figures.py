"""Figures and facts as functions. The macros are in `figures.html`."""

from collections.abc import Iterable
from typing import Any, Literal

from pyview.template.component import component
from pyview.template.declared.signature import Slot
from pyview.ui.source import UI


@component(source=UI + "{{ ui.stat(label, value, change, trend, kind, icon, **rest) }}")
def stat(
    label: str,
    value: Any,
    change: Any = None,
    trend: Literal["up", "down"] | None = None,
    kind: Literal["success", "danger"] | None = None,
    icon: str | None = None,
    **rest: Any,
) -> None:
    """A figure with its name. `kind` says if the change is good or bad; by default, up is good."""


@component(source=UI + "{% call ui.stats(**rest) %}{{ children }}{% endcall %}")
def stats(children: Slot, **rest: Any) -> None:
    """Figures side by side."""


@component(source=UI + "{{ ui.description_list(items, **rest) }}")
def description_list(items: Iterable[tuple[str, Any]], **rest: Any) -> None:
    """Names and values, as pairs."""
