"""Real workers with an unavailable store: at their start, and at a sign-out."""

import asyncio
import logging
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from pathlib import Path

import pytest
from starlette.authentication import SimpleUser

from pyview import PyView
from pyview.auth import end_sessions
from pyview.auth.remember import RememberMe, RememberMiddleware
from pyview.auth.remember_store import SQLiteRememberStore
from pyview.auth.user_key import user_key
from pyview.sessions import session_store_from_environment
from pyview.sessions.tracking import digest, user_revocation_key
from pyview.stores.health import StoreUnavailable
from pyview.testing import LiveClient
from tests.identity.test_workers import SECRET, post, signed_in, status, status_in_time, worker
from tests.sessions.test_middleware import app_with
from tests.stores.fixtures import Breakable, BreakableFolder, BreakableServer, FreezableServer, own_valkey
from tests.stores.revocations.test_outage import revocations_at, until_revoked
from tests.stores.revocations.workers import until
from tests.stores.valkey import ValkeyProcess

__all__ = ["own_valkey"]

pytestmark = pytest.mark.slow


@pytest.fixture(params=[BreakableFolder, BreakableServer, FreezableServer])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Breakable]:
    if issubclass(request.param, BreakableFolder):
        yield request.param(tmp_path)
    else:
        yield request.param(request.getfixturevalue("own_valkey"))


@contextmanager
def workers(store: Breakable, *logs: Path) -> Iterator[list[str]]:
    name = "PYVIEW_REDIS_URL" if "://" in store.place else "PYVIEW_STATE"
    with ExitStack() as stack:
        yield [stack.enter_context(worker({name: store.place}, log)) for log in logs]


def outages(log: Path) -> list[str]:
    """Return the log lines of a worker about its store, as "gone:" and "back after"."""
    lines = log.read_text().splitlines()
    return [word for line in lines for word in ("gone:", "back after") if f" is {word}" in line]


async def test_a_worker_that_starts_without_its_store_opens_it_later(
    store: Breakable, tmp_path: Path
) -> None:
    log = tmp_path / "worker.log"
    store.stop()
    with workers(store, log) as (host,):
        alice = await signed_in(host, "alice")
        assert await status(host, alice) == 503
        assert outages(log) == ["gone:"]
        store.restart()
        # Nobody asks anything of the worker meanwhile.
        await until(lambda: outages(log) == ["gone:", "back after"], 15)
        assert await status_in_time(host, alice, 200)
    assert outages(log) == ["gone:", "back after"]


async def test_a_sign_out_during_an_outage_takes_effect_everywhere_afterwards(
    store: Breakable, tmp_path: Path
) -> None:
    """No guarded page is open at any worker: only the sign-out needs the store."""
    logs = tmp_path / "one.log", tmp_path / "two.log"
    with workers(store, *logs) as (one, two):
        users = [await signed_in(one, f"somebody {number}") for number in range(5)]
        witness = await signed_in(two, "witness")
        assert [await status(two, cookies) for cookies in users] == [200] * 5
        store.stop()
        # At once: of a server that is frozen, each request waits until its timeout.
        await asyncio.gather(*(post(one, "/logout", cookies) for cookies in users))
        assert await asyncio.gather(*(status(one, cookies) for cookies in users)) == [401] * 5
        if "://" in store.place:
            # The other worker has confirmed them a moment ago, and cannot know of the sign-out.
            assert await asyncio.gather(*(status(two, cookies) for cookies in users)) == [200] * 5
        else:
            # Workers with a file have connections of their own, which work without it.
            assert all([await status_in_time(two, cookies, 401) for cookies in users])
        assert await status(two, witness) == 503
        store.restart()
        assert await status_in_time(two, witness, 200)
        for cookies in users:
            assert await status_in_time(two, cookies, 401)
        assert [await status(one, cookies) for cookies in users] == [401] * 5
        # The other worker may read them before the one that wrote them goes on and logs it.
        await until(lambda: "5 sign-outs" in logs[0].read_text())
    for log in logs:
        assert outages(log) == ["gone:", "back after"], log.read_text()
    lines = [line for line in logs[0].read_text().splitlines() if not line.startswith("auth.")]
    assert len(lines) == 3, "gone, back, and how many sign-outs were written"
    assert "wrote 5 sign-outs from the outage of the revocation store" in lines


