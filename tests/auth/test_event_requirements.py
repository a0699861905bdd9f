"""`@requires` on events: others are answered `forbidden`, no handler is called, and the page stays open."""

import asyncio
from collections.abc import Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from pyview import LiveView, LiveViewSocket
from pyview.auth import requires
from pyview.events import AutoEventDispatch, BaseEventHandler, MisplacedRequirement, event, info
from pyview.events.requirements import event_requirements
from pyview.testing import LiveClient, RawSocket
from pyview.testing.errors import PageError
from tests.auth.users import Shown, UserBackend, make_app, open_as
from tests.frames import Page
from tests.frames import event as event_frame

FORBIDDEN = {"status": "error", "response": {"reason": "forbidden"}}


def shop(users: UserBackend) -> type[LiveView[Any]]:
    """An application with every way to restrict an event."""

    class Shop(Shown):
        @event
        async def view(self, socket: Any) -> None:
            users.note("view")
            socket.context["n"] += 1

        @event("below")
        @requires("admin")
        async def _below(self) -> None:
            users.note("below")

        @requires("admin")
        @event("above")
        def _above(self, event: str, payload: Any, socket: Any) -> None:
            users.note("above")

        @event("argument", "alias", requires="admin")
        async def _argument(self) -> None:
            users.note("argument")

        @event("either", requires=requires(any_of=["admin", "editor"]))
        async def _either(self) -> None:
            users.note("either")

        @requires("editor")
        @event(requires=["admin", "authenticated"])
        async def both(self) -> None:
            users.note("both")

        @event(requires=lambda identity, view: identity.user.is_authenticated and view.owner == "eve")
        async def rule(self) -> None:
            users.note("rule")

        @event(requires=lambda identity, view: 1 / 0 > 0)
        async def broken(self) -> None:
            users.note("broken")

        owner = "nobody"

        async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
            await super().mount(socket, session)
            self.owner = session.get("user_id", "nobody")

        @requires("editor")
        async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
            users.note(event)

    return Shop


ADMINS: set[str | None] = {"root", "boss"}
EDITORS: set[str | None] = {"eve", "boss"}
EVENTS: dict[str, set[str | None]] = {
    "view": {None, "ann", "eve", "root", "boss"},
    "below": ADMINS,
    "above": ADMINS,
    "argument": ADMINS,
    "alias": ADMINS,
    "either": ADMINS | EDITORS,
    "both": {"boss"},
    "rule": {"eve"},
    "broken": set(),
    "anything else": EDITORS,
    "_below": EDITORS,
    "Below": EDITORS,
    "below ": EDITORS,
    "handle_event": EDITORS,
}


@asynccontextmanager
async def shopping(name: str | None) -> Any:
    users = UserBackend()
    async with LiveClient(make_app(users, {"/shop": shop(users)})) as client:
        socket, page = await open_as(client, name, "/shop")
        yield users, socket, page
        await socket.close()


async def cause(socket: RawSocket, page: Page, name: str, value: Any = None) -> Any:
    await socket.send_frame(event_frame(page, "5", name, value))
    return (await socket.receive_frame())[4]


@pytest.mark.parametrize("name", [None, "ann", "eve", "root", "boss"])
async def test_access_to_events(name: str | None) -> None:
    async with shopping(name) as (users, socket, page):
        for cause_of, allowed in EVENTS.items():
            users.done.clear()
            reply = await cause(socket, page, cause_of)
            assert (reply["status"] == "ok") is (name in allowed), (cause_of, reply)
            assert bool(users.done) is (name in allowed), cause_of
            assert name in allowed or reply == FORBIDDEN


async def test_the_page_keeps_its_state_after_a_refusal() -> None:
    async with shopping("ann") as (users, socket, page):
        assert (await cause(socket, page, "view"))["response"] == {"diff": {"0": "1"}}
        assert await cause(socket, page, "below") == FORBIDDEN
        assert (await cause(socket, page, "view"))["response"] == {"diff": {"0": "2"}}
        assert users.done == ["view", "view"]


