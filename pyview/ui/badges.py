"""Badges, keys and dividers as functions. The macros are in `badges.html`."""

from typing import Any, Literal

from pyview.template.component import component
from pyview.ui.source import UI


@component(source=UI + "{{ ui.badge(text, kind, **rest) }}")
def badge(
    text: Any, kind: Literal["neutral", "info", "success", "warning", "danger"] = "neutral", **rest: Any
) -> None:
    """A short text in a colour, such as the state of an order."""


@component(source=UI + "{{ ui.kbd(keys, **rest) }}")
def kbd(keys: str, **rest: Any) -> None:
    """A key, or a combination such as "Ctrl+K"."""


@component(source=UI + "{{ ui.divider(text, **rest) }}")
def divider(text: str | None = None, **rest: Any) -> None:
    """A line between two parts, with a text in it or without."""
