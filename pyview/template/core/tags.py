"""Python functions of the core components: attributes of tags, and JS commands.

They are filters of every template, used by the macros in `templates/`. Templates import these macros
with `{% import "pyview/components.html" as ui %}`.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from jinja2 import Undefined
from markupsafe import Markup

from pyview.forms import FormPart, Option
from pyview.js.commands import JsCommands, js
from pyview.navigation import page_link
from pyview.stream import Stream
from pyview.template.attributes import Attributes, attributes_text, html_name, is_harmless
from pyview.template.compiler.purity import pure
from pyview.template.core.icons import icon
from pyview.template.core.inputs import FUNCTIONS as INPUTS
from pyview.template.core.listed import FUNCTIONS as LISTS
from pyview.template.core.plain_fields import AnyField, check_is_field, field_of
from pyview.template.core.values import FUNCTIONS

METHODS: Final = ("get", "post", "put", "patch", "delete")

_FADE_OUT: Final = ("pv-fade", "pv-shown", "pv-faded")


@pure
def attributes(first: Mapping[str, Any], *others: Mapping[str, Any]) -> Markup:
    """Return the attributes of a tag, each with a space before it. Those of `others` take precedence over `first`.

    Names may be Python names, `phx_click` and `class_`. The classes of all mappings are joined. For the conversion of
    values see `pyview.template.attributes`.
    """
    merged = Attributes()
    for given in (first, *others):
        for name, value in given.items():
            # In Jinja2, `x if y` without an else is undefined if y is false.
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
    """Return the attributes of an `<a>`.

    `patch` stays in the view, `navigate` goes to another one over the socket. Both must be a path on this site, or
    relative to the page such as "?page=2"; other URLs raise `UnsafeURL`. `href` is any URL; one that a browser would
    run as a program leads nowhere. With a `method` other than "get", the client submits a form. Raises `TypeError`
    unless exactly one of `href`, `patch` and `navigate` is given, `ValueError` for an unknown method.
    """
    given = [
        name for name, to in (("href", href), ("patch", patch), ("navigate", navigate)) if to is not None
    ]
    if len(given) != 1:
        raise TypeError(
            f"expected one of href, patch and navigate for a link, got {' and '.join(given) or 'none'}"
        )
    shared = {} if confirm is None else {"data-confirm": confirm}
    if href is None:
        return shared | _live_link(
            "patch" if patch is not None else "redirect", patch or navigate or "", replace
        )
    return shared | {"href": href} | _with_method(href, method)


def _live_link(kind: str, path: str, replace: bool) -> dict[str, str]:
    state = "replace" if replace else "push"
    return {"href": page_link(path), "data-phx-link": kind, "data-phx-link-state": state}


def _with_method(href: str, method: str | None) -> dict[str, str]:
    if method is None or method == "get":
        return {}
    if method not in METHODS:
        raise ValueError(f"expected one of {', '.join(METHODS)} as the method of a link, got {method!r}")
    return {
        "data-method": method,
        # The client takes the URL from here. `attributes_text` guards only attributes that a browser opens
        # itself.
        "data-to": href if is_harmless(href) else f"unsafe:{href}",
        "rel": "nofollow",
    }


# Dialogs


@pure
def show_modal(id: str) -> JsCommands:
    """Open the dialog `id` and move the focus into it. Closing returns the focus to the element that opened it."""
    return js.push_focus() + _open(id)


@pure
def modal_shown(id: str) -> JsCommands:
    """Open a dialog that a patch has added. Closing returns the focus to the element that had it before."""
    return js.push_focus(to=":focus") + _open(id)


def _open(id: str) -> JsCommands:
    # Only the attribute `hidden` says if a dialog is open, because it changes at once. The client changes classes and
    # `display` in later frames, so a click or a key before those would find the dialog neither open nor closed, and be
    # lost. An inline style would also violate a strict content security policy.
    # The panel gets the focus if the content has nothing that can.
    return js.remove_attribute("hidden", to=f"#{id}").focus(to=f"#{id}-panel").focus_first(f"#{id}-content")


@pure
def hide_modal(id: str) -> JsCommands:
    """Close the dialog `id`, and return the focus."""
    return js.set_attribute("hidden", "", to=f"#{id}").pop_focus()


@pure
def modal_gone(id: str) -> JsCommands:
    """Close a dialog that a patch removes. The client waits for a transition before it removes the element."""
    return hide_modal(id).transition("pv-leaving", to=f"#{id}")


@pure
def cancel_modal(id: str, on_cancel: JsCommands | str | None = None) -> JsCommands:
    """Run `on_cancel` and close the dialog: for the Escape key, a click beside the dialog, and its close button."""
    commands = js.push(on_cancel) if isinstance(on_cancel, str) else on_cancel or js
    return commands + hide_modal(id)


@pure
def try_cancel(id: str) -> JsCommands:
    """Cancel the dialog if it is open. The window receives key events even when the dialog is closed."""
    return js.exec("data-cancel", to=f"#{id}:not([hidden])")


# Flash messages


@pure
def clear_flash(kind: str) -> JsCommands:
    """Remove a flash message from the page and from the server."""
    # The event of LiveView for this. The message is hidden at once, before the server has answered.
    return js.push("lv:clear-flash", value={"key": kind}).hide(
        to=js.closest(".pv-flash"), transition=_FADE_OUT
    )


@pure
def show_notice(id: str, when: str) -> JsCommands:
    """Show a notice while the view's element has the class `when`."""
    return js.remove_attribute("hidden", to=f".{when} #{id}")