def forgeries() -> Iterator[dict[str, Any]]:
    """Payloads of an attacker who wants to be an admin."""
    roles = {"scopes": ["admin"], "is_authenticated": True, "display_name": "root"}
    names = ("identity", "auth", "user", "session", "scopes", "requires", "view", "self", "socket", "context")
    for name in names:
        yield {"value": {name: roles}}
        yield {"value": {name: ["admin"]}, name: ["admin"]}
    yield {"value": "scopes[]=admin&auth=admin&user=root&identity[scopes][]=admin", "type": "form"}
    yield {"value": {}, "requires": None, "event": "below", "auth": {"scopes": ["admin"]}, "meta": roles}
    yield {"value": {"_target": ["requires"], "_pv_sid": "x", "user_id": "root"}}


@pytest.mark.parametrize("forged", list(forgeries()))
async def test_no_payload_makes_an_admin(forged: dict[str, Any]) -> None:
    async with shopping("ann") as (users, socket, page):
        for name in ("below", "above", "argument", "either", "both", "rule", "anything else"):
            payload = {"type": "click", **forged, "event": name}
            await socket.send_frame(["4", "5", page.topic, "event", payload])
            assert (await socket.receive_frame())[4] == FORBIDDEN
        assert users.done == []


async def test_in_a_browser_other_events_still_work() -> None:
    users = UserBackend()
    async with LiveClient(make_app(users, {"/shop": shop(users)})) as client:
        await client.post("/in/ann")
        page = await client.open("/shop")
        with pytest.raises(PageError, match="forbidden"):
            await page.push("below")
        await page.push("view")
        assert page.has_text("n=1")
        assert users.done == ["view"]


async def test_a_removed_role_and_a_granted_role() -> None:
    """`fresh` takes effect at once; otherwise a check is valid for a second."""
    users = UserBackend()

    class Admin(Shown):
        @event(requires=requires("admin", fresh=True))
        async def delete(self) -> None:
            users.note("delete")

        @event(requires="admin")
        async def hide(self) -> None:
            users.note("hide")

    async with LiveClient(make_app(users, {"/": Admin})) as client:
        socket, page = await open_as(client, "root", "/")
        assert (await cause(socket, page, "delete"))["status"] == "ok"
        users.roles["root"] = ["authenticated"]
        assert (await cause(socket, page, "hide"))["status"] == "ok"
        assert await cause(socket, page, "delete") == FORBIDDEN
        assert await cause(socket, page, "hide") == FORBIDDEN
        users.roles["root"] = ["authenticated", "admin"]
        assert (await cause(socket, page, "delete"))["status"] == "ok"
        assert users.done == ["delete", "hide", "delete"]
        await socket.close()


async def test_an_event_that_waits_for_the_check_while_the_page_ends_is_dropped() -> None:
    users = UserBackend()
    sockets: list[RawSocket] = []
    ended = asyncio.Event()

    class Slow(Shown):
        @event(requires=lambda identity, view: view.ended())
        async def delete(self) -> None:
            users.note("delete")

        async def ended(self) -> bool:
            await sockets[0].close()
            return True

        async def disconnect(self, socket: Any) -> None:
            users.note("disconnect")
            ended.set()

    async with LiveClient(make_app(users, {"/": Slow})) as client:
        socket, page = await open_as(client, "root", "/")
        sockets.append(socket)
        await socket.send_frame(event_frame(page, "5", "delete"))
        with pytest.raises(PageError):
            await socket.receive_frame()
        await asyncio.wait_for(ended.wait(), 10)
    assert users.done == ["disconnect"]


class TestRedirect:
    """A requirement with a redirect redirects there, and back to the page."""

    def app(self, users: UserBackend, target: str) -> Any:
        class Account(Shown):
            @event(requires=requires("authenticated", max_auth_age=600, redirect=target))
            async def delete(self) -> None:
                users.note("delete")

            async def disconnect(self, socket: Any) -> None:
                users.note("disconnect")

        return make_app(users, {"/account": Account})

    @pytest.mark.parametrize(("target", "path"), [("/sudo?why=grave", "/sudo"), ("login_page", "/login")])
    async def test_long_after_the_sign_in(self, target: str, path: str) -> None:
        users = UserBackend()
        async with LiveClient(self.app(users, target)) as client:
            await client.post("/in/ann")
            await client.post("/age/601")
            page = await client.open("/account?tab=2")
            await page.push("delete")
            assert page.path.startswith(path)
            assert page.path.endswith("next=%2Faccount%3Ftab%3D2")
            assert users.done == ["disconnect"]
            await client.post("/in/ann")
            await page.open("/account?tab=2")
            await page.push("delete")
            assert users.done == ["disconnect", "delete"]

    async def test_the_frame(self) -> None:
        users = UserBackend()
        async with LiveClient(self.app(users, "/sudo"), root_path="/app") as client:
            socket, page = await open_as(client, None, "/app/account")
            reply = await cause(socket, page, "delete")
            where = "/app/sudo?next=%2Fapp%2Faccount"
            assert reply == {"status": "ok", "response": {"redirect": {"to": where, "status": 302}}}
            assert (await socket.receive_frame())[3] == "phx_close"
            await socket.close()
        assert users.done == ["disconnect"]


