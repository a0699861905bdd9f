"""The choice of revocations and session store from the environment."""

import sys
from pathlib import Path

import pytest

from pyview.stores.from_environment import revocations_from_environment, session_store_from_environment
from pyview.stores.revocations import MemoryRevocations
from pyview.stores.revocations_redis import RedisRevocations
from pyview.stores.revocations_sqlite import SQLiteRevocations
from pyview.stores.sessions import MemorySessionStore
from pyview.stores.sessions_redis import RedisSessionStore
from pyview.stores.sessions_sqlite import SQLiteSessionStore

CHOICES = [
    ({}, MemoryRevocations, MemorySessionStore),
    ({"PYVIEW_REDIS_URL": " ", "PYVIEW_STATE": ""}, MemoryRevocations, MemorySessionStore),
    ({"PYVIEW_STATE": "state.db"}, SQLiteRevocations, SQLiteSessionStore),
    ({"PYVIEW_STATE": "x", "PYVIEW_REDIS_URL": "redis://h"}, RedisRevocations, RedisSessionStore),
]


@pytest.mark.parametrize(("environ", "revocations", "sessions"), CHOICES)
def test_the_environment_chooses(environ: dict[str, str], revocations: type, sessions: type) -> None:
    assert type(revocations_from_environment(environ)) is revocations
    assert type(session_store_from_environment(environ)) is sessions


def test_without_the_extra_the_error_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [
        name for name in sys.modules if name.startswith(("redis", "pyview.stores")) and "redis" in name
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [NoRedis(), *sys.meta_path])
    for choose in (revocations_from_environment, session_store_from_environment):
        with pytest.raises(RuntimeError, match=r"pip install 'pyview-live\[redis\]'"):
            choose({"PYVIEW_REDIS_URL": "redis://h"})


class NoRedis:
    """An environment in which the client is not installed."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.split(".")[0] == "redis":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def test_an_invalid_url_is_refused() -> None:
    with pytest.raises(ValueError, match="is not the URL"):
        revocations_from_environment({"PYVIEW_REDIS_URL": "state.db"})


async def test_the_file_serves_both(tmp_path: Path) -> None:
    environ = {"PYVIEW_STATE": str(tmp_path / "state.db")}
    revocations, sessions = revocations_from_environment(environ), session_store_from_environment(environ)
    await revocations.start()
    await sessions.start()
    await revocations.revoke("sid:a", 4e9)
    assert await sessions.load("a", 1.0) is None
    assert await revocations.revoked({"sid:a": 0.0})
    await sessions.close()
    await revocations.close()
