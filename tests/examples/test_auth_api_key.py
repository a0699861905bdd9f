"""The page that needs an API key: in the URL, in a header, or in the socket's sub-protocol."""

from base64 import urlsafe_b64encode

import pytest

from examples.auth_api_key.app import API_KEY, app
from pyview.testing import LiveClient
from tests.frames import connect, join, load


def bearer(key: str) -> list[str]:
    return ["phoenix", "base64url.bearer.phx." + urlsafe_b64encode(key.encode()).decode().rstrip("=")]


async def test_a_browser_with_the_key_in_the_url_is_live() -> None:
    async with LiveClient(app) as client:
        page = await client.open(f"/?api_key={API_KEY}")
        assert page.connected
        before = page.find(".count").text
        await page.wait_for(lambda page: page.find(".count").text != before)


@pytest.mark.parametrize("path", ["/", "/?api_key=", "/?api_key=wrong"])
async def test_without_the_key_the_page_is_refused(path: str) -> None:
    async with LiveClient(app) as client:
        assert (await client.get(path)).status_code == 401


async def test_a_program_sends_headers_and_a_bearer_token() -> None:
    async with LiveClient(app, headers={"authorization": f"Bearer {API_KEY}"}) as client:
        page = await load(client, "/")
    async with LiveClient(app) as client:
        async with connect(client, page, subprotocols=bearer(API_KEY)) as socket:
            assert socket.subprotocol == "phoenix"
            assert (await join(socket, page))[0] == "ok"
        async with connect(client, page, subprotocols=bearer("wrong")) as socket:
            assert await join(socket, page) == ["error", {"reason": "unauthorized"}]
        async with connect(client, page, subprotocols=["phoenix", "base64url.bearer.phx.%%%"]) as socket:
            assert await join(socket, page) == ["error", {"reason": "unauthorized"}]
        async with connect(client, page) as socket:
            assert await join(socket, page) == ["error", {"reason": "unauthorized"}]


async def test_a_wrong_key_does_not_loop() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/?api_key=wrong")
        assert page.status == 401