@pure
def hide_notice(id: str) -> JsCommands:
    return js.set_attribute("hidden", "", to=f"#{id}")


# Elements whose state the browser holds


@pure
def kept_by_browser(attribute: str) -> JsCommands:
    """Leave an attribute of an element to the browser, such as `open` of a `<details>`: patches do not change it."""
    return js.ignore_attributes(attribute)


@pure
def removed(attribute: str) -> JsCommands:
    """Remove an attribute of the element itself, such as `open` of a `<details>` after a click beside it."""
    return js.remove_attribute(attribute)


@pure
def disclose(id: str) -> JsCommands:
    """Show or hide the element `id`, and say so on the button that was clicked."""
    return js.toggle_attribute("hidden", to=f"#{id}").toggle_attribute("aria-expanded", "true", "false")


@pure
def when_mounted(command: str) -> JsCommands:
    """Return the commands of `phx-mounted`: "focus" moves the focus to the element, and selects its text."""
    return js.focus() if command == "focus" else js


# Fields


@pure
def hidden(field: AnyField) -> dict[str, str]:
    """Return the attributes of a hidden input. Raises `TypeError` for a value that is not a field."""
    check_is_field(field)
    return {"type": "hidden", "id": field.id, "name": field.name, "value": field.value}


@pure
def choices(field: AnyField, options: Iterable[Any] | None) -> Iterable[Option]:
    """Return the options of a field, or those of the application: texts, or pairs of sent value and shown text."""
    if options is None:
        return field.options
    pairs = [one if isinstance(one, tuple | list) else (one, one) for one in options]
    # A browser sends texts, so options are compared as texts.
    chosen = {field.value, *field.values}
    return [
        Option(str(sent), str(shown), str(sent) in chosen, position)
        for position, (sent, shown) in enumerate(pairs)
    ]


@pure
def dispatch(event: str) -> JsCommands:
    """Dispatch a DOM event on a button of a form. After "change", the client sends the form with the button's value."""
    return js.dispatch(event)


@pure
def moving(part: FormPart, by: int) -> dict[str, Any]:
    """Return the attributes of a button that moves an entry of a list. It is disabled at the end of the list."""
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
    """Return each row with its key: its field `key`, or its position."""
    return [(position if key is None else _field(row, key), row) for position, row in enumerate(rows)]


def _field(row: Any, key: str) -> Any:
    return row[key] if isinstance(row, Mapping) else getattr(row, key)


@pure
def slots_of(entries: Iterable[Any], column: str) -> list[Any]:
    """Return the entry of a slot for this column, in a list; an empty one if there is none."""
    return [entry for entry in entries if entry.column == column][:1]


@pure
def aria(field: AnyField, help: str) -> dict[str, str | None]:
    """Return the ARIA attributes that connect an input with its help and errors, for screen readers.

    Raises `TypeError` for a value that is not a field.
    """
    check_is_field(field)
    ids = [f"{field.id}-help" if help else "", f"{field.id}-errors" if field.errors else ""]
    return {
        "aria-invalid": "true" if field.errors else None,
        "aria-describedby": " ".join(filter(None, ids)) or None,
    }


_ALL = (
    aria,
    attributes,
    cancel_modal,
    choices,
    clear_flash,
    disclose,
    dispatch,
    field_of,
    hidden,
    hide_modal,
    hide_notice,
    icon,
    is_stream,
    kept_by_browser,
    keyed,
    link,
    modal_gone,
    modal_shown,
    moving,
    removed,
    show_modal,
    show_notice,
    slots_of,
    try_cancel,
    when_mounted,
)

# With a prefix, so that they hide no filter of an application.
FILTERS: Final[Mapping[str, Any]] = MappingProxyType(
    {f"ui.{each.__name__}": each for each in (*_ALL, *FUNCTIONS, *INPUTS, *LISTS)}
)
"""The functions as filters of templates."""
