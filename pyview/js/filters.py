"""JS commands as template filters of PyView 0.9: `{{ js.show("#menu") | js.push("opened") }}`.

Their arguments have the order of PyView 0.9, where the selector often comes first.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pyview.js.commands import JsCommands, js


def js_show(commands: JsCommands, selector: str | None = None) -> JsCommands:
    return commands.show(selector)


def js_hide(commands: JsCommands, selector: str | None = None) -> JsCommands:
    return commands.hide(selector)


def js_toggle(commands: JsCommands, selector: str | None = None) -> JsCommands:
    return commands.toggle(selector)


def js_add_class(commands: JsCommands, selector: str, *classes: str) -> JsCommands:
    return commands.add_class(classes, to=selector)


def js_remove_class(commands: JsCommands, selector: str, *classes: str) -> JsCommands:
    return commands.remove_class(classes, to=selector)


def js_toggle_class(commands: JsCommands, selector: str, *classes: str) -> JsCommands:
    return commands.toggle_class(classes, to=selector)


def js_dispatch(commands: JsCommands, event: str, selector: str | None = None) -> JsCommands:
    return commands.dispatch(event, selector)


def js_push(commands: JsCommands, event: str, payload: Mapping[str, Any] | None = None) -> JsCommands:
    return commands.push(event, value=payload)


def js_focus(commands: JsCommands, selector: str | None = None) -> JsCommands:
    return commands.focus(selector)


def js_focus_first(commands: JsCommands, selector: str | None = None) -> JsCommands:
    return commands.focus_first(selector)


def js_transition(commands: JsCommands, selector: str, transition: str, time: int = 200) -> JsCommands:
    return commands.transition(transition, to=selector, time=time)


def js_navigate(commands: JsCommands, href: str) -> JsCommands:
    return commands.navigate(href)


def js_patch(commands: JsCommands, href: str) -> JsCommands:
    return commands.patch(href)


def js_set_attribute(
    commands: JsCommands, attr: str | tuple[str, str], selector: str | None = None
) -> JsCommands:
    return commands.set_attribute(attr, to=selector)


def js_remove_attribute(commands: JsCommands, attr: str, selector: str | None = None) -> JsCommands:
    return commands.remove_attribute(attr, to=selector)


def js_toggle_attribute(
    commands: JsCommands,
    attr: str | tuple[str, str] | tuple[str, str, str],
    selector: str | None = None,
) -> JsCommands:
    return commands.toggle_attribute(attr, to=selector)


def js_push_focus(commands: JsCommands, selector: str | None = None) -> JsCommands:
    return commands.push_focus(selector)


def js_pop_focus(commands: JsCommands) -> JsCommands:
    return commands.pop_focus()


def js_exec(commands: JsCommands, attr: str, selector: str | None = None) -> JsCommands:
    return commands.exec(attr, to=selector)


def add_js(meta: Any = None) -> dict[str, JsCommands]:
    """Return `{"js": js}` for a template's context. Templates of an application have the name `js` already."""
    return {"js": js}


FILTERS: Final[Mapping[str, Callable[..., JsCommands]]] = {
    f"js.{function.__name__.removeprefix('js_')}": function
    for function in (
        *(js_show, js_hide, js_toggle, js_add_class, js_remove_class, js_toggle_class, js_dispatch, js_push),
        *(js_focus, js_focus_first, js_transition, js_navigate, js_patch, js_set_attribute),
        *(js_remove_attribute, js_toggle_attribute, js_push_focus, js_pop_focus, js_exec),
    )
}
"""The filters by their names in templates."""
