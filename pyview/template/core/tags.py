"""What the core components are made of: attributes and commands, worked out in Python.

Where templates find the components: `{% import "pyview/components.html" as ui %}`.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from jinja2 import Undefined
from jinja2.loaders import BaseLoader, ChoiceLoader, FileSystemLoader, PrefixLoader
from markupsafe import Markup

from pyview.forms import FormField, FormPart, Option
from pyview.js.commands import JsCommands, js
from pyview.navigation import page_link
from pyview.stream import Stream
from pyview.template.attributes import Attributes, attributes_text, html_name, is_harmless
from pyview.template.compiler.purity import pure

LIBRARY: Final[BaseLoader] = PrefixLoader({"pyview": FileSystemLoader(Path(__file__).parent / "templates")})


def with_library(loader: BaseLoader | None) -> BaseLoader:
    """A loader that has the components besides; what an application calls by the same name comes first."""
    return LIBRARY if loader is None else ChoiceLoader([loader, LIBRARY])


METHODS: Final = ("get", "post", "put", "patch", "delete")

_FADE_OUT: Final = ("pv-fade", "pv-shown", "pv-faded")


@pure
def attributes(first: Mapping[str, Any], *others: Mapping[str, Any]) -> Markup:
    """The attributes of a tag, with a space before each: those of `others` count before those of `first`.

    Names may be Python's, `phx_click` and `class_`. The classes of all are joined. See `pyview.template.attributes` for
    what becomes of values.
    """
    merged = Attributes()
    for given in (first, *others):
        for name, value in given.items():
            # `x if y`, without an else, is undefined in Jinja2 where y is not.
            _put(merged, html_name(str(name)), None if isinstance(value, Undefined) else value)
    return Markup(attributes_text(merged))  # noqa: S704  every value has been escaped


def _put(into: dict[str, Any], name: str, value: Any) -> None:
    into[name] = [into[name], value] if name == "class" and into.get(name) else value


# Links


@pure
def link(
    href: str | None = None,
    patch: str | None = None,
    navigate: str | None = None,
    method: str | None = None,
    replace: bool = False,
    confirm: str | None = None,
) -> dict[str, Any]:
    """The attributes of an `<a>`.

    `patch` stays in the view and `navigate` goes to another one, over the socket: paths on this site, or addresses that
    count from the page such as "?page=2", else `UnsafeURL` is raised. `href` is any address; one that a browser would
    run as a program leads nowhere. `method` other than "get" has the address asked for by a form. Raises `TypeError`
    for none or several addresses, `ValueError` for a method that a browser has not.
    """
    given = [
        name for name, to in (("href", href), ("patch", patch), ("navigate", navigate)) if to is not None
    ]
    if len(given) != 1:
        raise TypeError(
            f"a link expects one of href, patch and navigate, got {' and '.join(given) or 'none'}"
        )
    asked = {} if confirm is None else {"data-confirm": confirm}
    if href is None:
        return asked | _live_link(
            "patch" if patch is not None else "redirect", patch or navigate or "", replace
        )
    return asked | {"href": href} | _with_method(href, method)


def _live_link(kind: str, path: str, replace: bool) -> dict[str, str]:
    state = "replace" if replace else "push"
    return {"href": page_link(path), "data-phx-link": kind, "data-phx-link-state": state}


def _with_method(href: str, method: str | None) -> dict[str, str]:
    if method is None or method == "get":
        return {}
    if method not in METHODS:
        raise ValueError(f"a link expects a method of {', '.join(METHODS)}, got {method!r}")
    return {
        "data-method": method,
        "data-to": href if is_harmless(href) else f"unsafe:{href}",
        "rel": "nofollow",
    }


# Dialogs


@pure
def show_modal(id: str) -> JsCommands:
    """Opens the dialog `id` and moves the focus into it; it goes back to the element that opened it."""
    return js.push_focus() + _open(id)


@pure
def modal_shown(id: str) -> JsCommands:
    """The same for a dialog that comes with a patch: the focus goes back to where it was."""
    return js.push_focus(to=":focus") + _open(id)


def _open(id: str) -> JsCommands:
    # The attribute is all that says whether a dialog is open, since it changes at once. The client changes classes and
    # displays with later frames, so a click or a key that comes before those would find the dialog neither open nor
    # closed, and be lost. An inline style would not survive a strict content security policy either.
    return js.remove_attribute("hidden", to=f"#{id}").focus_first(f"#{id}-content")


@pure
def hide_modal(id: str) -> JsCommands:
    """Closes the dialog `id`, and gives the focus back."""
    return js.set_attribute("hidden", "", to=f"#{id}").pop_focus()


@pure
def modal_gone(id: str) -> JsCommands:
    """The same for a dialog that a patch takes away: a transition is what the client waits for."""
    return hide_modal(id).transition("pv-leaving", to=f"#{id}")


@pure
def cancel_modal(id: str, on_cancel: JsCommands | str | None = None) -> JsCommands:
    """What goes with the Escape key, a click beside the dialog and its cross: `on_cancel`, and the dialog closes."""
    wish = js.push(on_cancel) if isinstance(on_cancel, str) else on_cancel or js
    return wish + hide_modal(id)


@pure
def try_cancel(id: str) -> JsCommands:
    """Cancels the dialog if it is open: keys are heard by the window, whatever is open in it."""
    return js.exec("data-cancel", to=f"#{id}:not([hidden])")


# Flash messages


@pure
def clear_flash(kind: str) -> JsCommands:
    """Takes a flash message off the page, and has the server forget it."""
    return js.push("lv:clear-flash", value={"key": kind}).hide(
        to=js.closest(".pv-flash"), transition=_FADE_OUT
    )


@pure
def show_notice(id: str, when: str) -> JsCommands:
    """Shows a notice while the view's element has the class `when`."""
    return js.remove_attribute("hidden", to=f".{when} #{id}")


