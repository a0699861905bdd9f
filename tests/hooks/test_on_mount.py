"""`on_mount` hooks run before a view is mounted: their order, their parameters and their effects."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any

import pytest

from pyview import Depends, Halt, LiveView, Params, is_connected
from pyview.binding import SignatureError
from pyview.depends import FromClient, Session
from pyview.events import InfoEvent
from pyview.testing import LiveClient
from tests.frames import connect, join, load
from tests.hooks.views import Hook, Page, Socket, app_of, noted, page_with


async def test_they_run_before_mount_over_http_and_socket_those_of_the_session_first() -> None:
    order: list[str] = []

    def hook_that_notes(word: str) -> Hook:
        async def hook(socket: Socket) -> None:
            order.append(f"{word} {is_connected(socket)}")

        return hook

    class Base(LiveView[Any]):
        template = Page.template
        on_mount = [hook_that_notes("base")]

    class View(Base):
        on_mount = [hook_that_notes("own"), hook_that_notes("second")]

        async def mount(self, socket: Socket, session: Any) -> None:
            order.append(f"mount {is_connected(socket)}")

    async with LiveClient(app_of(View, on_mount=[hook_that_notes("group")])) as client:
        await client.open("/members/red")
    words = ["group", "base", "own", "second", "mount"]
    assert order == [f"{word} {live}" for live in (False, True) for word in words]


async def test_a_hook_that_is_listed_twice_runs_once() -> None:
    calls: list[None] = []

    def hook(socket: Socket) -> None:
        calls.append(None)

    class View(page_with([hook])):  # type: ignore[misc]
        on_mount = (hook,)

    async with LiveClient(app_of(View, on_mount=[hook, hook])) as client:
        await client.get("/members/red")
    assert len(calls) == 1


def tenant_of(session: Session) -> str:
    return str(session.get("tenant", "none"))


class TestParameters:
    async def test_by_name_in_any_order(self) -> None:
        seen: list[Any] = []

        async def hook(params: Params, url: Any, user: Any, session: Any, socket: Socket) -> None:
            seen.append(
                (params.get("team"), params.get("q"), url.path, session["plan"], user.is_authenticated)
            )

        async with LiveClient(app_of(page_with([hook]), session={"plan": "gold"})) as client:
            await client.open("/members/red?q=1")
        assert seen == [("red", "1", "/members/red", "gold", False)] * 2

    async def test_by_place(self) -> None:
        seen: list[Any] = []

        def hook(first, second, third):  # type: ignore[no-untyped-def]
            seen.append((is_connected(first), dict(second), third["team"]))

        async with LiveClient(app_of(page_with([hook]))) as client:
            await client.get("/members/red")
        assert seen == [(False, {}, "red")]

    async def test_dependencies_are_made_and_closed(self) -> None:
        order: list[str] = []

        async def connection() -> AsyncIterator[str]:
            order.append("open")
            yield "connection"
            order.append("close")

        opened, tenant = Depends(connection), Depends(tenant_of)

        async def hook(socket: Socket, database: str = opened, found_tenant: str = tenant) -> None:
            order.append(f"{database} of {found_tenant}")

        async with LiveClient(app_of(page_with([hook]), session={"tenant": "acme"})) as client:
            await client.get("/members/red")
        assert order == ["open", "connection of acme", "close"]

    async def test_the_url_fills_marked_parameters_only(self) -> None:
        """A guard from `partial` has a parameter that a query could set."""
        seen: list[Any] = []

        def hook(socket: Socket, team: FromClient[str], role: str = "member", *, level: int) -> None:
            seen.append((team, role, level))

        hooks = [partial(hook, level=3)]
        async with LiveClient(app_of(page_with(hooks))) as client:
            await client.open("/members/red?role=admin&level=9")
        assert seen == [("red", "member", 3)] * 2

    async def test_a_value_of_the_wrong_type_is_a_bad_request(self) -> None:
        def hook(socket: Socket, page: FromClient[int]) -> None:
            raise AssertionError("never called")

        view = page_with([hook])
        async with LiveClient(app_of(view)) as client:
            assert (await client.get("/members/red?page=x")).status_code == 400
            page = await load(client, "/start")
            async with connect(client, page) as socket:
                status, response = await join(socket, page, redirect="http://testserver/members/red?page=x")
        assert (status, response) == ("error", {"reason": "unauthorized"})
        assert view.made == []

    def test_an_unknown_parameter_is_an_error_at_start(self) -> None:
        def hook(socket: Socket, team: str) -> None: ...

        with pytest.raises(SignatureError, match=r"team.*FromClient"):
            app_of(page_with([hook]))

    @pytest.mark.parametrize("given", [len, "hook", None, 5])
    def test_on_mount_must_be_a_list(self, given: Any) -> None:
        with pytest.raises(TypeError, match=r"on_mount.*expected a list of functions, such as \[load_user\]"):
            app_of(page_with(given))

    @pytest.mark.parametrize("given", [[None], ["hook"], [Halt], [LiveView]])
    def test_hooks_must_be_functions(self, given: Any) -> None:
        with pytest.raises(TypeError, match=r"on_mount.*expected functions of \(socket, session, params\)"):
            app_of(page_with([]), on_mount=given)

    async def test_a_wrapper_of_a_hook_is_called_itself(self) -> None:
        """`functools.wraps` copies attributes: the caller of the inner hook must not be used for the wrapper."""
        order: list[str] = []
        app_of(page_with([noted]))

        @wraps(noted)
        def wrapper(socket: Socket, order: list[str] = order) -> None:
            order.append("wrapper")
            noted(socket)

        assert not getattr(wrapper, "__closure__", None)
        async with LiveClient(app_of(page_with([wrapper]))) as client:
            await client.get("/members/red")
        assert order == ["wrapper"]


class TestEffects:
    async def test_flash_subscriptions_and_timers(self) -> None:
        async def hook(socket: Socket) -> None:
            socket.put_flash("info", "Welcome")
            await socket.subscribe("updates")
            socket.schedule_info_once(InfoEvent("soon"))

        class View(page_with([hook])):  # type: ignore[misc]
            async def handle_info(self, event: InfoEvent, socket: Socket) -> None:
                socket.context["n"] = f"{socket.context['n']} {event.name}"

        app = app_of(View)
        async with LiveClient(app) as client:
            page = await client.open("/members/red")
            await page.settle()
            assert page.text.split() == ["1", "soon", "Welcome"]
            await app.pubsub.broadcast("updates", None)
            await page.settle()
            assert page.text.split() == ["1", "soon", "updates", "Welcome"]

    async def test_a_halted_hook_leaves_no_state(self) -> None:
        """The subscription of a refused join is removed."""

        async def hook(socket: Socket) -> None:
            await socket.subscribe("updates")
            if socket.connected:
                await socket.redirect("/start")

        app = app_of(page_with([hook]))
        async with LiveClient(app) as client:
            page = await client.open("/members/red")
            assert page.path == "/start"
            assert len(app.app_context.processes) == 1
            await app.pubsub.broadcast("updates", None)
            await page.settle()
            assert page.connected

    async def test_names_that_mount_does_not_set_stay_in_the_context(self) -> None:
        def hook(socket: Socket) -> None:
            socket.context["user"] = "Ada"
            socket.context["n"] = 0

        async with LiveClient(app_of(page_with([hook]))) as client:
            assert "<p>Ada 1 </p>" in (await client.get("/members/red")).text
            page = await client.open("/members/red")
            assert page.text.split() == ["Ada", "1"]

    async def test_they_stay_with_their_last_value_when_a_handler_replaces_the_context(self) -> None:
        shared = {"n": 7}

        def hook(socket: Socket) -> None:
            socket.context = {"user": "Ada"}

        class View(page_with([hook])):  # type: ignore[misc]
            async def handle_params(self, params: Params, socket: Socket) -> None:
                assert socket.context["user"] == "Ada"

            async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
                if event == "rename":
                    socket.context["user"] = "Grace"
                elif event == "forget":
                    socket.context = {"n": 8, "user": None}
                else:
                    socket.context = shared

        async with LiveClient(app_of(View)) as client:
            page = await client.open("/members/red")
            await page.push("rename")
            await page.push("replace")
            assert page.text.split() == ["Grace", "7"]
            assert shared == {"n": 7}  # other views may use the same dict
            await page.push("forget")
            await page.push("replace")
            assert page.text.split() == ["None", "7"]

    async def test_a_context_object_belongs_to_the_view(self) -> None:
        @dataclass
        class Shown:
            user: str
            n: int = 5

        def hook(socket: Socket) -> None:
            socket.context["user"] = "Ada"

        class View(LiveView[Any]):
            template = Page.template
            on_mount = (hook,)

            async def mount(self, socket: Socket, session: Any) -> None:
                socket.context = Shown(socket.context["user"].upper())

            async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
                socket.context = {"n": 6}

        async with LiveClient(app_of(View)) as client:
            page = await client.open("/members/red")
            assert page.text.split() == ["ADA", "5"]
            await page.push("go")
            assert page.text.split() == ["Ada", "6"]

    async def test_a_hook_may_give_the_object_itself(self) -> None:
        @dataclass
        class Shown:
            user: str
            n: int = 5

        def hook(socket: Socket) -> None:
            socket.context = Shown("Ada")

        class View(LiveView[Any]):
            template = Page.template
            on_mount = (hook,)

            async def mount(self, socket: Socket, session: Any) -> None:
                socket.context.n += 1

        async with LiveClient(app_of(View)) as client:
            assert (await client.open("/members/red")).text.split() == ["Ada", "6"]


def test_a_view_without_hooks_has_no_hook_state() -> None:
    app = app_of(page_with([]))
    assert [route.hooks for route in app.live_routes] == [(), ()]
