"""The link of a worker: two connections for everything, which open again by themselves."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

import pytest

from pyview.pubsub.redis import RedisPubSub
from pyview.stores import redis_commands
from pyview.stores.health import HealthRegistry, StoreUnavailable
from pyview.stores.once_redis import RedisOnceStore
from pyview.stores.redis import MOST_UNREAD, RedisServer
from pyview.stores.revocations_redis import RedisRevocations
from pyview.stores.sessions_redis import RedisSessionStore
from tests.stores.fixtures import own_valkey
from tests.stores.revocations.workers import RecordingListener, until, wait_for_update
from tests.stores.valkey import ValkeyProcess

__all__ = ["own_valkey"]


@asynccontextmanager
async def opened(url: str, timeout: float = 2.0) -> AsyncIterator[RedisServer]:
    server = RedisServer(url, timeout)
    await server.open()
    try:
        yield server
    finally:
        await server.close()


async def test_all_stores_and_broadcasts_of_a_worker_use_two_connections(own_valkey: ValkeyProcess) -> None:
    health = HealthRegistry()
    pubsub = RedisPubSub(own_valkey.url, health=health)
    revocations = RedisRevocations(own_valkey.url, health=health)
    sessions = RedisSessionStore(own_valkey.url)
    sessions.share_health(health)
    once = RedisOnceStore(own_valkey.url, health=health)
    stores = pubsub, revocations, sessions, once
    for store in stores:
        await store.start()
    RecordingListener(revocations)
    await wait_for_update(revocations)
    claims = await asyncio.gather(*(once.claim(f"key {number % 50}", 4e9) for number in range(500)))
    assert sum(claims) == 50
    with own_valkey.client() as admin:
        assert len(admin.client_list()) == 2 + 1
        for store in stores:
            await store.close()
        await until(lambda: len(admin.client_list()) == 1)


async def test_a_connection_that_was_closed_meanwhile_is_open_again_for_the_next_command(
    own_valkey: ValkeyProcess, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(own_valkey.url) as server:
        own_valkey.kill()
        own_valkey.start()
        await until(lambda: "is back" in caplog.text)
        assert await server.run("writing", "SET", "a", 1) == b"OK"
    assert [line.levelname for line in caplog.records] == ["ERROR", "WARNING"]


async def test_a_script_runs_again_after_the_server_has_forgotten_it(own_valkey: ValkeyProcess) -> None:
    async with opened(own_valkey.url) as server:
        for _ in range(2):
            assert await server.script("return redis.call('INCR', KEYS[1])", ["n"]) == 1
            with own_valkey.client() as admin:
                admin.script_flush()
                admin.flushall()
    with pytest.raises(StoreUnavailable, match="not open"):
        await server.run("reading", "PING")


async def test_a_command_whose_caller_has_given_up_does_not_run(own_valkey: ValkeyProcess) -> None:
    async with opened(own_valkey.url, timeout=30) as server:
        own_valkey.freeze()
        first = asyncio.ensure_future(server.run("writing", "SET", "first", 1))
        await asyncio.sleep(0)  # its batch is under way, the next command waits for the one after it
        await asyncio.sleep(0)
        second = asyncio.ensure_future(server.run("writing", "SET", "second", 1))
        await asyncio.sleep(0)
        second.cancel()
        own_valkey.thaw()
        await first
        assert await server.run("reading", "MGET", "first", "second") == [b"1", None]


async def test_commands_of_a_silent_server_fail_together_and_later_ones_soon(
    own_valkey: ValkeyProcess,
) -> None:
    async with opened(own_valkey.url, timeout=0.5) as server:
        own_valkey.freeze()
        commands = (server.run("writing", "INCR", "n") for _ in range(1500))
        answers = await asyncio.gather(*commands, return_exceptions=True)
        assert all(isinstance(answer, StoreUnavailable) for answer in answers)
        own_valkey.thaw()
        await eventually_answers(server)


async def eventually_answers(server: RedisServer) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                await server.run("reading", "PING")
                return
            except StoreUnavailable:
                await asyncio.sleep(0.02)


async def test_messages_that_a_silent_server_does_not_take_are_bounded(
    own_valkey: ValkeyProcess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(redis_commands, "MOST_POSTED", 100)
    async with opened(own_valkey.url, timeout=0.5) as server:
        own_valkey.freeze()
        assert [server.link.publish("a", b"b") for _ in range(300)] == [True] * 100 + [False] * 200
        assert not server.link.publish("a", b"b" * redis_commands.MOST_POSTED_BYTES)
        own_valkey.thaw()
        await until(lambda: "201 were dropped" in caplog.text)
    assert caplog.text.count("does not take messages as fast") == 1


@pytest.mark.parametrize("database", [0, 3])
async def test_users_passwords_and_databases_are_taken_from_the_url(
    own_valkey: ValkeyProcess, database: int, caplog: pytest.LogCaptureFixture
) -> None:
    with own_valkey.client() as admin:
        admin.acl_setuser("web", enabled=True, passwords=["+hunter2"], commands=["+@all"], keys=["pyview:*"])
        admin.acl_setuser("default", enabled=True, reset_passwords=True, passwords=["+admin"])
        path = own_valkey.url.removeprefix("unix://")
        async with opened(f"unix://web:hunter2@{path}?db={database}") as server:
            await server.run("writing", "SET", "pyview:a", database)
            with pytest.raises(StoreUnavailable, match="NoPermission"):
                await server.run("writing", "SET", "other", 1)
        with pytest.raises(StoreUnavailable):
            async with opened(f"unix://web:secret-guess@{path}"):
                pass
        admin.select(database)
        assert admin.get("pyview:a") == str(database).encode()
    assert "hunter2" not in caplog.text
    assert "secret-guess" not in caplog.text


def test_it_works_on_the_next_event_loop(own_valkey: ValkeyProcess) -> None:
    server = RedisServer(own_valkey.url)

    async def opens_only() -> None:
        await server.open()

    async def uses() -> None:
        assert await server.run("reading", "PING") == b"PONG"
        await server.close()

    asyncio.run(opens_only())
    asyncio.run(uses())


async def test_a_reader_that_ends_with_unread_messages_does_not_stop_the_others(
    own_valkey: ValkeyProcess,
) -> None:
    async with opened(own_valkey.url) as server:
        await server.link.attempted(5)
        slow = server.messages("slow")
        await anext(slow)
        for number in range(MOST_UNREAD + 100):
            server.link.publish("slow", b"%d" % number)
        await server.link.flush(5)
        # The connection waits for a place in the queue of the slow reader.
        await asyncio.sleep(0.1)
        await slow.aclose()
        other = server.messages("other")
        async with asyncio.timeout(10):
            await anext(other)
            server.link.publish("other", b"on")
            while await anext(other) != b"on":
                pass
        await other.aclose()


async def test_a_message_that_fails_at_one_listener_reaches_the_next_message(
    own_valkey: ValkeyProcess, caplog: pytest.LogCaptureFixture
) -> None:
    got: list[bytes] = []

    class Failing:
        def received(self, channel: str, body: bytes) -> Awaitable[None] | None:
            got.append(body)
            raise RuntimeError("a bug of the application")

        def alive(self) -> None: ...
        def lost(self) -> None: ...
        async def found(self, gap: float) -> None: ...

    async with opened(own_valkey.url) as server:
        listener = Failing()
        await server.link.attempted(5)
        await server.link.listen("a", listener)
        for body in (b"1", b"2"):
            server.link.publish("a", body)
        await until(lambda: got == [b"1", b"2"])
    assert caplog.text.count("could not be delivered") == 2
