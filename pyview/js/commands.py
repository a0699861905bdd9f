"""JsCommands: a chain of commands for the browser, which never changes once it is made."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

import orjson
from markupsafe import Markup

from pyview.js.arguments import (
    Classes,
    Scope,
    Target,
    Transition,
    advice,
    attribute_values,
    component,
    given,
    mapping,
    motion,
    name_list,
    named_classes,
    phases,
    place,
    text,
)
from pyview.navigation import page_link
from pyview.wire.message import json_text

P = ParamSpec("P")
R = TypeVar("R")


COMMANDS_BEGIN: Final = Markup("&#91;")
"""The first character of JS commands, escaped for HTML."""


@dataclass(frozen=True)
class JsCommand:
    """One command as the client reads it: its name and its options."""

    cmd: str
    opts: dict[str, Any]


def _taught(command: Callable[P, R]) -> Callable[P, R]:
    """A command that says which options it has when it is given another."""
    signature = inspect.signature(command)
    known = [name for name in signature.parameters if name != "self"]

    @wraps(command)
    def taught(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except TypeError:
            unknown = next((name for name in kwargs if name not in known), None)
            if unknown is None:
                raise
            raise TypeError(advice(command.__name__, unknown, known)) from None

    return taught


class JsCommands:
    """Commands that the browser runs one after the other: `js.hide("#menu").push("closed", value={"id": 7})`.

    Every method returns a longer chain and leaves this one as it is; `+` and `concat` join chains. In an attribute
    such as `phx-click` the chain is JSON, escaped for HTML; in `push_event` and other payloads it is a list.

    `to` says what a command is about: the element itself, a CSS selector for the page, `js.inner(selector)` within
    the element or `js.closest(selector)` around it. `transition` names classes, `time` is in milliseconds (200 if
    left out); `blocking=False` lets the page be patched while a transition runs. Values are JSON data, taken as
    they are now. A wrong option raises `TypeError` or `ValueError`, an unsafe URL `UnsafeURL`, what JSON cannot
    carry `UnencodableValue`.
    """

    __slots__ = ("_json",)
    _json: str

    def __init__(self, commands: Iterable[JsCommand] = ()) -> None:
        object.__setattr__(self, "_json", ",".join(_encoded(each.cmd, each.opts) for each in commands))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError("a chain of JS commands never changes; use the chain that its methods return")

    @classmethod
    def _of(cls, json: str) -> "JsCommands":
        chain = cls.__new__(cls)
        object.__setattr__(chain, "_json", json)
        return chain

    def _then(self, op: str, opts: Mapping[str, Any]) -> "JsCommands":
        command = _encoded(op, opts)
        return self._of(f"{self._json},{command}" if self._json else command)

    # Chains as values

    @property
    def commands(self) -> list[JsCommand]:
        """The commands, one by one."""
        return [JsCommand(op, opts) for op, opts in orjson.loads(str(self))]

    def add(self, cmd: JsCommand) -> "JsCommands":
        """This chain and one more command, as the client reads it, unchecked."""
        return self._then(cmd.cmd, cmd.opts)

    def concat(self, *others: "JsCommands") -> "JsCommands":
        """This chain and the others after it."""
        return self._of(",".join(filter(None, map(_inner_json, (self, *others)))))

    def __add__(self, other: object) -> "JsCommands":
        return self.concat(other) if isinstance(other, JsCommands) else NotImplemented

    def __str__(self) -> str:
        return f"[{self._json}]"

    def __html__(self) -> Markup:
        # The first bracket is an entity, which no escaped text has: so a template can tell commands from text that
        # looks like them, also after both went through macros and captured blocks.
        return COMMANDS_BEGIN + str(self)[1:]

    def __json__(self) -> list[Any]:
        found: list[Any] = orjson.loads(str(self))
        return found

    def __repr__(self) -> str:
        return f"JsCommands({self})"

    def __iter__(self) -> Iterator[JsCommand]:
        return iter(self.commands)

    def __bool__(self) -> bool:
        return bool(self._json)

    def __eq__(self, other: object) -> bool:
        return self._json == other._json if isinstance(other, JsCommands) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._json)

    def __reduce__(self) -> tuple[Any, ...]:
        return JsCommands._of, (self._json,)

    # Where to look

    @staticmethod
    def inner(selector: str) -> Scope:
        """For `to=`: what matches within the element that the command belongs to."""
        return Scope("inner", selector)

    @staticmethod
    def closest(selector: str) -> Scope:
        """For `to=`: the nearest element that matches, from the command's own element outwards."""
        return Scope("closest", selector)

    # Events

    @_taught
    def push(
        self,
        event: str,
        *,
        target: int | str | None = None,
        value: Mapping[str, Any] | None = None,
        loading: Target | None = None,
        page_loading: bool = False,
    ) -> "JsCommands":
        """Send `event` to the server, with `value` in its payload.

        `target`: the component that gets it, by its number or by a selector of an element in it. `loading`: what
        gets the loading classes besides the element itself. `page_loading`: show the page's loading bar.
        """
        opts = given(
            event=text(event, "push(event)"),
            target=component(target),
            loading=place(loading),
            value=mapping(value, "push(value=)"),
        )
        return self._then("push", opts | ({"page_loading": True} if page_loading else {}))

    @_taught
    def dispatch(
        self,
        event: str,
        to: Target | None = None,
        *,
        detail: Mapping[str, Any] | None = None,
        bubbles: bool = True,
        blocking: bool = False,
    ) -> "JsCommands":
        """Dispatch a DOM event. `blocking`: patches wait until a listener has called `event.detail.done()`.

        A `click` takes no detail: the client, and browsers, mean something else by it.
        """
        if event == "click" and detail:
            raise ValueError("dispatch('click') takes no detail; dispatch an event with a name of your own")
        opts = given(
            event=text(event, "dispatch(event)"), to=place(to), detail=mapping(detail, "dispatch(detail=)")
        )
        if not bubbles:
            opts["bubbles"] = False
        if blocking:
            opts["blocking"] = True
        return self._then("dispatch", opts)

    # Visibility

    @_taught
    def show(
        self,
        to: Target | None = None,
        *,
        transition: Transition | None = None,
        time: int | None = None,
        display: str | None = None,
        blocking: bool = True,
    ) -> "JsCommands":
        """Show what is hidden. `display` is the CSS value when shown (`block`, or that of a table's part)."""
        opts = given(to=place(to), display=_display(display))
        return self._then("show", opts | motion(transition, time, blocking))

    @_taught
    def hide(
        self,
        to: Target | None = None,
        *,
        transition: Transition | None = None,
        time: int | None = None,
        blocking: bool = True,
    ) -> "JsCommands":
        """Hide what is shown."""
        return self._then("hide", given(to=place(to)) | motion(transition, time, blocking))

    @_taught
    def toggle(
        self,
        to: Target | None = None,
        *,
        in_transition: Transition | None = None,
        out_transition: Transition | None = None,
        time: int | None = None,
        display: str | None = None,
        blocking: bool = True,
    ) -> "JsCommands":
        """Show what is hidden, hide what is shown."""
        opts = given(to=place(to), display=_display(display))
        ins = motion(in_transition, time, blocking, "ins")
        return self._then("toggle", opts | ins | given(outs=phases(out_transition)))

    # Classes

    @_taught
    def add_class(
        self,
        names: Classes,
        *,
        to: Target | None = None,
        transition: Transition | None = None,
        time: int | None = None,
        blocking: bool = True,
    ) -> "JsCommands":
        """Add classes, and keep them through later patches."""
        return self._classes("add_class", names, to, motion(transition, time, blocking))

    @_taught
    def remove_class(
        self,
        names: Classes,
        *,
        to: Target | None = None,
        transition: Transition | None = None,
        time: int | None = None,
        blocking: bool = True,
    ) -> "JsCommands":
        """Remove classes, and keep them away through later patches."""
        return self._classes("remove_class", names, to, motion(transition, time, blocking))

    @_taught
    def toggle_class(
        self,
        names: Classes,
        *,
        to: Target | None = None,
        transition: Transition | None = None,
        time: int | None = None,
        blocking: bool = True,
    ) -> "JsCommands":
        """Add the classes that are missing, remove those that are there."""
        return self._classes("toggle_class", names, to, motion(transition, time, blocking))

    def _classes(self, op: str, names: Classes, to: Target | None, moving: dict[str, Any]) -> "JsCommands":
        return self._then(op, {"names": named_classes(names)} | given(to=place(to)) | moving)

    @_taught
    def transition(
        self,
        transition: Transition,
        *,
        to: Target | None = None,
        time: int | None = None,
        blocking: bool = True,
    ) -> "JsCommands":
        """Run a transition: classes that are there for `time` milliseconds."""
        moving = motion(transition, time, blocking)
        if not moving.get("transition", [[]])[0]:
            raise ValueError(f"transition expects classes while it runs, got {transition!r}")
        return self._then("transition", moving | given(to=place(to)))

    # Attributes

    @_taught
    def set_attribute(
        self, attr: str | tuple[str, str], value: str | int | float = "", *, to: Target | None = None
    ) -> "JsCommands":
        """Set an attribute: `set_attribute("aria-expanded", "true")`, or with one tuple of both."""
        return self._then("set_attr", {"attr": attribute_values(attr, (value,), 1)} | given(to=place(to)))

    @_taught
    def remove_attribute(self, attr: str, *, to: Target | None = None) -> "JsCommands":
        """Remove an attribute."""
        return self._then("remove_attr", {"attr": text(attr, "remove_attribute")} | given(to=place(to)))

    @_taught
    def toggle_attribute(
        self,
        attr: str | tuple[str, str] | tuple[str, str, str],
        *values: str,
        to: Target | None = None,
    ) -> "JsCommands":
        """Go between two values, `("aria-expanded", "true", "false")`, or between one and none, `("open")`."""
        return self._then("toggle_attr", {"attr": attribute_values(attr, values, 2)} | given(to=place(to)))

    @_taught
    def ignore_attributes(self, attrs: str | Sequence[str], *, to: Target | None = None) -> "JsCommands":
        """Leave attributes to the browser: patches do not touch them any more. `*` stands for anything (`data-*`).

        For `phx-mounted` of elements such as `<details>`, which open and close by themselves.
        """
        found = name_list(attrs, "ignore_attributes")
        return self._then("ignore_attrs", {"attrs": found} | given(to=place(to)))

    set_attr = set_attribute
    remove_attr = remove_attribute
    toggle_attr = toggle_attribute

    # Focus

    @_taught
    def focus(self, to: Target | None = None) -> "JsCommands":
        """Focus an element."""
        return self._then("focus", given(to=place(to)))

    @_taught
    def focus_first(self, to: Target | None = None) -> "JsCommands":
        """Focus the first element within that can have the focus."""
        return self._then("focus_first", given(to=place(to)))

    @_taught
    def push_focus(self, to: Target | None = None) -> "JsCommands":
        """Remember an element, by default this one, for `pop_focus`."""
        return self._then("push_focus", given(to=place(to)))

    def pop_focus(self) -> "JsCommands":
        """Focus the element that was remembered last."""
        return self._then("pop_focus", {})

    # Navigation

    @_taught
    def navigate(
        self, href: str, params: Mapping[str, Any] | None = None, *, replace: bool = False
    ) -> "JsCommands":
        """Go to another live view of this site. A relative address, such as "edit", counts from the page.

        `replace`: without a new entry in the browser's history.
        """
        return self._then("navigate", {"href": page_link(href, params), "replace": bool(replace)})

    @_taught
    def patch(
        self, href: str, params: Mapping[str, Any] | None = None, *, replace: bool = False
    ) -> "JsCommands":
        """Change the URL within this view: `handle_params` runs. A relative address counts from the page."""
        return self._then("patch", {"href": page_link(href, params), "replace": bool(replace)})

    # Others' commands

    @_taught
    def exec(self, attr: str, *, to: Target | None = None) -> "JsCommands":
        """Run the commands that stand in an attribute, such as `data-cancel`, of an element."""
        return self._then("exec", {"attr": text(attr, "exec")} | given(to=place(to)))


def _inner_json(chain: object) -> str:
    if not isinstance(chain, JsCommands):
        raise TypeError(f"concat expects chains of JS commands, got {chain!r}")
    return chain._json


def _encoded(op: str, opts: Mapping[str, Any]) -> str:
    return json_text([op, opts], f"js.{op}").decode()


def _display(value: str | None) -> str | None:
    return None if value is None else text(value, "display=")


COMMANDS = frozenset(
    name for name, value in vars(JsCommands).items() if not name.startswith("_") and callable(value)
)
"""The methods that make a chain longer."""

js = JsCommands()
"""The beginning of every chain: `js.show("#menu")`."""
