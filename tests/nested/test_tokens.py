"""Tokens and guards of nested views."""

import json
import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import pytest

from pyview import LiveView, LiveViewSocket, PyView
from pyview.auth import requires
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, RawSocket
from tests.attack.target import decodings
from tests.auth.users import Shown, UserBackend, make_app
from tests.frames import Page, connect, join, load

STALE = {"reason": "stale"}
Socket = LiveViewSocket[Any]


class Widget(LiveView[Any]):
    template = Shown.template

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"n": session["diagnosis"]}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        if event == "rename":
            await socket.update_session({"theme": "dark"})
        socket.context["n"] = f"{socket.session.get('theme', 'light')} {socket.context['n']}"


class Parent(LiveView[Any]):
    """A page with the view `inside` and a sticky one."""

    inside: type[LiveView[Any]] = Widget
    template = LiveTemplate.from_string(
        "{{ live_render(V, id='w', session={'diagnosis': 'measles'}) }}"
        "{{ live_render(V, id='s', sticky=True, session={'diagnosis': 'mumps'}) }}"
    )

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"V": self.inside}


def holding(inside: type[LiveView[Any]]) -> type[Parent]:
    return type("Holding", (Parent,), {"inside": inside, "__module__": __name__})


@pytest.fixture
def users() -> UserBackend:
    return UserBackend()


@pytest.fixture
def app(users: UserBackend) -> PyView:
    return make_app(users, {"/": Parent, "/open": Shown})


@pytest.fixture
async def client(app: PyView) -> AsyncIterator[LiveClient]:
    async with LiveClient(app) as client:
        yield client


async def open_page(client: LiveClient, name: str | None = "ann") -> tuple[RawSocket, Page, dict[str, str]]:
    """Join a page. Return it, and the tokens of its nested views by id."""
    if name is not None:
        await client.post(f"/in/{name}")
    page = await load(client, "/")
    socket = await connect(client, page).connect()
    status, response = await join(socket, page)
    assert status == "ok", response
    return socket, page, tokens_in(json.dumps(response["rendered"]).replace('\\"', '"'))


def tokens_in(html: str) -> dict[str, str]:
    return {
        name: unescape(token) for name, token in re.findall(r'id="([ws])" data-phx-session="([^"]+)"', html)
    }


async def join_inner(
    socket: RawSocket, page: Page, dom_id: str, token: str, ref: str = "9", **changes: Any
) -> Any:
    payload: dict[str, Any] = {
        "params": {"_csrf_token": page.csrf, "_mounts": 0, "_mount_attempts": 0},
        "session": token, "static": None, "sticky": dom_id == "s", **changes,
    }  # fmt: skip
    await socket.send_frame([ref, ref, f"lv:{dom_id}", "phx_join", payload])
    frame = await socket.receive_frame()
    return frame[4].get("status"), frame[4].get("response")


class TestToken:
    async def test_it_joins_on_its_own_page_repeatedly(self, client: LiveClient) -> None:
        socket, page, tokens = await open_page(client)
        assert (await join_inner(socket, page, "w", tokens["w"]))[0] == "ok"
        assert (await join_inner(socket, page, "s", tokens["s"], "10"))[0] == "ok"

    async def test_it_does_not_disclose_its_session(self, client: LiveClient) -> None:
        _, _, tokens = await open_page(client)
        html = (await client.get("/")).text
        for text in (*tokens.values(), *tokens_in(html).values()):
            assert not any(
                secret in decoded for decoded in decodings(text) for secret in (b"measles", b"diagnosis")
            )

    @pytest.mark.parametrize("which", ["w", "s"])
    async def test_it_is_invalid_for_another_user(self, app: PyView, client: LiveClient, which: str) -> None:
        _, _, tokens = await open_page(client)
        async with LiveClient(app, lifespan=False) as other:
            for name in ("eve", None):
                socket, page, _ = await open_page(other, name)
                assert await join_inner(socket, page, which, tokens[which]) == ("error", STALE)
                other.cookies.clear()

    async def test_it_is_invalid_for_another_element(self, client: LiveClient) -> None:
        socket, page, tokens = await open_page(client)
        assert await join_inner(socket, page, "s", tokens["w"]) == ("error", STALE)
        assert await join_inner(socket, page, "x", tokens["w"], "11") == ("error", STALE)

    async def test_it_is_invalid_without_its_parent(self, client: LiveClient) -> None:
        socket, page, tokens = await open_page(client)
        await socket.send_frame(["4", "5", page.topic, "phx_leave", {}])
        await socket.receive_frame(), await socket.receive_frame()
        assert await join_inner(socket, page, "w", tokens["w"]) == ("error", STALE)

    async def test_it_is_invalid_for_another_process_of_its_parent(self, client: LiveClient) -> None:
        socket, page, tokens = await open_page(client)
        assert (await join_inner(socket, page, "w", tokens["w"]))[0] == "ok"
        frames = [
            await send_and_receive(socket, page.join("20")),
            *[await socket.receive_frame() for _ in range(2)],
        ]
        assert {frame[3] for frame in frames} == {"phx_close", "phx_reply"}
        assert await join_inner(socket, page, "w", tokens["w"], "21") == ("error", STALE)

    async def test_it_is_invalid_on_another_socket(self, client: LiveClient) -> None:
        _, page, tokens = await open_page(client)
        async with connect(client, page) as other:
            assert await join_inner(other, page, "w", tokens["w"]) == ("error", STALE)
            assert (await join_inner(other, page, "s", tokens["s"], "10"))[0] == "ok"

    async def test_it_is_no_page_token(self, client: LiveClient) -> None:
        socket, page, tokens = await open_page(client)
        assert await join_inner(socket, page, "w", page.session) == ("error", STALE)
        async with connect(client, page) as other:
            assert await join(other, page, session=tokens["w"]) == ["error", STALE]

    @pytest.mark.parametrize("token", [None, 1, "", "x.y.z", ["a"], {"a": 1}, "é" * 30, "A" * 5000])
    async def test_an_invalid_token_is_refused(self, client: LiveClient, token: Any) -> None:
        socket, page, tokens = await open_page(client)
        assert await join_inner(socket, page, "w", token) == ("error", STALE)
        assert (await join_inner(socket, page, "w", tokens["w"], "10"))[0] == "ok"

    async def test_it_requires_the_csrf_token_of_the_page(self, client: LiveClient) -> None:
        for name in ("ann", None):
            client.cookies.clear()
            _, page, tokens = await open_page(client, name)
            async with client.raw_socket() as other:
                wrong = {"_csrf_token": "x" * 86 + "==", "_mounts": 0}
                assert await join_inner(other, page, "s", tokens["s"], params=wrong) == ("error", STALE)
                assert (await join_inner(other, page, "s", tokens["s"], "10"))[0] == "ok"

    async def test_it_expires(self, client: LiveClient, app: PyView) -> None:
        socket, page, tokens = await open_page(client)
        app._tokens.nested.max_age = -1
        assert await join_inner(socket, page, "w", tokens["w"]) == ("error", STALE)


