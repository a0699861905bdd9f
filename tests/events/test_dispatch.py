"""Dispatch of an event to its handler: decorated methods first, then handle_event, never another method."""

from collections.abc import Callable
from inspect import isawaitable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyview.binding import BindingError, Resources, Session, SignatureError
from pyview.events import (
    AutoEventDispatch,
    BaseEventHandler,
    DuplicateHandler,
    InfoEvent,
    UnknownEvent,
    UnknownInfo,
    compile_view,
    event,
    event_caller,
    info,
    info_caller,
)

SOCKET = SimpleNamespace(context={})
RESOURCES = Resources(session={"user_id": 7})


async def send(view: Any, name: str, payload: Any = None) -> Any:
    result = event_caller(type(view))(view, name, payload, SOCKET, RESOURCES)
    return await result if isawaitable(result) else result


async def call_info(view: Any, message: Any) -> Any:
    result = info_caller(type(view))(view, message, SOCKET, RESOURCES)
    return await result if isawaitable(result) else result


class Plain:
    """A view with decorators only, without a mixin."""

    @event
    async def increment(self, event: str, payload: Any, socket: Any) -> Any:
        return "increment", event, payload, socket

    @event("add", "plus")
    def add(self, socket: Any, step: int = 1) -> Any:
        return "add", step

    @event()
    def who(self, session: Session) -> Any:
        return session["user_id"]

    @info("tick")
    async def on_tick(self, event: InfoEvent, socket: Any) -> Any:
        return event.payload, socket

    @info
    def topic(self, payload: Any) -> Any:
        return "topic", payload

    def helper(self) -> None:
        raise AssertionError("called")

    def _private(self) -> None:
        raise AssertionError("called")


class Mixed(BaseEventHandler, Plain): ...


class Auto(AutoEventDispatch, Plain): ...


views = pytest.mark.parametrize("view", [Plain(), Mixed(), Auto()], ids=["plain", "mixin", "auto"])


@views
async def test_decorated_methods(view: Any) -> None:
    assert await send(view, "increment", {"a": 1}) == ("increment", "increment", {"a": 1}, SOCKET)
    assert await send(view, "add") == await send(view, "plus") == ("add", 1)
    assert await send(view, "plus", {"step": "3"}) == ("add", 3)
    assert await send(view, "who", {"session": {"user_id": 1}}) == 7


@views
async def test_decorated_infos(view: Any) -> None:
    assert await call_info(view, InfoEvent("tick", 3)) == (3, SOCKET)
    assert await call_info(view, InfoEvent("topic", "x")) == ("topic", "x")


@views
@pytest.mark.parametrize(
    "name",
    [
        "helper",
        "_private",
        "__init__",
        "__class__",
        "mount",
        "handle_event",
        "on_tick",
        "tick",
        "who.__call__",
        "",
    ],
)
async def test_no_other_method_can_be_reached(view: Any, name: str) -> None:
    with pytest.raises(UnknownEvent) as unknown:
        await send(view, name, {})
    assert unknown.value.name == name


@given(st.text(max_size=20))
def test_no_name_reaches_anything_but_a_decorated_method(name: str) -> None:
    known = {"increment", "add", "plus", "who"}
    if name not in known:
        with pytest.raises(UnknownEvent):
            event_caller(Mixed)(Mixed(), name, {}, SOCKET, RESOURCES)


async def test_the_error_for_an_unknown_name_suggests_a_fix() -> None:
    with pytest.raises(UnknownEvent, match=r"no handler for event 'incremnet'; did you mean 'increment'[?]"):
        await send(Plain(), "incremnet")
    with pytest.raises(
        UnknownEvent, match=r"no handler for event 'delete'; decorate a method with @event\('delete'\)"
    ):
        await send(Plain(), "delete")


def test_an_unknown_name_is_cut_short_in_the_error() -> None:
    assert len(str(UnknownEvent("x" * 10_000))) < 250


@views
async def test_an_unknown_info(view: Any) -> None:
    with pytest.raises(UnknownInfo, match="for 'other'"):
        await call_info(view, InfoEvent("other"))
    with pytest.raises(UnknownInfo, match="for 5"):
        await call_info(view, 5)


async def test_a_payload_that_does_not_fit() -> None:
    with pytest.raises(BindingError, match=r"Plain\.add: parameter `step`"):
        await send(Plain(), "add", {"step": "x"})


class Fallback(BaseEventHandler):
    @event("known")
    def known(self) -> str:
        return "decorated"

    @info("known")
    def known_info(self) -> str:
        return "decorated"

    async def handle_event(self, event: str, payload: Any, socket: Any) -> Any:
        if event == "other":
            return "handle_event", event, payload, socket
        return await super().handle_event(event, payload, socket)

    async def handle_info(self, event: InfoEvent, socket: Any) -> Any:
        if event.name == "other":
            return "handle_info", event, socket
        return await super().handle_info(event, socket)


async def test_handle_event_gets_events_without_a_decorated_method() -> None:
    assert await send(Fallback(), "known") == "decorated"
    assert await send(Fallback(), "other", {}) == ("handle_event", "other", {}, SOCKET)
    other = InfoEvent("other")
    assert await call_info(Fallback(), InfoEvent("known")) == "decorated"
    assert await call_info(Fallback(), other) == ("handle_info", other, SOCKET)


async def test_super_of_the_mixin_refuses_the_rest() -> None:
    with pytest.raises(UnknownEvent):
        await send(Fallback(), "unknown")
    with pytest.raises(UnknownInfo):
        await call_info(Fallback(), InfoEvent("unknown"))