@pytest.mark.parametrize("end", [subprocess.Popen.terminate, subprocess.Popen.kill])
async def test_sign_outs_of_an_outage_survive_their_worker(
    own_valkey: ValkeyProcess, tmp_path: Path, end: Callable[[subprocess.Popen[bytes]], None]
) -> None:
    """The worker ends, orderly or not, while the store is away; the next one of this host writes its sign-outs."""
    environ = {"PYVIEW_REDIS_URL": own_valkey.url, "PYVIEW_SPOOL": str(tmp_path)}
    log, later = tmp_path / "one.log", tmp_path / "two.log"
    with worker(environ, log, end) as host:
        users = [await signed_in(host, f"somebody {number}") for number in range(20)]
        own_valkey.kill()
        await asyncio.gather(*(post(host, "/logout", cookies) for cookies in users))
    if end is subprocess.Popen.terminate:
        assert "20 sign-outs wait in" in log.read_text()
    own_valkey.start()
    with worker(environ) as other, worker(environ, later) as host:
        assert [await status(host, cookies) for cookies in users] == [401] * 20
        for cookies in users:
            assert await status_in_time(other, cookies, 401)
        await until(lambda: not [*tmp_path.glob(".pyview-sign-outs/*")])


async def test_end_sessions_during_an_outage_takes_effect_afterwards(
    store: Breakable, caplog: pytest.LogCaptureFixture
) -> None:
    """As in a background task, at a worker without connections."""
    here, there = revocations_at(store.place), revocations_at(store.place)
    one = PyView(secret=SECRET, revocations=here)
    async with AsyncExitStack() as stack:
        for revocations in (here, there):
            await revocations.start()
            stack.push_async_callback(revocations.close)
        key = {user_revocation_key(digest(user_key(SimpleUser("alice")))): time.time() - 60}
        assert not await there.revoked(key)
        store.stop()
        with caplog.at_level(logging.INFO, "pyview.security"), pytest.raises(StoreUnavailable):
            await end_sessions(one, SimpleUser("alice"))
        assert "all sessions of a user were ended" in caplog.text
        store.restart()
        await until_revoked(there, *key)


async def no_user(user: str) -> None:
    """Return None: no user may be remembered."""


@pytest.mark.parametrize("made", ["by PyView", "by the application"])
async def test_an_outage_of_a_shared_store_is_logged_once(
    store: Breakable, made: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Revocations, single-use keys, broadcasts, sessions, and with a file remembered browsers."""
    server = "://" in store.place
    monkeypatch.setenv("PYVIEW_REDIS_URL" if server else "PYVIEW_STATE", store.place)
    revocations = revocations_at(store.place) if made == "by the application" else None
    app = app_with(session_store_from_environment(os.environ), revocations)
    if not server:
        remember = RememberMe(no_user, SQLiteRememberStore(store.place))
        app.add_middleware(RememberMiddleware, remember=remember)
    async with LiveClient(app, cookies={"remember": "a:b"}) as client:
        await client.post("/login/ada")
        store.stop()
        for _ in range(2):
            assert (await client.get("/read")).json() == {}
            claim, revocation, _ = await asyncio.gather(
                app.once_store.claim("once", time.time() + 60),
                app.revocations.revoke("sid:a", time.time() + 60),
                app.pubsub.broadcast("topic", 1),
                return_exceptions=True,
            )
            assert isinstance(claim, StoreUnavailable)
            assert isinstance(revocation, StoreUnavailable)
        assert outage_lines(caplog) == ["gone:"]
        await client.post("/logout")
        store.restart()
        await until(lambda: outage_lines(caplog) == ["gone:", "back after"], 15)
        await until(lambda: "signed-out sessions from the outage" in caplog.text, 15)
    assert outage_lines(caplog) == ["gone:", "back after"]
    assert [record.message for record in caplog.records if record.levelno >= logging.ERROR][1:] == []


def outage_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    lines = [record.message for record in caplog.records]
    return [word for line in lines for word in ("gone:", "back after") if f" is {word}" in line]