async def send_and_receive(socket: RawSocket, frame: list[Any]) -> Any:
    await socket.send_frame(frame)
    return await socket.receive_frame()


class TestGuards:
    """Requirements of the class are checked over HTTP, on the socket, and after changes."""

    async def test_a_user_without_access_cannot_see_the_page(self, users: UserBackend) -> None:
        Secret = requires("admin")(type("Secret", (Widget,), {"__module__": __name__}))
        async with LiveClient(make_app(users, {"/": holding(Secret)})) as client:
            await client.post("/in/ann")
            assert (await client.get("/")).status_code == 403
            await client.post("/in/root")
            page = await client.open("/")
            assert page.child("w").connected

    async def test_a_user_without_access_is_redirected(self, users: UserBackend) -> None:
        Secret = requires("authenticated", redirect="/login")(
            type("Secret", (Widget,), {"__module__": __name__})
        )
        async with LiveClient(make_app(users, {"/": holding(Secret)})) as client:
            response = await client.get("/", follow_redirects=False)
            assert (response.status_code, response.headers["location"]) == (303, "/login?next=%2F")

    async def test_the_join_checks_again(self, users: UserBackend) -> None:
        Secret = requires("admin")(type("Secret", (Widget,), {"__module__": __name__}))
        async with LiveClient(make_app(users, {"/": holding(Secret)})) as client:
            socket, page, tokens = await open_page(client, "root")
            users.roles["root"] = ["authenticated"]
            for which, ref in (("w", "9"), ("s", "10")):
                answer = await join_inner(socket, page, which, tokens[which], ref)
                assert answer == ("error", {"reason": "unauthorized"})

    async def test_the_page_is_not_cached_for_others(self, users: UserBackend) -> None:
        Secret = requires("admin")(type("Secret", (Widget,), {"__module__": __name__}))
        async with LiveClient(make_app(users, {"/": holding(Secret)})) as client:
            await client.post("/in/root")
            assert "no-store" in (await client.get("/")).headers["cache-control"]

    async def test_default_requires_is_checked(self, users: UserBackend) -> None:
        async with LiveClient(make_app(users, {"/": Parent}, default_requires="authenticated")) as client:
            assert (await client.get("/")).status_code == 403
            socket, page, tokens = await open_page(client, "ann")
            users.roles.pop("ann")
            assert (await join_inner(socket, page, "s", tokens["s"]))[0] == "error"

    async def test_the_requirement_of_the_live_session_is_checked(self, users: UserBackend) -> None:
        app = make_app(users, {"/open": Shown})
        app.live_session("staff", requires="admin", session={"office": "x"}).add_live_view("/", Parent)
        async with LiveClient(app) as client:
            socket, page, tokens = await open_page(client, "root")
            users.roles["root"] = ["authenticated"]
            assert (await join_inner(socket, page, "s", tokens["s"]))[0] == "error"

    async def test_sign_out_ends_it_and_loads_the_page_again(self, client: LiveClient, app: PyView) -> None:
        await client.post("/in/ann")
        page = await client.open("/")
        before = page.find("#s")["data-phx-session"]
        await client.post("/out")
        await page.settle(0.5)
        assert page.find("#s")["data-phx-session"] != before
        assert page.child("w").mounts == 1
        assert len(app.app_context.processes) == 3

    async def test_it_may_change_the_session(self, client: LiveClient) -> None:
        await client.post("/in/ann")
        page = await client.open("/")
        await page.child("w").push("rename")
        await page.settle()
        await page.child("w").push("look")
        assert page.child("w").text.startswith("n=dark")
        assert page.child("w").mounts == 1