async def test_the_mixin_dispatches_in_a_direct_call() -> None:
    assert await Mixed().handle_event("plus", {"step": 2}, SOCKET) == ("add", 2)
    assert await Mixed().handle_event(event="plus", payload={}, socket=SOCKET) == ("add", 1)
    assert await Mixed().handle_info(InfoEvent("tick", 3), SOCKET) == (3, SOCKET)


async def test_handle_event_behind_a_mixin_is_found() -> None:
    class Base:
        def handle_event(self, socket: Any, item_id: int) -> Any:
            return item_id

    class View(BaseEventHandler, Base): ...

    assert await send(View(), "anything", {"item-id": "5"}) == 5


async def test_a_view_without_any_handler() -> None:
    class View: ...

    with pytest.raises(UnknownEvent):
        await send(View(), "anything")


def test_a_class_is_compiled_once() -> None:
    assert event_caller(Plain) is event_caller(Plain)
    assert info_caller(Plain) is info_caller(Plain)
    assert event_caller(Plain) is not event_caller(Mixed)


# Inheritance


class Base(BaseEventHandler):
    @event("save")
    def on_save(self) -> str:
        return "base"

    @event("drop")
    def on_drop(self) -> str:
        return "base"


async def test_an_override_needs_no_decorator() -> None:
    class View(Base):
        def on_save(self) -> str:
            return f"override of {super().on_save()}"

    assert await send(View(), "save") == "override of base"
    assert await send(Base(), "save") == "base"


async def test_an_override_with_its_own_names_has_only_these() -> None:
    class View(Base):
        @event("store")
        def on_save(self) -> str:
            return "store"

    assert await send(View(), "store") == "store"
    with pytest.raises(UnknownEvent):
        await send(View(), "save")


async def test_a_subclass_takes_an_event_from_its_base() -> None:
    class View(Base):
        @event("save")
        def store(self) -> str:
            return "store"

    assert await send(View(), "save") == "store"


async def test_the_event_stays_with_the_subclass_when_the_old_handler_is_overridden_too() -> None:
    class View(Base):
        @event("save")
        def a_store(self) -> str:
            return "store"

        def on_save(self) -> str:
            return "override"

    class Below(View):
        def on_save(self) -> str:
            return "below"

    assert await send(View(), "save") == await send(Below(), "save") == "store"


async def test_a_subclass_removes_a_handler() -> None:
    class View(Base):
        on_save = None  # type: ignore[assignment]

    with pytest.raises(UnknownEvent):
        await send(View(), "save")
    assert await send(View(), "drop") == "base"


def test_two_methods_for_one_event_are_an_error_when_the_class_is_made() -> None:
    with pytest.raises(DuplicateHandler, match=r"View\.first and .*View\.second both handle 'save'"):

        class View(BaseEventHandler):
            @event("save")
            def first(self) -> None: ...

            @event("save")
            def second(self) -> None: ...


def test_two_bases_with_one_event_are_an_error() -> None:
    class Other:
        @event("save")
        def store(self) -> None: ...

    with pytest.raises(
        DuplicateHandler, match=r"Other\.store and Base\.on_save|Base\.on_save and .*Other\.store"
    ):

        class View(Base, Other): ...


def test_without_a_mixin_it_is_an_error_at_first_use() -> None:
    class View:
        @info("save")
        def first(self) -> None: ...

        @info("save")
        def second(self) -> None: ...

    with pytest.raises(DuplicateHandler):
        info_caller(View)


def test_a_signature_that_cannot_be_bound_is_an_error_at_first_use() -> None:
    class View(BaseEventHandler):
        @event
        def save(self, s: SimpleNamespace) -> None: ...

    with pytest.raises(SignatureError, match=r"View\.save \("):
        event_caller(View)


def test_compile_view_compiles_every_callback() -> None:
    class View:
        def mount(self, socket: Any, session: Any) -> None: ...

    class Wrong(View):
        @info
        def tick(self, page: int) -> None: ...

    compile_view(View)
    with pytest.raises(SignatureError, match=r"Wrong\.tick"):
        compile_view(Wrong)


# The decorators


async def test_decorators_go_together() -> None:
    class View:
        @event("a")
        @event("b")
        @info("c")
        def handler(self, event: Any) -> Any:
            return event

    view = View()
    assert [await send(view, name, {}) for name in "ab"] == ["a", "b"]
    assert await call_info(view, InfoEvent("c")) == InfoEvent("c")


def test_a_private_method_needs_a_public_name() -> None:
    def _save(self: Any) -> None: ...

    with pytest.raises(TypeError, match=r"has a private name.*Pass a name: @event\(\"name\"\)"):
        event(_save)
    assert event("save")(_save) is _save


@pytest.mark.parametrize("names", [(5,), ("",), (None, "x")])
def test_names_must_be_text(names: Any) -> None:
    with pytest.raises(TypeError, match="expect names as text"):
        event(*names)(lambda self: None)


def test_names_of_the_client_are_refused() -> None:
    with pytest.raises(ValueError, match="'lv:'"):
        event("lv:clear-flash")(lambda self: None)


@pytest.mark.parametrize("wrong", [staticmethod(lambda: None), property(lambda self: None)])
def test_only_methods_are_decorated(wrong: Any) -> None:
    decorate: Callable[..., Any] = event("save")
    with pytest.raises(TypeError, match=f"directly on a method, got {type(wrong).__name__}"):
        decorate(wrong)
