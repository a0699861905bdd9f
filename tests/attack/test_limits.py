"""Limits of sockets: join timeout, idle timeout, number of sockets, maximum age, event rate and floods."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from itertools import count
from typing import Any

import pytest
from starlette.types import Message

from pyview import SecurityConfig
from pyview.testing import LiveClient, RawSocket, SocketRefused
from tests.asgi import eventually, poll, socket_scope
from tests.attack.target import STALE, AppState, PageOf, answer, joined, page_of, sign_in, target

HEARTBEAT: list[Any] = [None, "1", "phoenix", "heartbeat", {}]
LIMITED = ("error", {"reason": "rate_limited"})


@contextlib.asynccontextmanager
async def limited(state: AppState, **limits: Any) -> AsyncIterator[LiveClient]:
    async with LiveClient(target(state, SecurityConfig(**limits))) as client:
        yield client


async def opened(client: LiveClient, url: str = "/") -> tuple[RawSocket, PageOf]:
    """Open a socket and join the page at `url` on it."""
    page = await page_of(client, url)
    socket = await client.raw_socket().connect()
    assert (await joined(socket, page.topic, page.join()))[0] == "ok"
    return socket, page


def click(page: PageOf, ref: object) -> list[Any]:
    return ["4", str(ref), page.topic, "event", {"type": "click", "event": "go", "value": {}}]


async def refusal(client: LiveClient) -> int | None:
    """Return the HTTP status of a refused handshake; None if it is accepted, and leave the socket open."""
    try:
        await client.raw_socket().connect()
    except SocketRefused as refused:
        return refused.status
    return None


class TestSizeBeforeAJoin:
    async def test_a_refused_join_does_not_raise_the_limit(self, client: LiveClient) -> None:
        page = await page_of(client, "/")
        async with client.raw_socket() as socket:
            assert await joined(socket, page.topic, page.join(session="forged")) == STALE
            await socket.send_frame([None, "2", "phoenix", "heartbeat", {"x": "a" * 70_000}])
            assert await socket.wait_closed() == 1009


class TestNeverJoining:
    async def test_is_closed_with_4408_heartbeats_or_not(self, state: AppState) -> None:
        async with limited(state, join_timeout=0.1) as client:
            socket = await client.raw_socket().connect()
            with contextlib.suppress(Exception):
                for _ in range(100):
                    await socket.send_frame(HEARTBEAT)
                    await asyncio.sleep(0.01)
            assert await socket.wait_closed() == 4408

    async def test_joins_that_are_refused_do_not_count(self, state: AppState) -> None:
        async with limited(state, join_timeout=0.1) as client:
            page = await page_of(client, "/")
            socket = await client.raw_socket().connect()
            with contextlib.suppress(Exception):
                for ref in range(100, 200):
                    await joined(socket, page.topic, page.join(session="forged"), ref=str(ref))
                    await asyncio.sleep(0.01)
            assert await socket.wait_closed() == 4408

    async def test_a_page_that_has_joined_may_stay_and_leave(self, state: AppState) -> None:
        async with limited(state, join_timeout=0.5) as client:
            socket, page = await opened(client)
            assert await (await client.raw_socket().connect()).wait_closed() == 4408  # the time is over
            await socket.send_frame(["4", "5", page.topic, "phx_leave", {}])
            assert (await answer(socket, "5"))[0] == "ok"
            await socket.send_frame(HEARTBEAT)
            assert await answer(socket, "1") == ("ok", {})
            assert await (await client.raw_socket().connect()).wait_closed() == 4408
            assert socket.open
            await socket.close()

    async def test_a_hundred_of_them_are_all_gone(self, state: AppState) -> None:
        async with limited(state, join_timeout=0.1) as client:
            sockets = [await client.raw_socket().connect() for _ in range(100)]
            assert {await socket.wait_closed() for socket in sockets} == {4408}


class TestIdle:
    async def test_is_closed_and_its_view_ends(self, state: AppState) -> None:
        app = target(state, SecurityConfig(idle_timeout=1.0, reconnect_grace=0.1))
        async with LiveClient(app) as client:
            (socket, _), (silent, _) = await opened(client), await opened(client)
            while silent.open:
                await socket.send_frame(HEARTBEAT)
                assert await answer(socket, "1") == ("ok", {})
                await asyncio.sleep(0.02)
            assert silent.close_code == 4408
            assert app.app_context.processes
            assert await socket.wait_closed() == 4408
            await eventually(lambda: not app.app_context.processes)


class TestManySockets:
    async def test_the_sockets_of_one_session_are_limited(
        self, state: AppState, caplog: pytest.LogCaptureFixture
    ) -> None:
        app = target(state, SecurityConfig(max_sockets_per_session=3))
        async with LiveClient(app) as alice, LiveClient(app) as bob, LiveClient(app) as anonymous:
            await sign_in(alice, "alice")
            await sign_in(bob, "bob")
            first = await alice.raw_socket().connect()
            assert [await refusal(alice) for _ in range(4)] == [None, None, 429, 429]
            assert [await refusal(bob) for _ in range(4)] == [None, None, None, 429]
            assert [await refusal(anonymous) for _ in range(5)] == [None] * 5
            await first.close()
            assert [await refusal(alice) for _ in range(2)] == [None, 429]
        refused = [record for record in caplog.records if getattr(record, "event", "") == "auth.rate_limited"]
        assert [getattr(record, "user", "") for record in refused] == ["identity:alice"] * 2 + [
            "identity:bob"
        ] + ["identity:alice"]
        assert state.calls == {}

    async def test_signing_in_again_does_not_count_the_old_sockets(self, state: AppState) -> None:
        """The sockets of a session that has ended do not count for the new session."""
        async with limited(state, max_sockets_per_session=2) as client:
            await sign_in(client, "alice")
            assert [await refusal(client) for _ in range(3)] == [None, None, 429]
            await client.post("/auth/logout")
            await sign_in(client, "alice")
            assert [await refusal(client) for _ in range(3)] == [None, None, 429]

    async def test_the_default_is_64_for_a_session(self, client: LiveClient) -> None:
        await sign_in(client, "alice")
        assert [await refusal(client) for _ in range(66)] == [None] * 64 + [429] * 2

    async def test_addresses_are_counted_only_if_configured(self, state: AppState) -> None:
        async with limited(state) as client:
            assert {await refusal(client) for _ in range(100)} == {None}
        async with limited(state, max_sockets_per_address=5) as client:
            assert [await refusal(client) for _ in range(7)] == [None] * 5 + [429] * 2

    async def test_a_server_without_denial_responses_answers_403(self, state: AppState) -> None:
        """Every ASGI server answers a close before the accept with 403."""
        app = target(state, SecurityConfig(max_sockets_per_address=1))
        async with LiveClient(app, client=("192.0.2.1", 50000)) as client:
            assert await refusal(client) is None
            sent: list[Message] = []

            async def receive() -> Message:
                return {"type": "websocket.connect"}

            async def send(message: Message) -> None:
                sent.append(message)

            await app(socket_scope(client=("192.0.2.1", 50001)), receive, send)
        assert [message["type"] for message in sent] == ["websocket.close"]


class TestAge:
    async def test_an_old_socket_is_closed_with_1001_after_its_last_answer(self, state: AppState) -> None:
        async with limited(state, socket_max_age=0.3) as client:
            socket, page = await opened(client)
            asked = 0
            with contextlib.suppress(Exception):
                for ref in range(100, 200):
                    await socket.send_frame(click(page, ref))
                    asked += 1
                    await asyncio.sleep(0.01)
            assert await socket.wait_closed() == 1001
            answers = 0
            with contextlib.suppress(Exception):
                while await socket.receive_frame():
                    answers += 1
            assert answers >= asked - 1
            assert state.calls["home.event.go"] == answers


class TestFloods:
    async def test_too_many_events_reach_no_handler_and_are_answered(self, state: AppState) -> None:
        async with limited(state, rate=5, burst=21) as client:
            socket, page = await opened(client)
            refs = [str(ref) for ref in range(100, 150)]
            for ref in refs:
                await socket.send_frame(click(page, ref))
            answers = [await answer(socket, ref) for ref in refs]
            assert [status for status, _ in answers[:20]] == ["ok"] * 20
            assert answers.count(LIMITED) >= 28
            assert state.calls["home.event.go"] == 50 - answers.count(LIMITED)
            await socket.close()

    async def test_heartbeats_and_leaves_are_not_limited(self, state: AppState) -> None:
        async with limited(state, rate=1, burst=1) as client:
            socket, page = await opened(client)
            await socket.send_frame(click(page, 10))
            assert await answer(socket, "10") == LIMITED
            await socket.send_frame(HEARTBEAT)
            assert await answer(socket, "1") == ("ok", {})
            await socket.send_frame(["4", "11", page.topic, "phx_leave", {}])
            assert await answer(socket, "11") == ("ok", {})
            assert await joined(socket, page.topic, page.join(), ref="12") == LIMITED
            await socket.close()

    async def test_events_are_accepted_again_at_a_lower_rate(self, state: AppState) -> None:
        async with limited(state, rate=50, burst=5) as client:
            socket, page = await opened(client)
            for ref in range(100, 200):
                await socket.send_frame(click(page, ref))
            assert await answer(socket, "199") == LIMITED
            refs = count(200)

            async def served() -> bool:
                await socket.send_frame(click(page, ref := next(refs)))
                return (await answer(socket, str(ref)))[0] == "ok"

            await poll(served)
            await socket.close()

    async def test_other_sockets_are_not_limited(self, state: AppState) -> None:
        async with limited(state, rate=5, burst=5) as client:
            (noisy, page), (calm, other) = await opened(client), await opened(client)
            for ref in range(100, 120):
                await noisy.send_frame(click(page, ref))
            await calm.send_frame(click(other, 5))
            assert (await answer(calm, "5"))[0] == "ok"
            await noisy.close()
            await calm.close()

    async def test_a_flood_that_lasts_is_closed_with_1008(
        self, state: AppState, caplog: pytest.LogCaptureFixture
    ) -> None:
        app = target(state, SecurityConfig(rate=20, burst=20, flood_timeout=0.3))
        async with LiveClient(app) as client:
            socket, page = await opened(client)
            with caplog.at_level(logging.WARNING), contextlib.suppress(Exception):
                for ref in range(100, 1000):
                    await socket.send_frame(click(page, ref))
                    await asyncio.sleep(0.005)
            assert await socket.wait_closed() == 1008
            await eventually(lambda: not app.app_context.processes)
        assert len([text for text in caplog.messages if "auth.rate_limited" in text]) == 1
        assert len([text for text in caplog.messages if "socket closed (1008)" in text]) == 1

    async def test_the_default_burst_is_a_thousand(self, client: LiveClient, state: AppState) -> None:
        socket, page = await opened(client)
        refs = [str(ref) for ref in range(1000, 2500)]
        for ref in refs:
            await socket.send_frame(click(page, ref))
        answers = [await answer(socket, ref) for ref in refs]
        assert [status for status, _ in answers[:999]] == ["ok"] * 999
        assert LIMITED in answers
        assert state.calls["home.event.go"] == 1500 - answers.count(LIMITED)
        await socket.close()
