"""Breadcrumbs, tabs that are links, and pages as functions. The macros are in `navigation.html`."""

from collections.abc import Sequence
from typing import Any

from pyview.template.component import component
from pyview.ui.source import UI


@component(source=UI + "{{ ui.breadcrumbs(items, label, **rest) }}")
def breadcrumbs(items: Sequence[tuple[str, str | None]], label: str = "Breadcrumb", **rest: Any) -> None:
    """The way to this page (pattern Breadcrumb), as texts and paths. The last one is this page."""


@component(source=UI + "{{ ui.nav_tabs(label, items, current, navigate, **rest) }}")
def nav_tabs(
    label: str,
    items: Sequence[tuple[str, str]],
    current: str | None = None,
    navigate: bool = False,
    **rest: Any,
) -> None:
    """Tabs that are links, as texts and paths. `current` is the path of the present one."""


@component(source=UI + "{{ ui.pagination(page, pages, to, label, previous, next, name, **rest) }}")
def pagination(
    page: int,
    pages: int,
    to: str,
    label: str = "Pages",
    previous: str = "Previous page",
    next: str = "Next page",
    name: str = "Page {page}",
    **rest: Any,
) -> None:
    """The pages of a list, numbered from 1. `to` is the path of a page, with "{page}" for its number."""
