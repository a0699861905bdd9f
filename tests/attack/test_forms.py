"""Cross-site forms: another website cannot sign its visitor in or out (login CSRF)."""

import pytest

from pyview import SecurityConfig
from pyview.testing import LiveClient
from tests.attack.target import AppState, joined, page_of, sign_in, target

FROM_ELSEWHERE = [
    {"sec-fetch-site": "cross-site", "origin": "https://evil.example"},
    {"sec-fetch-site": "same-site", "origin": "http://evil.testserver"},
    {"origin": "https://evil.example"},
    {"origin": "null"},
]


@pytest.mark.parametrize("headers", FROM_ELSEWHERE)
async def test_login_and_logout_from_another_site(client: LiveClient, headers: dict[str, str]) -> None:
    refused = await client.post("/auth/login", data={"user": "root"}, headers=headers)
    assert refused.status_code == 403
    assert "set-cookie" not in refused.headers
    await sign_in(client, "alice")
    assert (await client.post("/auth/logout", headers=headers)).status_code == 403
    assert (await client.get("/dashboard")).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://testserver"},
        {"origin": "http://testserver", "sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate"},
    ],
)
async def test_the_documented_forms_work_in_every_browser(
    client: LiveClient, headers: dict[str, str]
) -> None:
    response = await client.post("/auth/login", data={"user": "alice"}, headers=headers)
    assert response.headers["location"] == "/dashboard"
    assert (await client.get("/dashboard")).status_code == 200
    assert (await client.post("/auth/logout", headers=headers)).status_code == 303
    assert (await client.get("/dashboard")).status_code == 303


async def test_webhooks_where_configured(state: AppState) -> None:
    app = target(state, SecurityConfig(cross_site_paths=["/auth/log*"]))
    async with LiveClient(app) as client:
        response = await client.post("/auth/login", data={"user": "bob"}, headers=FROM_ELSEWHERE[0])
        assert response.status_code == 303


async def test_sockets_are_left_to_their_own_check(client: LiveClient) -> None:
    page = await page_of(client, "/")
    async with client.raw_socket(headers={"sec-fetch-site": "cross-site"}) as socket:
        assert (await joined(socket, page.topic, page.join()))[0] == "ok"
