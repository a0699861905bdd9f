"""What a server's address says, and what the log may say of it."""

import pytest

from pyview.storage.errors import StoreUnavailable
from pyview.storage.redis import RedisServer
from tests.storage.fixtures import valkey
from tests.storage.valkey import ValkeyProcess

__all__ = ["valkey"]


@pytest.mark.parametrize("url", ["", "state.db", "http://host/0", "redis://host/one?db=x", "localhost:6379"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is no address of a Redis or Valkey server"):
        RedisServer(url)


@pytest.mark.parametrize(
    ("url", "database"),
    [("redis://h", 0), ("rediss://:p@h:1/3", 3), ("valkey://h/2", 2), ("unix:///s.sock?db=4", 4)],
)
def test_the_database_is_part_of_the_address(url: str, database: int) -> None:
    assert RedisServer(url).database == database


async def test_the_password_stays_out_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    server = RedisServer("redis://me:hunter2@127.0.0.1:1/0")
    with pytest.raises(StoreUnavailable) as raised:
        await server.open()
    assert "127.0.0.1:1" in caplog.text
    assert "hunter2" not in caplog.text + str(raised.value)
    with pytest.raises(ValueError, match="no address") as refused:
        RedisServer("http://me:hunter2@host/")
    assert "hunter2" not in str(refused.value)


async def test_a_server_that_refuses_writes_is_not_gone_for_readers(
    valkey: ValkeyProcess, caplog: pytest.LogCaptureFixture
) -> None:
    server = RedisServer(valkey.url)
    await server.open()
    with valkey.client() as admin:
        admin.config_set("maxmemory", 1)
        for _ in range(3):
            with pytest.raises(StoreUnavailable, match="OutOfMemory"):
                async with server.asked("writing") as client:
                    await client.set("a", "b")
            async with server.asked("reading") as client:
                assert await client.get("a") is None
        admin.config_set("maxmemory", 0)
    async with server.asked("writing") as client:
        await client.set("a", "b")
    await server.close()
    assert [line.levelname for line in caplog.records] == ["ERROR", "WARNING"]
