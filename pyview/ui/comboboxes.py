"""Choices from long lists as functions. The macros are in `comboboxes.html`."""

from collections.abc import Iterable, Mapping
from typing import Any

from pyview.forms import FormField
from pyview.template.component import component
from pyview.ui.source import INPUT, UI

_SHARED = "search, create, loading, limit, placeholder, target, words, label, help, value, **rest"


@component(
    source=UI + "{{ ui.combobox(of, options, text, " + _SHARED + ") }}",
    include=INPUT,
)
def combobox(
    of: FormField | str,
    options: Iterable[Any] | None = None,
    text: str | None = None,
    search: str | None = None,
    create: str | None = None,
    loading: bool = False,
    limit: int = 250,
    placeholder: str = "",
    target: Any = None,
    words: Mapping[str, str] | None = None,
    label: str | None = None,
    help: str | None = None,
    value: Any = None,
    **rest: Any,
) -> None:
    """One of many choices (pattern Combobox, with a listbox and list autocomplete).

    An option is a text, or a tuple: sent value, shown text, and optionally a second line.
    """


@component(
    source=UI + "{{ ui.multi_select(of, options, texts, max, " + _SHARED + ") }}",
    include=INPUT,
)
def multi_select(
    of: FormField | str,
    options: Iterable[Any] | None = None,
    texts: Mapping[Any, Any] | None = None,
    max: int | None = None,
    search: str | None = None,
    create: str | None = None,
    loading: bool = False,
    limit: int = 250,
    placeholder: str = "",
    target: Any = None,
    words: Mapping[str, str] | None = None,
    label: str | None = None,
    help: str | None = None,
    value: Any = None,
    **rest: Any,
) -> None:
    """Some of many choices, as chips (pattern Combobox, with a listbox of several choices)."""


@component(
    source=UI + "{{ ui.tags(of, options, max, " + _SHARED.replace("create, ", "") + ") }}", include=INPUT
)
def tags(
    of: FormField | str,
    options: Iterable[Any] = (),
    max: int | None = None,
    search: str | None = None,
    loading: bool = False,
    limit: int = 250,
    placeholder: str = "",
    target: Any = None,
    words: Mapping[str, str] | None = None,
    label: str | None = None,
    help: str | None = None,
    value: Any = None,
    **rest: Any,
) -> None:
    """Texts of the user's own, as chips (pattern Combobox, with suggestions in a listbox)."""