class TestInheritance:
    async def allowed(self, view: type[LiveView[Any]], users: UserBackend, name: str, cause_of: str) -> bool:
        async with LiveClient(make_app(users, {"/": view})) as client:
            socket, page = await open_as(client, name, "/")
            reply = await cause(socket, page, cause_of)
            await socket.close()
        assert (reply["status"] == "ok") is bool(users.done)
        return bool(users.done)

    def base(self, users: UserBackend) -> type[LiveView[Any]]:
        class Base(Shown):
            @event("delete", requires="admin")
            async def delete(self) -> None:
                users.note("delete")

            @requires("editor")
            async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
                users.note(event)

        return Base

    @pytest.mark.parametrize(("name", "expected"), [("ann", False), ("eve", False), ("root", True)])
    async def test_an_override_keeps_it(self, name: str, expected: bool) -> None:
        users = UserBackend()

        class Sub(self.base(users)):  # type: ignore[misc]
            async def delete(self) -> None:
                users.note("delete")

        assert await self.allowed(Sub, users, name, "delete") is expected

    @pytest.mark.parametrize(("name", "expected"), [("eve", False), ("root", False), ("boss", True)])
    async def test_an_override_adds_to_it(self, name: str, expected: bool) -> None:
        users = UserBackend()

        class Sub(self.base(users)):  # type: ignore[misc]
            @requires("editor")
            async def delete(self) -> None:
                users.note("delete")

        assert await self.allowed(Sub, users, name, "delete") is expected

    @pytest.mark.parametrize(("name", "expected"), [("ann", False), ("eve", True), ("root", False)])
    async def test_an_override_with_inherit_false_replaces_it(self, name: str, expected: bool) -> None:
        users = UserBackend()

        class Sub(self.base(users)):  # type: ignore[misc]
            @requires("editor", inherit=False)
            async def delete(self) -> None:
                users.note("delete")

        assert await self.allowed(Sub, users, name, "delete") is expected

    @pytest.mark.parametrize(("name", "expected"), [("ann", False), ("root", True)])
    async def test_another_method_for_the_event_keeps_the_requirement(
        self, name: str, expected: bool
    ) -> None:
        users = UserBackend()

        class Sub(self.base(users)):  # type: ignore[misc]
            @event("delete")
            async def remove(self) -> None:
                users.note("remove")

        assert await self.allowed(Sub, users, name, "delete") is expected

    @pytest.mark.parametrize(("name", "expected"), [("ann", False), ("eve", True)])
    async def test_handle_event_too(self, name: str, expected: bool) -> None:
        users = UserBackend()

        class Sub(self.base(users)):  # type: ignore[misc]
            delete = None

            async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
                users.note(event)

        assert await self.allowed(Sub, users, name, "delete") is expected

    async def test_a_mixins_event_keeps_its_own(self) -> None:
        users = UserBackend()

        class Deletes:
            @event(requires="admin")
            async def erase(self) -> None:
                users.note("erase")

        class Sub(Deletes, self.base(users)):  # type: ignore[misc]
            @requires("editor", inherit=False)
            async def delete(self) -> None: ...

        assert not await self.allowed(Sub, users, "eve", "erase")
        assert await self.allowed(Sub, users, "root", "erase")

    @pytest.mark.parametrize("mixin", [AutoEventDispatch, BaseEventHandler])
    async def test_with_the_mixins(self, mixin: type[Any]) -> None:
        users = UserBackend()

        class View(mixin, Shown):  # type: ignore[misc]
            @event(requires="admin")
            async def save(self, event: str, payload: Any, socket: Any) -> None:
                users.note("save")

        assert not await self.allowed(View, users, "ann", "save")
        assert await self.allowed(View, users, "root", "save")


