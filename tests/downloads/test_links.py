"""Who gets a file: the user of the view, once, for a minute, as long as the view may be seen."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any

import pytest
from starlette.requests import ClientDisconnect
from starlette.types import Message

from pyview import LiveView, PyView, SecurityConfig
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, Page
from tests.asgi import eventually, http_scope
from tests.downloads.views import ROLES, SECRET, Socket, application
from tests.workers.broker import Broker
from tests.workers.cluster import Cluster, cluster_of

SIZE = 3_000_000


async def large() -> AsyncIterator[bytes]:
    for _ in range(3):
        yield b"x" * (SIZE // 3)


OFFERS: dict[str, Any] = {
    "get": lambda socket: socket.download("secret", filename="file.txt"),
    "large": lambda socket: socket.download(large, filename="large.bin"),
}


@pytest.fixture(autouse=True)
def roles() -> Iterator[None]:
    ROLES.clear()
    ROLES.update(ada={"export"}, bob={"export"})
    yield
    ROLES.clear()


def worker(broker: Broker) -> PyView:
    return application(OFFERS, pubsub=broker)


async def offered(client: LiveClient, path: str = "/guarded", event: str = "get") -> tuple[Page, str]:
    """Return a page that was offered a file, and the URL of the file."""
    page = await client.open(path)
    await page.push(event)
    (url,) = page._tab.state.downloads
    return page, url


@pytest.fixture(params=["same worker", "other worker"])
async def cluster(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Cluster, LiveClient]]:
    """Two workers. The page is at the first; the test calls `away()` before it fetches the file."""
    async with cluster_of(2, worker) as (found, client):
        found.fetch_at = 0 if request.param == "same worker" else 1  # type: ignore[attr-defined]
        await client.get("/sign-in/ada")
        yield found, client


def away(cluster: Cluster) -> None:
    cluster.to = cluster.fetch_at  # type: ignore[attr-defined]


async def test_the_user_of_the_view_gets_the_file_once(cluster: tuple[Cluster, LiveClient]) -> None:
    workers, client = cluster
    _, url = await offered(client)
    away(workers)
    assert (await client.head(url)).status_code == 200
    response = await client.get(url)
    assert (response.status_code, response.text) == (200, "secret")
    again = await client.get(url)
    assert again.status_code == 410
    assert "each link works once" in again.text


async def test_a_large_file_arrives_whole(cluster: tuple[Cluster, LiveClient]) -> None:
    workers, client = cluster
    _, url = await offered(client, event="large")
    away(workers)
    assert len((await client.get(url)).content) == SIZE


async def test_another_user_does_not_get_it_and_does_not_use_it_up(
    cluster: tuple[Cluster, LiveClient], caplog: pytest.LogCaptureFixture
) -> None:
    workers, client = cluster
    _, url = await offered(client)
    away(workers)
    async with LiveClient(workers, lifespan=False) as other:
        await other.get("/sign-in/bob")
        refused = await other.get(url)
        assert refused.status_code == 403
        assert "secret" not in refused.text
    assert "a download is for another user" in caplog.text
    assert (await client.get(url)).text == "secret"


async def test_after_the_sign_out_it_is_refused(cluster: tuple[Cluster, LiveClient]) -> None:
    workers, client = cluster
    _, url = await offered(client)
    away(workers)
    await client.get("/sign-out")
    assert (await client.get(url)).status_code == 403


async def test_a_lost_role_loses_the_file(cluster: tuple[Cluster, LiveClient]) -> None:
    workers, client = cluster
    _, url = await offered(client)
    ROLES["ada"] = set()
    away(workers)
    assert (await client.get(url)).status_code == 403


async def test_a_visitor_gets_the_file_of_an_open_page_in_the_same_browser_only() -> None:
    app = application(OFFERS)
    async with LiveClient(app) as client:
        _, url = await offered(client, "/")
        async with LiveClient(app, lifespan=False) as other:
            assert (await other.get(url)).status_code == 403
        assert (await client.get(url)).text == "secret"


async def test_two_requests_at_once_get_one_file(cluster: tuple[Cluster, LiveClient]) -> None:
    workers, client = cluster
    _, url = await offered(client)
    away(workers)
    responses = await asyncio.gather(*(client.get(url) for _ in range(5)))
    assert sorted(each.status_code for each in responses) == [200, 410, 410, 410, 410]


@pytest.mark.parametrize("token", ["x", "a" * 5000, "..%2F..", "WyJhIiwiYiJd.x.y"])
async def test_a_made_up_link_is_not_found_and_asks_no_worker(token: str) -> None:
    async with cluster_of(2, worker) as (found, client):
        assert (await client.get(f"/live/download/{token}")).status_code == 404
        assert not found.calls


async def test_a_link_of_another_application_is_not_valid() -> None:
    foreign = PyView(secret="an0ther-s3cret-of-at-least-thirty-two-bytes")
    token = foreign._tokens.mint_download_token("a", "b")
    async with LiveClient(application(OFFERS)) as client:
        assert (await client.get(f"/live/download/{token}")).status_code == 404


async def test_a_link_expires_and_frees_its_content() -> None:
    app = application(OFFERS, security=SecurityConfig(download_max_age=0.05))
    async with LiveClient(app) as client:
        _, url = await offered(client, "/")
        assert len(app.app_context.downloads) == 1
        await eventually(lambda: len(app.app_context.downloads) == 0)
        assert (await client.get(url)).status_code == 410


async def test_the_oldest_file_of_a_view_is_dropped_beyond_the_limit() -> None:
    app = application(OFFERS, security=SecurityConfig(max_pending_downloads=2))
    async with LiveClient(app) as client:
        page = await client.open("/")
        for _ in range(5):
            await page.push("get")
        assert len(app.app_context.downloads) == 2
        assert [(await client.get(url)).status_code for url in page._tab.state.downloads] == [
            *(410, 410, 410),
            *(200, 200),
        ]


async def test_the_oldest_contents_of_a_worker_are_dropped_beyond_its_memory() -> None:
    app = application(OFFERS, security=SecurityConfig(max_pending_download_bytes=15))
    async with LiveClient(app) as client:
        pages = [await offered(client, "/") for _ in range(4)]
        assert len(app.app_context.downloads) == 2
        assert (await client.get(pages[-1][1])).text == "secret"


async def test_a_worker_that_has_gone_leaves_a_clear_answer() -> None:
    async with cluster_of(2, worker) as (found, client):
        await client.get("/sign-in/ada")
        _, url = await offered(client)
        await found.workers[0]._shared.workers.close()
        found.to = 1
        assert (await client.get(url)).status_code == 410


async def test_a_fetch_that_breaks_off_releases_the_file_at_the_other_worker() -> None:
    ended: list[str] = []

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 1000
        finally:
            ended.append("closed")

    offers = {"get": lambda socket: socket.download(endless, filename="file.bin")}
    async with cluster_of(2, lambda broker: application(offers, pubsub=broker)) as (found, client):
        _, url = await offered(client, "/")
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        await broken_off(found.workers[1], url, cookies)
        await eventually(lambda: ended == ["closed"])


async def broken_off(app: PyView, url: str, cookies: str) -> None:
    """Fetch a file, and close the connection after its first bytes."""
    first = asyncio.Event()

    async def receive() -> Message:
        await first.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message.get("body"):
            first.set()
            await asyncio.sleep(0)  # as a server does, which waits for its socket

    headers = [(b"host", b"testserver"), (b"cookie", cookies.encode())]
    with suppress(ClientDisconnect):
        await app(http_scope(url, headers=headers), receive, send)
    assert first.is_set()


async def test_a_download_is_in_the_audit_trail(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pyview.security")
    async with LiveClient(application(OFFERS)) as client:
        await client.get("/sign-in/ada")
        page, _ = await offered(client)
        await page.download()
    (record,) = [each for each in caplog.records if getattr(each, "event", "") == "file.downloaded"]
    assert "file.txt of " in record.subject  # type: ignore[attr-defined]
    assert "ada" in record.user  # type: ignore[attr-defined]


async def test_the_first_page_offers_nothing() -> None:
    class Eager(LiveView[Any]):
        template = LiveTemplate.from_string("<p>{{ n }}</p>", "eager.html")

        async def mount(self, socket: Socket, session: Any) -> None:
            socket.context = {"n": 1}
            socket.download(b"x", filename="file.bin")

    app = PyView(secret=SECRET)
    app.add_live_view("/", Eager)
    async with LiveClient(app) as client:
        await client.get("/")
        assert len(app.app_context.downloads) == 0
        page = await client.open("/")
        assert (await page.download()).content == b"x"


async def test_a_plain_handler_in_a_thread_may_offer_a_file() -> None:
    class Threaded(LiveView[Any]):
        template = LiveTemplate.from_string("<p>{{ n }}</p>", "threaded.html")

        def mount(self, socket: Socket, session: Any) -> None:
            socket.context = {"n": 1}

        def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
            socket.download(b"x", filename="file.bin")

    app = PyView(secret=SECRET)
    app.add_live_view("/", Threaded)
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.push("get")
        assert (await page.download()).content == b"x"
