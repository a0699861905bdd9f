"""JsCommands: an immutable chain of commands for the browser."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from markupsafe import Markup

from pyview.js.arguments import (
    Classes,
    Scope,
    Target,
    Transition,
    attribute_values,
    checks_options,
    display_option,
    given,
    mapping,
    name_list,
    push_target,
    required_classes,
    required_text,
    target_option,
    transition_classes,
    transition_options,
)
from pyview.navigation import page_link
from pyview.wire.message import json_text

COMMANDS_BEGIN: Final = Markup("&#91;")
"""The first character of JS commands, escaped for HTML."""


@dataclass(frozen=True)
class JsCommand:
    """One command as the client reads it: name and options."""

    cmd: str
    opts: dict[str, Any]


class JsCommands:
    """Commands that the browser runs in order: `js.hide("#menu").push("closed", value={"id": 7})`.

    Every method returns a longer chain and does not change this one; `+` and `concat` join chains. In an attribute
    such as `phx-click` the chain is JSON, escaped for HTML; in `push_event` and other payloads it is a list.

    `to` selects the element of a command: by default the element itself; else a CSS selector for the page,
    `js.inner(selector)` inside the element or `js.closest(selector)` around it. `transition` names classes, `time` is
    in milliseconds (default 200); `blocking=False` allows patches of the page while a transition runs. Values are JSON
    data, encoded when the method is called.

    Methods raise `TypeError` or `ValueError` for a wrong option, `UnsafeURL` for an unsafe URL and `UnencodableValue`
    for a value that JSON cannot represent.
    """

    # The chain is JSON text. A longer chain is a concatenation, equality and hash are those of a text, and a
    # template prints it without encoding it again.
    __slots__ = ("_json",)
    _json: str

    def __init__(self, commands: Iterable[JsCommand] = ()) -> None:
        # `object.__setattr__`, because the method of this class refuses every assignment.
        object.__setattr__(self, "_json", ",".join(_encoded(each.cmd, each.opts) for each in commands))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"JsCommands is immutable, cannot set {name!r}; use what its methods return")

    @classmethod
    def _of(cls, json: str) -> "JsCommands":
        # Without `__init__`, which would encode every command of the chain again.
        chain = cls.__new__(cls)
        object.__setattr__(chain, "_json", json)
        return chain

    def _then(self, op: str, opts: Mapping[str, Any]) -> "JsCommands":
        return self._of(",".join(filter(None, (self._json, _encoded(op, opts)))))

    # Chains as values

    @property
    def commands(self) -> list[JsCommand]:
        """The commands as a list."""
        return [JsCommand(op, opts) for op, opts in self.__json__()]

    def add(self, cmd: JsCommand) -> "JsCommands":
        """Return this chain plus a command in the client's format. Its options are not checked."""
        return self._then(cmd.cmd, cmd.opts)

    def concat(self, *others: "JsCommands") -> "JsCommands":
        """Return this chain followed by the others. Raises `TypeError` for anything but chains."""
        for other in others:
            if not isinstance(other, JsCommands):
                raise TypeError(f"concat expects chains of JS commands, got {other!r}")
        return self._of(",".join(chain._json for chain in (self, *others) if chain._json))

    def __add__(self, other: object) -> "JsCommands":
        return self.concat(other) if isinstance(other, JsCommands) else NotImplemented

    def __str__(self) -> str:
        return f"[{self._json}]"

    def __html__(self) -> Markup:
        # Escaped text never begins with this entity. So a template can distinguish real commands from text of a user
        # that looks like commands, even after both went through macros and captured blocks.
        return COMMANDS_BEGIN + str(self)[1:]

    def __json__(self) -> list[Any]:
        return list(orjson.loads(str(self)))

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

    # Without this method, `copy` and `pickle` restore the slot with `setattr`, which raises.
    def __reduce__(self) -> tuple[Any, ...]:
        return JsCommands._of, (self._json,)

    # Targets

    @staticmethod
    def inner(selector: str) -> Scope:
        """Return a target for `to=`: the elements inside the command's own element that match."""
        return Scope("inner", selector)

    @staticmethod
    def closest(selector: str) -> Scope:
        """Return a target for `to=`: the nearest match, from the command's own element outwards."""
        return Scope("closest", selector)

    # Events

    @checks_options
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

        `target` is the component that receives it: its cid, or a selector of an element in it. `loading` selects
        further elements that get the loading classes. `page_loading` shows the page's loading bar.
        """
        opts = given(
            event=required_text(event, "push(event)"),
            target=push_target(target),
            loading=target_option(loading),
            value=mapping(value, "push(value=)"),
            page_loading=True if page_loading else None,
        )
        return self._then("push", opts)

    @checks_options
    def dispatch(
        self,
        event: str,
        to: Target | None = None,
        *,
        detail: Mapping[str, Any] | None = None,
        bubbles: bool = True,
        blocking: bool = False,
    ) -> "JsCommands":
        """Dispatch a DOM event. With `blocking`, patches wait until a listener calls `event.detail.done()`.

        Raises `ValueError` for a `click` with `detail`: the client dispatches a real click, which has none.
        """
        if event == "click" and detail:
            raise ValueError(
                f"dispatch('click') takes no detail, got {detail!r}; dispatch an event with a name of your own"
            )
        opts = given(
            event=required_text(event, "dispatch(event)"),
            to=target_option(to),
            detail=mapping(detail, "dispatch(detail=)"),
            bubbles=None if bubbles else False,
            blocking=True if blocking else None,
        )
        return self._then("dispatch", opts)

    # Visibility

    @checks_options
    def show(
        self,
        to: Target | None = None,
        *,
        transition: Transition | None = None,
        time: int | None = None,
        display: str | None = None,
        blocking: bool = True,
    ) -> "JsCommands":
        """Show hidden elements. `display` is their CSS value (default `block`, or that of the table part)."""
        opts = given(to=target_option(to), display=display_option(display))
        return self._then("show", opts | transition_options(transition, time, blocking))

    @checks_options
    def hide(
        self,
        to: Target | None = None,
        *,
        transition: Transition | None = None,
        time: int | None = None,
        blocking: bool = True,
    ) -> "JsCommands":
        """Hide visible elements."""
        return self._then(
            "hide", given(to=target_option(to)) | transition_options(transition, time, blocking)
        )

    @checks_options
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
        """Show hidden elements and hide visible ones."""
        opts = given(to=target_option(to), display=display_option(display))
        ins = transition_options(in_transition, time, blocking, "ins")
        return self._then("toggle", opts | ins | given(outs=transition_classes(out_transition)))

    # Classes

    @checks_options
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
        return self._classes("add_class", names, to, transition_options(transition, time, blocking))

    @checks_options
    def remove_class(
        self,
        names: Classes,
        *,
        to: Target | None = None,
        transition: Transition | None = None,
        time: int | None = None,
        blocking: bool = True,
    ) -> "JsCommands":
        """Remove classes, and keep them removed through later patches."""
        return self._classes("remove_class", names, to, transition_options(transition, time, blocking))

    @checks_options
    def toggle_class(
        self,
        names: Classes,
        *,
        to: Target | None = None,
        transition: Transition | None = None,
        time: int | None = None,
        blocking: bool = True,
    ) -> "JsCommands":
        """Add the classes that are missing, and remove those that are present."""
        return self._classes("toggle_class", names, to, transition_options(transition, time, blocking))

    def _classes(self, op: str, names: Classes, to: Target | None, animation: dict[str, Any]) -> "JsCommands":
        return self._then(op, {"names": required_classes(names)} | given(to=target_option(to)) | animation)

    @checks_options
    def transition(
        self,
        transition: Transition,
        *,
        to: Target | None = None,
        time: int | None = None,
        blocking: bool = True,
    ) -> "JsCommands":
        """Run a transition: add classes for `time` milliseconds."""
        animation = transition_options(transition, time, blocking)
        if not animation.get("transition", [[]])[0]:
            raise ValueError(f"transition expects the classes while it runs, got {transition!r}")
        return self._then("transition", animation | given(to=target_option(to)))

    # Attributes

    @checks_options
    def set_attribute(
        self, attr: str | tuple[str, str], value: str | int | float = "", *, to: Target | None = None
    ) -> "JsCommands":
        """Set an attribute: `set_attribute("aria-expanded", "true")`, or one tuple of name and value."""
        return self._then(
            "set_attr", {"attr": attribute_values(attr, (value,), 1)} | given(to=target_option(to))
        )

    @checks_options
    def remove_attribute(self, attr: str, *, to: Target | None = None) -> "JsCommands":
        """Remove an attribute."""
        return self._then(
            "remove_attr", {"attr": required_text(attr, "remove_attribute")} | given(to=target_option(to))
        )

    @checks_options
    def toggle_attribute(
        self,
        attr: str | tuple[str, str] | tuple[str, str, str],
        *values: str,
        to: Target | None = None,
    ) -> "JsCommands":
        """Toggle between two values, `("aria-expanded", "true", "false")`, or presence and absence, `("open")`."""
        return self._then(
            "toggle_attr", {"attr": attribute_values(attr, values, 2)} | given(to=target_option(to))
        )

    @checks_options
    def ignore_attributes(self, attrs: str | Sequence[str], *, to: Target | None = None) -> "JsCommands":
        """Leave attributes to the browser: later patches do not change them. `*` is a wildcard (`data-*`).

        Use it in `phx-mounted` of elements that the browser itself changes, such as `<details>` and `<dialog>`.
        """
        found = name_list(attrs, "ignore_attributes")
        return self._then("ignore_attrs", {"attrs": found} | given(to=target_option(to)))

    set_attr = set_attribute
    remove_attr = remove_attribute
    toggle_attr = toggle_attribute

    # Focus

    @checks_options
    def focus(self, to: Target | None = None) -> "JsCommands":
        """Focus an element."""
        return self._then("focus", given(to=target_option(to)))

    @checks_options
    def focus_first(self, to: Target | None = None) -> "JsCommands":
        """Focus the first focusable element inside."""
        return self._then("focus_first", given(to=target_option(to)))

    @checks_options
    def push_focus(self, to: Target | None = None) -> "JsCommands":
        """Remember an element, by default this one, for `pop_focus`."""
        return self._then("push_focus", given(to=target_option(to)))

    def pop_focus(self) -> "JsCommands":
        """Focus the element of the last `push_focus`."""
        return self._then("pop_focus", {})

    # Navigation

    @checks_options
    def navigate(
        self, href: str, params: Mapping[str, Any] | None = None, *, replace: bool = False
    ) -> "JsCommands":
        """Navigate to another live view of the application. A relative URL, such as "edit", is relative to the page.

        With `replace`, the browser's history gets no new entry.
        """
        return self._then("navigate", {"href": page_link(href, params), "replace": bool(replace)})

    @checks_options
    def patch(
        self, href: str, params: Mapping[str, Any] | None = None, *, replace: bool = False
    ) -> "JsCommands":
        """Change the URL within this view: `handle_params` runs. A relative URL is relative to the page."""
        return self._then("patch", {"href": page_link(href, params), "replace": bool(replace)})

    # Commands in attributes

    @checks_options
    def exec(self, attr: str, *, to: Target | None = None) -> "JsCommands":
        """Run the commands in an attribute of an element, such as `data-cancel`."""
        return self._then("exec", {"attr": required_text(attr, "exec")} | given(to=target_option(to)))


def _encoded(op: str, opts: Mapping[str, Any]) -> str:
    # Encoded when the command is added: a later change of a value must not change the chain.
    return json_text([op, opts], f"js.{op}").decode()


COMMANDS = frozenset(
    name for name, value in vars(JsCommands).items() if not name.startswith("_") and callable(value)
)
"""Names of the methods that append a command."""

js = JsCommands()
"""The empty chain, at the start of every other: `js.show("#menu")`."""
