"""`attach_hook`: functions that run before a view's callbacks, and may halt them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from starlette.authentication import AuthenticationBackend
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import HTTPConnection

from pyview import Depends, Halt, LiveView, LiveViewSocket, Params, PyView
from pyview.auth import requires
from pyview.binding import SignatureError
from pyview.depends import FromClient
from pyview.events import InfoEvent, event
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, PageError, ViewCrashed

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
Socket = LiveViewSocket[Any]
Hook = Callable[..., Any]


class Log(LiveView[dict[str, Any]]):
    """Shows the callbacks that ran."""

    template = LiveTemplate.from_string("<p>{{ log | join(' ') }}</p>", "log.html")

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"log": []}

    async def handle_params(self, params: Params, socket: Socket) -> None:
        note(socket, f"params:{params.get('tab', '')}")

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> Any:
        note(socket, f"event:{event}")
        return {"from": "view"}

    async def handle_info(self, event: InfoEvent, socket: Socket) -> None:
        note(socket, f"info:{event.name}")


class Other(Log):
    """Another page of the application."""


def note(socket: Socket, word: str) -> None:
    socket.context.setdefault("log", []).append(word)


def app_of(attach: Hook, view: type[LiveView[Any]] = Log) -> PyView:
    class Hooked(view):  # type: ignore[valid-type, misc]
        on_mount = (attach,)

    app = PyView(secret=SECRET)
    app.add_live_view("/log", Hooked)
    app.add_live_view("/other", Other)
    return app


class TestEvents:
    async def test_hooks_run_before_the_handler_in_order(self) -> None:
        def attach(socket: Socket) -> None:
            socket.attach_hook("one", "handle_event", lambda event, payload, socket: note(socket, "one"))
            socket.attach_hook("two", "handle_event", two)

        async def two(event: str, payload: Any, socket: Socket) -> None:
            note(socket, f"two:{event}:{payload['x']}")

        async with LiveClient(app_of(attach)) as client:
            page = await client.open("/log")
            assert await page.push("go", {"x": 1}) == {"from": "view"}
            assert page.text == "params: one two:go:1 event:go"

    @pytest.mark.parametrize("how", ["return", "raise"])
    async def test_a_hook_halts_with_a_reply(self, how: str) -> None:
        def limit(event: str, socket: Socket) -> Any:
            note(socket, "limit")
            if event != "slow":
                return None
            if how == "raise":
                raise Halt({"error": "slow down"})
            return Halt({"error": "slow down"})

        def attach(socket: Socket) -> None:
            socket.attach_hook("limit", "handle_event", limit)
            socket.attach_hook("after", "handle_event", lambda socket: note(socket, "after"))

        async with LiveClient(app_of(attach)) as client:
            page = await client.open("/log")
            assert await page.push("slow") == {"error": "slow down"}
            assert await page.push("fast") == {"from": "view"}
            assert page.text == "params: limit limit after event:fast"

    async def test_a_hook_handles_events_without_a_handler_in_the_view(self) -> None:
        class Deaf(LiveView[Any]):
            template = Log.template

        def sidebar(event: str, socket: Socket) -> Any:
            if event == "toggle-sidebar":
                note(socket, "toggled")
                return Halt()
            return None

        async with LiveClient(
            app_of(lambda socket: socket.attach_hook("s", "handle_event", sidebar), Deaf)
        ) as client:
            page = await client.open("/log")
            assert await page.push("toggle-sidebar") is None
            assert page.text == "toggled"
            with pytest.raises(PageError, match="unknown_event"):
                await page.push("anything-else")

    async def test_a_hook_that_navigates_has_halted(self) -> None:
        async def leave(event: str, socket: Socket) -> None:
            await socket.push_navigate("/other")

        handled: list[str] = []

        class View(Log):
            @event("go")
            async def go(self, socket: Socket) -> None:
                handled.append("go")

        async with LiveClient(
            app_of(lambda socket: socket.attach_hook("l", "handle_event", leave), View)
        ) as client:
            page = await client.open("/log")
            await page.push("go")
            assert page.path == "/other"
        assert handled == []

    async def test_requirements_are_asked_first(self) -> None:
        class View(Log):
            @requires("admin")
            @event("erase")
            async def erase(self, socket: Socket) -> None:
                raise AssertionError("never called")

        def attach(socket: Socket) -> None:
            socket.attach_hook("h", "handle_event", lambda socket: note(socket, "hook"))

        app = app_of(attach, View)
        app.add_middleware(AuthenticationMiddleware, backend=NoUser())
        async with LiveClient(app) as client:
            page = await client.open("/log")
            with pytest.raises(PageError, match="forbidden"):
                await page.push("erase")
            assert page.text == "params:"

    async def test_the_payload_fills_marked_parameters_only(self) -> None:
        def tenant() -> str:
            return "acme"

        found_tenant = Depends(tenant)

        def hook(
            event: str, socket: Socket, n: FromClient[int], limit: int = 5, tenant: str = found_tenant
        ) -> None:
            note(socket, f"{n}/{limit}/{tenant}")

        async with LiveClient(app_of(lambda socket: socket.attach_hook("h", "handle_event", hook))) as client:
            page = await client.open("/log")
            await page.push("go", {"n": "3", "limit": 99, "tenant": "victim"})
            assert page.text == "params: 3/5/acme event:go"
            with pytest.raises(PageError, match="bad_payload"):
                await page.push("go", {"n": "many"})
            assert page.connected

    async def test_names_that_hooks_set_stay_when_the_handler_replaces_the_context(self) -> None:
        class View(Log):
            async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
                socket.context = {}

        def attach(socket: Socket) -> None:
            socket.context["log"] = ["kept"]
            socket.attach_hook("h", "handle_event", lambda socket: note(socket, "hook"))

        class Quiet(View):
            async def mount(self, socket: Socket, session: Any) -> None: ...

        async with LiveClient(app_of(attach, Quiet)) as client:
            page = await client.open("/log")
            await page.push("go")
            assert page.text == "kept params: hook"


class TestParams:
    async def test_over_http_and_socket_and_on_every_patch(self) -> None:
        def tab(url: Any, params: Params, socket: Socket) -> None:
            note(socket, f"hook:{url.path}:{params.get('tab', '')}")

        async with LiveClient(
            app_of(lambda socket: socket.attach_hook("tab", "handle_params", tab))
        ) as client:
            assert "hook:/log:1 params:1" in (await client.get("/log?tab=1")).text
            page = await client.open("/log?tab=1")
            assert page.text == "hook:/log:1 params:1"
            await page.patch("/log?tab=2")
            assert page.text == "hook:/log:1 params:1 hook:/log:2 params:2"

    async def test_before_a_view_that_has_no_callback(self) -> None:
        class Bare(LiveView[Any]):
            template = Log.template

        async with LiveClient(
            app_of(
                lambda socket: socket.attach_hook("h", "handle_params", lambda socket: note(socket, "hook")),
                Bare,
            )
        ) as client:
            page = await client.open("/log")
            assert page.text == "hook"

    async def test_halting_keeps_the_callback_from_running(self) -> None:
        async def only_known(params: Params) -> Any:
            return Halt() if params.get("tab") == "secret" else None

        async with LiveClient(
            app_of(lambda socket: socket.attach_hook("h", "handle_params", only_known))
        ) as client:
            assert "params" not in (await client.get("/log?tab=secret")).text
            page = await client.open("/log?tab=1")
            await page.patch("/log?tab=secret")
            assert (page.path, page.text) == ("/log?tab=secret", "params:1")

    async def test_a_redirect_at_the_first_request_and_at_a_patch(self) -> None:
        async def guard(params: Params, socket: Socket) -> None:
            if params.get("tab") == "secret":
                await socket.redirect("/other")

        async with LiveClient(
            app_of(lambda socket: socket.attach_hook("h", "handle_params", guard))
        ) as client:
            assert (await client.get("/log?tab=secret")).headers["location"] == "/other"
            page = await client.open("/log?tab=1")
            await page.patch("/log?tab=secret")
            assert page.path == "/other"


class TestInfo:
    async def test_messages_and_timers_pass_the_hooks(self) -> None:
        def hook(event: InfoEvent, socket: Socket) -> Any:
            note(socket, f"hook:{event.name}")
            return Halt() if event.name == "secret" else None

        async def attach(socket: Socket) -> None:
            await socket.subscribe("updates")
            await socket.subscribe("secret")
            socket.attach_hook("h", "handle_info", hook)
            socket.schedule_info_once(InfoEvent("soon"))

        app = app_of(attach)
        async with LiveClient(app) as client:
            page = await client.open("/log")
            await page.settle()
            for topic in ("updates", "secret"):
                await app.pubsub.broadcast(topic, None)
            await page.settle()
            assert page.text == "params: hook:soon info:soon hook:updates info:updates hook:secret"


class TestAttaching:
    async def test_detaching_and_attaching_while_hooks_run(self) -> None:
        def once(event: str, socket: Socket) -> None:
            note(socket, "once")
            socket.detach_hook("once", "handle_event")
            socket.attach_hook("next", "handle_event", lambda socket: note(socket, "next"))

        def attach(socket: Socket) -> None:
            socket.attach_hook("once", "handle_event", once)
            socket.attach_hook("last", "handle_event", lambda socket: note(socket, "last"))

        async with LiveClient(app_of(attach)) as client:
            page = await client.open("/log")
            await page.push("a")
            await page.push("b")
            assert page.text == "params: once last event:a last next event:b"

    async def test_a_view_attaches_its_own(self) -> None:
        class View(Log):
            async def mount(self, socket: Socket, session: Any) -> None:
                await super().mount(socket, session)
                socket.attach_hook("h", "handle_event", self.before)

            async def before(self, event: str, socket: Socket) -> None:
                note(socket, "own")
                socket.detach_hook("h", "handle_event")
                socket.detach_hook("h", "handle_event")
                socket.detach_hook("never attached", "handle_info")

        async with LiveClient(app_of(lambda socket: None, View)) as client:
            page = await client.open("/log")
            await page.push("a")
            await page.push("b")
            assert page.text == "params: own event:a event:b"

    @pytest.mark.parametrize(
        ("attach", "error", "message"),
        [
            (lambda s: s.attach_hook("x", "before_render", note), ValueError, "handle_params, handle_event"),
            (
                lambda s: s.attach_hook("taken", "handle_event", noted),
                ValueError,
                "a hook with this name",
            ),
            (lambda s: s.attach_hook("x", "handle_event", note), SignatureError, "word"),
            (
                lambda s: s.attach_hook("x", "handle_info", wanting_client),
                SignatureError,
                "nothing from the client",
            ),
        ],
    )
    async def test_invalid_hooks_cannot_be_attached(
        self, attach: Hook, error: type[Exception], message: str
    ) -> None:
        def attaching(socket: Socket) -> None:
            socket.attach_hook("taken", "handle_event", noted)
            attach(socket)

        async with LiveClient(app_of(attaching)) as client:
            with pytest.raises(error, match=message):
                await client.get("/log")

    async def test_the_same_name_in_another_stage(self) -> None:
        def attach(socket: Socket) -> None:
            socket.attach_hook("h", "handle_event", noted)
            socket.attach_hook("h", "handle_params", noted)

        async with LiveClient(app_of(attach)) as client:
            page = await client.open("/log")
            await page.push("go")
            assert page.text == "noted params: noted event:go"


def noted(socket: Socket) -> None:
    note(socket, "noted")


def wanting_client(socket: Socket, n: FromClient[int]) -> None: ...


class TestFailing:
    @pytest.mark.parametrize("answer", [False, True, ("halt", 1), {"error": "x"}])
    async def test_a_result_other_than_none_or_halt_is_an_error(self, answer: Any) -> None:
        def attach(socket: Socket) -> None:
            socket.attach_hook("odd", "handle_event", lambda event: answer)

        async with LiveClient(app_of(attach)) as client:
            page = await client.open("/log")
            with pytest.raises(ViewCrashed):
                await page.push("go")

    async def test_a_reply_without_an_event_is_an_error(self) -> None:
        def attach(socket: Socket) -> None:
            socket.attach_hook("odd", "handle_params", lambda params: Halt({"x": 1}))

        async with LiveClient(app_of(attach)) as client:
            with pytest.raises(TypeError, match=r"handle_params hook 'odd' halted with a reply"):
                await client.get("/log")

    async def test_a_hook_that_raises_keeps_the_handler_from_running(self) -> None:
        handled: list[str] = []

        class View(Log):
            async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
                handled.append(event)

        async def failing(event: str) -> None:
            raise ValueError(event)

        async with LiveClient(
            app_of(lambda socket: socket.attach_hook("h", "handle_event", failing), View)
        ) as client:
            page = await client.open("/log")
            with pytest.raises(ViewCrashed):
                await page.push("go")
        assert handled == []


class NoUser(AuthenticationBackend):
    """Returns no user."""

    async def authenticate(self, conn: HTTPConnection) -> None:
        return None


async def test_methods_and_partials_of_one_function_keep_what_they_bind() -> None:
    class Recorder:
        def __init__(self, name: str) -> None:
            self.name = name

        async def record(self, event: str, socket: Socket) -> None:
            note(socket, f"{self.name}:{event}")

    async def record(name: str, event: str, socket: Socket) -> None:
        note(socket, f"{name}:{event}")

    def attach(socket: Socket, session: Any) -> None:
        for name in ("one", "two"):
            socket.attach_hook(f"method {name}", "handle_event", Recorder(f"method-{name}").record)
            socket.attach_hook(f"partial {name}", "handle_event", partial(record, f"partial-{name}"))
        socket.attach_hook("keyword", "handle_event", partial(record, name="keyword"))

    async with LiveClient(app_of(attach)) as client:
        page = await client.open("/log")
        await page.push("go")
        for word in ("method-one", "method-two", "partial-one", "partial-two", "keyword"):
            assert page.has_text(f"{word}:go"), page.text