@pure
def hide_notice(id: str) -> JsCommands:
    return js.set_attribute("hidden", "", to=f"#{id}")


# Fields


def _check_is_field(field: FormField) -> None:
    if not hasattr(field, "attrs"):
        raise TypeError(
            f'ui.input() expects a field of a form: form.email in Jinja2, form["email"] in Python; got {field!r:.80}'
        )


@pure
def hidden(field: FormField) -> dict[str, str]:
    """The attributes of a hidden input. Raises `TypeError` for what is no field."""
    _check_is_field(field)
    return {"type": "hidden", "id": field.id, "name": field.name, "value": field.value}


@pure
def choices(field: FormField, options: Iterable[Any] | None) -> Iterable[Option]:
    """The choices of a field, or an application's own: texts, or pairs of what is sent and what is shown."""
    if options is None:
        return field.options
    pairs = [one if isinstance(one, tuple | list) else (one, one) for one in options]
    chosen = {field.value, *field.values}
    return [
        Option(str(sent), str(shown), str(sent) in chosen, place) for place, (sent, shown) in enumerate(pairs)
    ]


@pure
def dispatching(event: str) -> JsCommands:
    """What a button does that changes its form: the client then tells of the change, with the button's value."""
    return js.dispatch(event)


@pure
def moving(part: FormPart, by: int) -> dict[str, Any]:
    """The attributes of a button that moves an entry of a list; disabled where there is no further place."""
    index = part.index or 0
    to = index + by
    return {
        "name": part.move_name,
        "value": f"{index}:{max(to, 0)}",
        "disabled": not 0 <= to < part.count,
    }


# Tables


@pure
def is_stream(rows: Any) -> bool:
    return isinstance(rows, Stream)


@pure
def keyed(rows: Iterable[Any], key: str | None) -> list[tuple[Any, Any]]:
    """Each row with the value that tells it from the others: its field `key`, else its place."""
    return [(place if key is None else _field(row, key), row) for place, row in enumerate(rows)]


def _field(row: Any, key: str) -> Any:
    return row[key] if isinstance(row, Mapping) else getattr(row, key)


@pure
def told(field: FormField, help: str) -> dict[str, str | None]:
    """The attributes that tie an input to its help and errors, for readers of the screen. Raises `TypeError` for what
    is no field."""
    _check_is_field(field)
    ids = [f"{field.id}-help" if help else "", f"{field.id}-errors" if field.errors else ""]
    return {
        "aria-invalid": "true" if field.errors else None,
        "aria-describedby": " ".join(filter(None, ids)) or None,
    }


_ALL = (
    attributes,
    cancel_modal,
    choices,
    clear_flash,
    dispatching,
    hidden,
    hide_modal,
    hide_notice,
    is_stream,
    keyed,
    link,
    modal_gone,
    modal_shown,
    moving,
    show_modal,
    show_notice,
    told,
    try_cancel,
)

FILTERS: Final[Mapping[str, Any]] = MappingProxyType({f"ui.{each.__name__}": each for each in _ALL})
"""The functions as filters of templates."""
