"""Sign-outs during an outage of the session store: they take effect as soon as it is back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from secrets import token_urlsafe

import pytest

from pyview import PyView
from pyview.sessions import SessionStore, SQLiteSessionStore
from pyview.stores import retry as backlog
from pyview.stores.health import StoreUnavailable
from pyview.stores.retry import Backlog
from pyview.stores.revocations import MemoryRevocations
from pyview.stores.sessions_redis import RedisSessionStore
from pyview.stores.spool import FOLDER, Spools
from pyview.testing import LiveClient
from tests.asgi import eventually, poll
from tests.sessions.test_middleware import app_with
from tests.stores.fixtures import Breakable, BreakableFolder, FreezableServer, own_valkey

__all__ = ["own_valkey"]


@pytest.fixture(params=[BreakableFolder, FreezableServer])
def breakable(request: pytest.FixtureRequest, tmp_path: Path) -> Breakable:
    """A store that keeps its sessions over an outage."""
    if issubclass(request.param, BreakableFolder):
        folder: Breakable = request.param(tmp_path)
        return folder
    server: Breakable = request.param(request.getfixturevalue("own_valkey"))
    return server


class Workers:
    """Two workers with sessions in one store and common revocations."""

    def __init__(self, place: str, stack: AsyncExitStack) -> None:
        self.place = place
        self._stack = stack
        self._revocations = MemoryRevocations()
        self.apps = [self._worker(), self._worker()]

    def _worker(self) -> PyView:
        return app_with(self._store(), self._revocations)

    def _store(self) -> SessionStore:
        if "://" in self.place:
            return RedisSessionStore(self.place, timeout=1.0)
        return SQLiteSessionStore(self.place)

    async def start(self) -> None:
        for app in self.apps:
            await self._stack.enter_async_context(LiveClient(app))

    async def browser(self, worker: int, cookie: str = "") -> LiveClient:
        cookies = {"session": cookie} if cookie else None
        client = LiveClient(self.apps[worker], cookies=cookies, lifespan=False)
        return await self._stack.enter_async_context(client)

    async def words(self, worker: int, cookie: str) -> list[str]:
        """Return the words in the session of a copied cookie, at one of the workers."""
        return [*(await (await self.browser(worker, cookie)).get("/read")).json()]


@pytest.fixture
async def workers(breakable: Breakable) -> AsyncIterator[Workers]:
    async with AsyncExitStack() as stack:
        workers = Workers(breakable.place, stack)
        await workers.start()
        yield workers


async def until_empty(workers: Workers, worker: int, cookie: str) -> None:
    """Wait until a copied cookie is no longer valid at a worker."""

    async def is_empty() -> bool:
        return not await workers.words(worker, cookie)

    await poll(is_empty)


async def until_answering(workers: Workers, worker: int, cookie: str) -> None:
    """Wait until the store of a worker is available again."""
    await poll(lambda: workers.words(worker, cookie))


async def test_a_copy_of_the_cookie_is_invalid_everywhere(
    workers: Workers, breakable: Breakable, caplog: pytest.LogCaptureFixture
) -> None:
    users = [await workers.browser(0) for _ in range(3)]
    witness = await workers.browser(0)
    for number, client in enumerate([*users, witness]):
        await client.post(f"/login/p{number}")
    copies = [client.cookies["session"] for client in users]
    breakable.stop()
    for client in users:
        assert (await client.post("/logout")).status_code == 200
        assert "session" not in client.cookies
    breakable.restart()
    await until_answering(workers, 1, witness.cookies["session"])
    for cookie in copies:
        await until_empty(workers, 1, cookie)
        assert await workers.words(0, cookie) == []
    assert await workers.words(0, witness.cookies["session"]) == ["user_id"]
    await eventually(lambda: "from the outage" in caplog.text)
    messages = [line.message for line in caplog.records if "from the outage" in line.message]
    assert messages == ["wrote 3 signed-out sessions from the outage of their store"]
    assert "stays good" not in caplog.text


async def test_its_pages_end_at_other_workers(workers: Workers, breakable: Breakable) -> None:
    client = await workers.browser(0)
    await client.post("/login/ada")
    reader = await workers.browser(1, client.cookies["session"])
    page = await reader.open("/dash")
    assert page.connected
    breakable.stop()
    await client.post("/logout")
    breakable.restart()
    await page.wait_for(lambda page: page.status == 403, timeout=10)


async def test_cookies_of_unknown_sessions_are_ignored(
    workers: Workers, breakable: Breakable, caplog: pytest.LogCaptureFixture
) -> None:
    witness = await workers.browser(0)
    await witness.post("/login/ada")
    breakable.stop()
    for _ in range(5):
        stranger = await workers.browser(0, token_urlsafe(32))
        assert (await stranger.post("/logout")).status_code == 200
    breakable.restart()
    await eventually(lambda: "5 signed-out sessions" in caplog.text)
    assert await workers.words(1, witness.cookies["session"]) == ["user_id"]


class Forgetting:
    """A store that can become unavailable."""

    def __init__(self) -> None:
        self.away = True
        self.forgotten: list[str] = []

    async def forget(self, key: str) -> None:
        if self.away:
            raise StoreUnavailable("away")
        self.forgotten.append(key)


async def test_invented_cookies_do_not_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(backlog, "MOST", 3)
    store = Forgetting()
    waiting = Backlog(store.forget, "keys")
    for number in range(10):
        await waiting.add(str(number), exists=False)
    await waiting.add("a real one", exists=True)
    store.away = False
    await waiting.close()
    assert store.forgotten == ["0", "1", "2", "a real one"]
    assert caplog.text.count("dropping others") == 1


async def test_a_cookie_that_is_sent_again_takes_no_more_space(tmp_path: Path) -> None:
    waiting = Backlog(Forgetting().forget, "keys")
    await waiting.keep_in(Spools("shop", [tmp_path]).of("keys"))
    for _ in range(10):
        await waiting.add("a", exists=False)
    (file,) = (tmp_path / FOLDER).iterdir()
    assert len(file.read_text().splitlines()) == 2, "the first line and one key"
    await waiting.close()


async def test_lost_sign_outs_are_logged_at_the_end(caplog: pytest.LogCaptureFixture) -> None:
    waiting = Backlog(Forgetting().forget, "keys")
    await waiting.add("a", exists=True)
    await waiting.close()
    assert "1 keys are lost: their store was unavailable until the worker stopped" in caplog.text
    assert "a" not in waiting


async def test_an_outage_during_the_request(tmp_path: Path) -> None:
    """The store becomes unavailable after the session was loaded and before the sign-out is saved."""
    folder = BreakableFolder(tmp_path)
    async with AsyncExitStack() as stack:
        workers = Workers(folder.place, stack)
        await workers.start()
        client = await workers.browser(0)
        await client.post("/login/ada")
        copied = client.cookies["session"]
        slow = asyncio.create_task(client.post("/logout?after=0.2"))
        await asyncio.sleep(0.03)  # the session is loaded, and not saved yet
        folder.stop()
        assert (await slow).status_code == 200
        folder.restart()
        await until_empty(workers, 1, copied)
