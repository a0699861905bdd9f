"""A detached view can be rejoined only by its own page, and by no browser that has signed out."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pyview import PyView, SecurityConfig
from pyview.testing import LiveClient
from tests.asgi import eventually
from tests.attack.target import STALE, AppState, PageOf, answer, joined, page_of, sign_in, sign_out, target


def rejoin(page: PageOf, **changes: Any) -> dict[str, Any]:
    payload = page.join(**changes)
    return {**payload, "params": {**payload["params"], "_mounts": 1}}


async def left_behind(client: LiveClient, url: str) -> PageOf:
    """Return a page at `url` that lost its connection when its view had counted to one."""
    page = await page_of(client, url)
    socket = await client.raw_socket().connect()
    assert (await joined(socket, page.topic, page.join()))[0] == "ok"
    await socket.send_frame(["4", "5", page.topic, "event", {"type": "click", "event": "go", "value": {}}])
    assert (await answer(socket, "5"))[0] == "ok"
    await socket.drop()
    return page


def waiting(app: PyView) -> int:
    return len(app._detached_views)


async def come_back(client: LiveClient, page: PageOf, **changes: Any) -> Any:
    async with client.raw_socket() as socket:
        return await joined(socket, page.topic, rejoin(page, **changes))


async def count(client: LiveClient, page: PageOf) -> str:
    """Join the page again and return the count of its view."""
    status, response = await come_back(client, page)
    assert status == "ok", response
    return str(response["rendered"]["2"])


async def test_its_own_browser_can_rejoin(client: LiveClient, state: AppState) -> None:
    await sign_in(client, "alice")
    page = await left_behind(client, "/dashboard")
    assert await count(client, page) == "1"
    assert state.mounts("dashboard") == 1


Theft = Callable[[LiveClient, PageOf], Awaitable[PageOf]]


async def with_the_stolen_tokens(thief: LiveClient, page: PageOf) -> PageOf:
    return page


async def with_own_tokens(thief: LiveClient, page: PageOf) -> PageOf:
    own = await page_of(thief, "/dashboard")
    return PageOf(page.url, page.html, page.id, own.session, own.csrf)


async def with_a_mix(thief: LiveClient, page: PageOf) -> PageOf:
    own = await page_of(thief, "/dashboard")
    return PageOf(page.url, page.html, page.id, page.session, own.csrf)


@pytest.mark.parametrize("theft", [with_the_stolen_tokens, with_own_tokens, with_a_mix])
@pytest.mark.parametrize("thief_is", ["bob", "alice elsewhere"])
async def test_another_browser_cannot_rejoin(app: PyView, theft: Theft, thief_is: str) -> None:
    async with LiveClient(app) as alice, LiveClient(app) as thief:
        await sign_in(alice, "alice")
        await sign_in(thief, thief_is.split()[0])
        page = await left_behind(alice, "/dashboard")
        assert await come_back(thief, await theft(thief, page)) == STALE
        assert waiting(app) == 1
        assert await count(alice, page) == "1"


async def test_without_a_session_only_the_same_browser_can_rejoin(app: PyView) -> None:
    async with LiveClient(app) as visitor, LiveClient(app) as other:
        page = await left_behind(visitor, "/")
        assert await count(other, page) == "0"
        assert waiting(app) == 1
        assert await count(visitor, page) == "1"


async def test_an_open_socket_cannot_be_taken_over(app: PyView) -> None:
    async with LiveClient(app) as alice, LiveClient(app) as bob:
        await sign_in(alice, "alice")
        await sign_in(bob, "bob")
        page = await page_of(alice, "/dashboard")
        async with alice.raw_socket() as socket:
            await joined(socket, page.topic, page.join())
            assert await come_back(bob, page) == STALE
            frame = {"type": "click", "event": "go", "value": {}}
            await socket.send_frame(["4", "5", page.topic, "event", frame])
            assert (await answer(socket, "5"))[0] == "ok"


async def test_signed_out_while_waiting_is_ended(app: PyView, client: LiveClient) -> None:
    await sign_in(client, "alice")
    page = await left_behind(client, "/dashboard")
    assert waiting(app) == 1
    await sign_out(client)
    await eventually(lambda: waiting(app) == 0)
    await eventually(lambda: not app.app_context.processes)
    assert await come_back(client, page) == STALE
    assert len(app._identity_monitor) == 0


async def test_signing_in_again_does_not_find_it(client: LiveClient) -> None:
    await sign_in(client, "alice")
    page = await left_behind(client, "/dashboard")
    await sign_out(client)
    await sign_in(client, "alice")
    assert await come_back(client, page) == STALE


async def test_roles_are_checked_again_at_the_rejoin(client: LiveClient, state: AppState) -> None:
    await sign_in(client, "root")
    page = await left_behind(client, "/admin")
    state.roles["root"] = []
    status, response = await come_back(client, page)
    assert (status, response) == ("error", {"reason": "unauthorized"})


async def test_a_lost_role_ends_a_detached_view(state: AppState) -> None:
    app = target(state, SecurityConfig(auth_interval=0.05, auth_recheck=0))
    async with LiveClient(app) as client:
        await sign_in(client, "root")
        await left_behind(client, "/admin")
        assert waiting(app) == 1
        state.roles["root"] = []
        await eventually(lambda: waiting(app) == 0)
        await eventually(lambda: not app.app_context.processes)


async def test_another_view_of_the_same_page_does_not_get_it(
    app: PyView, client: LiveClient, state: AppState
) -> None:
    await sign_in(client, "alice")
    page = await left_behind(client, "/dashboard")
    payload = rejoin(page, redirect="http://testserver/items/1")
    del payload["url"]
    async with client.raw_socket() as socket:
        status, response = await joined(socket, page.topic, payload)
        assert status == "ok"
        assert response["rendered"]["2"] == "0"
    assert state.mounts("item") == 1
    assert waiting(app) == 0


@pytest.mark.parametrize("mark", [7, None, [], {"a": 1}, "x" * 10_000])
async def test_an_invalid_load_id_is_ignored(client: LiveClient, mark: Any) -> None:
    page = await page_of(client, "/")
    payload = page.join()
    payload["params"] |= {"_load": mark, "_mounts": "many"}
    async with client.raw_socket() as socket:
        assert (await joined(socket, page.topic, payload))[0] == "ok"


async def test_many_lost_connections_leave_nothing(state: AppState) -> None:
    app = target(state, SecurityConfig(reconnect_grace=0.1, max_waiting_views_per_session=5))
    async with LiveClient(app) as client:
        await sign_in(client, "alice")
        pages = [await page_of(client, "/dashboard") for _ in range(10)]
        for _ in range(5):
            for page in pages:
                socket = await client.raw_socket().connect()
                await joined(socket, page.topic, rejoin(page))
                await socket.drop()
            assert waiting(app) <= 5
        await eventually(lambda: not app.app_context.processes)
        detached = app._detached_views
        assert (
            len(detached),
            detached.bytes,
            len(detached._shown),
            len(detached._groups),
            len(detached._quotas),
        ) == (
            0,
            0,
            0,
            0,
            0,
        )
        assert len(app._identity_monitor) == 0
