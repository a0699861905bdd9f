"""`super()` in callbacks: the base class has them all, and a view without its own still has none."""

from typing import Any

import pytest

from pyview import LiveComponent, LiveView, LiveViewSocket, PyView
from pyview.binding import params_caller
from pyview.events import BaseEventHandler, InfoEvent, compile_view, event
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, PageError

Socket = LiveViewSocket[dict[str, Any]]
SHOWN = LiveTemplate.from_string("<p>{{ seen | join(' ') }}</p>")


class Seen(LiveView[dict[str, Any]]):
    """Calls the callback of the base class first in each of its own."""

    template = SHOWN

    async def mount(self, socket: Socket, session: Any) -> None:
        assert await super().mount(socket, session) is None
        socket.context = {"seen": ["mount"]}

    async def handle_params(self, url: Any, params: Any, socket: Socket) -> None:
        assert await super().handle_params(url, params, socket) is None
        socket.context["seen"].append("params")

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> Any:
        assert await super().handle_event(event, payload, socket) is None
        socket.context["seen"].append(event)
        if event == "send":
            await socket.send_info(InfoEvent("update"))
        if event == "work":
            socket.start_async("work", self.work())

    async def handle_info(self, event: InfoEvent, socket: Socket) -> None:
        assert await super().handle_info(event, socket) is None
        socket.context["seen"].append(event.name)

    async def handle_async(self, name: str, result: Any, socket: Socket) -> None:
        assert await super().handle_async(name, result, socket) is None
        socket.context["seen"].append(f"{name}={result.result}")

    async def reconnected(self, socket: Socket) -> None:
        assert await super().reconnected(socket) is None

    async def disconnect(self, socket: Socket) -> None:
        await super().disconnect(socket)

    async def work(self) -> int:
        return 7


class Plain(LiveView[dict[str, Any]]):
    """The same in plain functions, which run in worker threads and cannot wait."""

    template = SHOWN

    def mount(self, socket: Socket, session: Any) -> None:
        super().mount(socket, session)
        socket.context = {"seen": ["mount"]}

    def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        super().handle_event(event, payload, socket)
        socket.context["seen"].append(event)


class Cooperative:
    """A mixin without knowledge of the class that it is used with."""

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        socket.context["seen"].append("before")
        await super().handle_event(event, payload, socket)  # type: ignore[misc]


class Mixed(Cooperative, Seen): ...


class OverNothing(Cooperative, LiveView[dict[str, Any]]):
    template = SHOWN

    def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"seen": []}


class Behind(LiveView[dict[str, Any]], Cooperative):
    """The mixin comes after the base class, which has no callback of its own."""

    template = SHOWN

    def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"seen": []}


class Bare(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<p>bare</p>")


async def open_page(client: LiveClient) -> Any:
    return await client.open("/")


def app_with(view: type[LiveView[Any]]) -> PyView:
    app = PyView()
    app.add_live_view("/", view)
    return app


async def test_every_callback_may_call_that_of_the_base_class() -> None:
    async with LiveClient(app_with(Seen)) as client:
        page = await client.open("/")
        await page.push("send")
        await page.push("work")
        await page.wait_for(lambda page: page.has_text("work=7"))
        assert page.find("p").text == "mount params send update work work=7"
        await page.close()


async def test_a_plain_function_may_call_it_without_waiting() -> None:
    async with LiveClient(app_with(Plain)) as client:
        page = await client.open("/")
        await page.push("one")
        assert page.find("p").text == "mount one"


@pytest.mark.parametrize(("view", "seen"), [(Mixed, "mount params before one"), (OverNothing, "before")])
async def test_super_of_a_mixin_calls_the_next_class(view: type[LiveView[Any]], seen: str) -> None:
    async with LiveClient(app_with(view)) as client:
        page = await client.open("/")
        await page.push("one")
        assert page.find("p").text == seen


def test_a_mixin_behind_the_base_class_is_found() -> None:
    class Params:
        async def handle_params(self, socket: Any, page: int) -> None: ...

    class Paged(LiveView[Any], Params): ...

    assert params_caller(Paged) is not None
    assert params_caller(Bare) is None


async def test_a_view_without_handlers_still_has_none() -> None:
    async with LiveClient(app_with(Bare)) as client:
        page = await client.open("/")
        with pytest.raises(PageError, match="unknown_event"):
            await page.push("anything")
        assert page.connected
        assert page.crashes == 0


async def test_a_dispatching_mixin_still_raises_for_unknown_events() -> None:
    class Dispatching(BaseEventHandler, LiveView[dict[str, Any]]):
        template = SHOWN

        async def mount(self, socket: Socket, session: Any) -> None:
            await super().mount(socket, session)
            socket.context = {"seen": []}

        @event("known")
        async def known(self, event: str, payload: Any, socket: Socket) -> None:
            socket.context["seen"].append("known")

        async def handle_event(self, event: str, payload: Any, socket: Socket) -> Any:
            socket.context["seen"].append("asked")
            return await super().handle_event(event, payload, socket)

    async with LiveClient(app_with(Dispatching)) as client:
        page = await client.open("/")
        await page.push("known")
        assert page.find("p").text == "known"
        with pytest.raises(PageError, match="unknown_event"):
            await page.push("other")


async def test_components_may_call_their_base_class_as_well() -> None:
    class Part(LiveComponent[dict[str, Any]]):
        template = LiveTemplate.from_string("<b>{{ n }}{{ twice }}</b>")

        async def mount(self, socket: Any, assigns: Any) -> None:
            assert await super().mount(socket, assigns) is None
            socket.context = {"twice": 0}

        async def update(self, socket: Any, assigns: Any) -> None:
            await super().update(socket, assigns)
            socket.context["twice"] = assigns["n"] * 2

    class Whole(LiveView[dict[str, Any]]):
        template = LiveTemplate.from_string("{{ live_component(Part, id='p', n=2) }}")

        async def mount(self, socket: Any, session: Any) -> None:
            socket.context = {"Part": Part}

    async with LiveClient(app_with(Whole)) as client:
        assert (await client.open("/")).find("b").text == "24"


def test_the_base_class_has_the_methods_that_editors_complete() -> None:
    names = (
        "mount",
        "handle_params",
        "handle_event",
        "handle_info",
        "handle_async",
        "disconnect",
        "reconnected",
    )
    assert all(
        vars(LiveView)[name].__doc__ and "return" in vars(LiveView)[name].__annotations__ for name in names
    )
    compile_view(LiveView)
