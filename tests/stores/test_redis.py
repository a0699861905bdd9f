"""The URL of a server, and its outages in the log."""

import asyncio

import pytest

from pyview.stores.health import HealthRegistry, StoreUnavailable
from pyview.stores.redis import RedisServer
from tests.stores.fixtures import own_valkey, valkey
from tests.stores.valkey import ValkeyProcess

__all__ = ["own_valkey", "valkey"]


@pytest.mark.parametrize("url", ["", "state.db", "http://host/0", "redis://host/one?db=x", "localhost:6379"])
def test_an_invalid_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is not the URL of a Redis or Valkey server"):
        RedisServer(url)


@pytest.mark.parametrize(
    ("url", "database"),
    [("redis://h", 0), ("rediss://:p@h:1/3", 3), ("valkey://h/2", 2), ("unix:///s.sock?db=4", 4)],
)
def test_the_database_is_part_of_the_url(url: str, database: int) -> None:
    assert RedisServer(url).database == database


async def test_the_password_stays_out_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    server = RedisServer("redis://me:hunter2@127.0.0.1:1/0")
    with pytest.raises(StoreUnavailable) as raised:
        await server.open()
    assert "127.0.0.1:1" in caplog.text
    assert "hunter2" not in caplog.text + str(raised.value)
    with pytest.raises(ValueError, match="is not the URL") as refused:
        RedisServer("http://me:hunter2@host/")
    assert "hunter2" not in str(refused.value)


async def test_a_server_that_refuses_writes_still_answers_reads(
    valkey: ValkeyProcess, caplog: pytest.LogCaptureFixture
) -> None:
    server = RedisServer(valkey.url)
    await server.open()
    with valkey.client() as admin:
        admin.config_set("maxmemory", 1)
        for _ in range(3):
            with pytest.raises(StoreUnavailable, match="OutOfMemory"):
                await server.run("writing", "SET", "a", "b")
            assert await server.run("reading", "GET", "a") is None
        admin.config_set("maxmemory", 0)
    await server.run("writing", "SET", "a", "b")
    await server.close()
    assert [line.levelname for line in caplog.records] == ["ERROR", "WARNING"]


async def test_a_request_from_the_outage_that_fails_after_it_does_not_begin_another(
    own_valkey: ValkeyProcess, caplog: pytest.LogCaptureFixture
) -> None:
    health = HealthRegistry()
    one, other = RedisServer(own_valkey.url, 2.0, health), RedisServer(own_valkey.url, 0.5, health)
    await one.open()
    await other.open()
    late = asyncio.create_task(unanswered(one))
    own_valkey.freeze()
    with pytest.raises(StoreUnavailable):
        await ping(other)
    own_valkey.thaw()
    await ping(other)
    await late
    assert [line.levelname for line in caplog.records] == ["ERROR", "WARNING"]
    own_valkey.kill()
    with pytest.raises(StoreUnavailable):
        await ping(other)
    assert [line.levelname for line in caplog.records] == ["ERROR", "WARNING", "ERROR"]
    await one.close()
    await other.close()


async def ping(server: RedisServer) -> None:
    await server.run("reading", "PING")


async def unanswered(server: RedisServer) -> None:
    """Send a request that the server never answers, and wait until the timeout of `server` runs out."""
    with pytest.raises(StoreUnavailable):
        await server.run("publishing", "XREAD", "BLOCK", 0, "STREAMS", "nothing", "$")
