"""JS commands: actions that the browser runs without a round trip, on an event or when the server pushes them.

`js` is the empty chain, at the start of every other: `js.hide("#menu").push("closed")`.
"""

from pyview.js.arguments import Scope, Target, Transition
from pyview.js.commands import JsCommand, JsCommands, js
from pyview.js.filters import (
    add_js,
    js_add_class,
    js_dispatch,
    js_exec,
    js_focus,
    js_focus_first,
    js_hide,
    js_navigate,
    js_patch,
    js_pop_focus,
    js_push,
    js_push_focus,
    js_remove_attribute,
    js_remove_class,
    js_set_attribute,
    js_show,
    js_toggle,
    js_toggle_attribute,
    js_toggle_class,
    js_transition,
)

__all__ = [
    "JsCommand",
    "JsCommands",
    "Scope",
    "Target",
    "Transition",
    "add_js",
    "js",
    "js_add_class",
    "js_dispatch",
    "js_exec",
    "js_focus",
    "js_focus_first",
    "js_hide",
    "js_navigate",
    "js_patch",
    "js_pop_focus",
    "js_push",
    "js_push_focus",
    "js_remove_attribute",
    "js_remove_class",
    "js_set_attribute",
    "js_show",
    "js_toggle",
    "js_toggle_attribute",
    "js_toggle_class",
    "js_transition",
]