class TestParams:
    """`@requires` on `handle_params` is checked with the page: over HTTP, at the join, and at every patch."""

    def app(self, users: UserBackend) -> Any:
        class Filtered(Shown):
            @requires("admin", redirect="/login")
            async def handle_params(self, url: Any, params: Any, socket: Any) -> None:
                users.note("params")

        return make_app(users, {"/": Filtered, "/open": Shown})

    async def test_the_page(self) -> None:
        users = UserBackend()
        async with LiveClient(self.app(users)) as client:
            await client.post("/in/ann")
            response = await client.get("/?a=1")
            assert (response.status_code, response.headers["location"]) == (303, "/login?next=%2F%3Fa%3D1")
            assert users.done == []
            await client.post("/in/root")
            assert (await client.get("/?a=1")).status_code == 200

    async def test_a_patch(self) -> None:
        users = UserBackend()
        async with LiveClient(self.app(users)) as client:
            socket, page = await open_as(client, "root", "/")
            users.done.clear()
            users.roles["root"] = ["authenticated"]
            await socket.send_frame(["4", "5", page.topic, "live_patch", {"url": "http://testserver/?a=1"}])
            reply = (await socket.receive_frame())[4]
            assert reply == {"status": "ok", "response": {"redirect": {"to": "/?a=1", "status": 302}}}
            assert users.done == []
            await socket.close()


class TestErrors:
    @pytest.mark.parametrize("name", ["handle_info", "mount", "render", "disconnect"])
    def test_methods_that_the_server_calls_raise(self, name: str) -> None:
        async def callback(self: Any) -> None: ...

        callback.__name__, callback.__qualname__ = name, f"View.{name}"
        with pytest.raises(
            TypeError, match=rf"@requires on View.{name} guards nothing: the server calls this"
        ):
            requires("admin")(callback)

    @pytest.mark.parametrize("above", [True, False])
    def test_an_info_handler(self, above: bool) -> None:
        async def tick(self: Any) -> None: ...

        tick.__qualname__ = "View.tick"
        guard = requires("admin")
        handler = guard(info("ticks")(tick)) if above else info("ticks")(guard(tick))
        view = type("View", (Shown,), {"tick": handler})
        with pytest.raises(MisplacedRequirement, match="infos come from the server"):
            make_app(UserBackend(), {"/": view})

    def test_a_method_without_an_event_raises(self) -> None:
        class View(Shown):
            @requires("admin")
            async def delete_all(self) -> None: ...

        with pytest.raises(MisplacedRequirement, match=r"View.delete_all guards nothing: no event"):
            make_app(UserBackend(), {"/": View})

    @pytest.mark.parametrize("given", ["", [], [""]])
    def test_no_scope_at_all(self, given: Any) -> None:
        with pytest.raises(ValueError, match="expected the name of a scope"):
            event("delete", requires=given)

    def test_a_wrapped_method_raises(self) -> None:
        with pytest.raises(TypeError, match="one of its methods that handle events"):
            requires("admin")(staticmethod(lambda: None))

    def test_without_parentheses(self) -> None:
        with pytest.raises(TypeError, match="go directly on a method, got Requires"):

            class View(Shown):
                @event
                @requires  # type: ignore[arg-type]
                async def delete(self, socket: Any) -> None: ...


class TestCost:
    def test_a_class_without_any_has_none(self) -> None:
        class View(Shown):
            @event
            async def view(self) -> None: ...

            async def handle_event(self, event: str, payload: Any, socket: Any) -> None: ...

        assert event_requirements(View) is None
        assert event_requirements(Shown) is None

    def test_they_are_compiled_once(self) -> None:
        view = shop(UserBackend())
        assert event_requirements(view) is event_requirements(view)

    def test_a_decorated_method_is_the_method(self) -> None:
        async def delete(self: Any) -> int:
            return 3

        delete.__qualname__ = "View.delete"
        guarded = requires("admin")(delete)
        assert guarded is delete
