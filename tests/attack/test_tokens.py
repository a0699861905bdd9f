"""Tokens of a page are invalid with the cookie of another browser, after sign-out, and under another secret."""

from base64 import urlsafe_b64decode
from difflib import SequenceMatcher
from itertools import pairwise
from json import loads

import pytest

from pyview import PyView, SecurityConfig
from pyview.testing import LiveClient
from pyview.tokens.secrets import Secrets
from tests.asgi import shift_time
from tests.attack.target import (
    SECRET,
    STALE,
    UNAUTHORIZED,
    AppState,
    attempt,
    decodings,
    joined,
    page_of,
    sign_in,
    sign_out,
    target,
)


async def test_a_page_joins_with_its_own_cookie_again_and_again(client: LiveClient, state: AppState) -> None:
    await sign_in(client, "alice")
    page = await page_of(client, "/dashboard")
    for _ in range(3):
        status, response = await attempt(client, page)
        assert status == "ok"
        assert "alice" in str(response["rendered"])
    assert state.mounts("dashboard") == 3


class TestReplay:
    async def test_after_sign_out(self, client: LiveClient, state: AppState) -> None:
        await sign_in(client, "alice")
        page, public = await page_of(client, "/dashboard"), await page_of(client, "/")
        await sign_out(client)
        assert await attempt(client, page) == STALE
        assert await attempt(client, public) == STALE
        assert state.calls.total() == 0

    async def test_with_another_user_s_cookie(
        self, client: LiveClient, other: LiveClient, state: AppState
    ) -> None:
        await sign_in(client, "alice")
        await sign_in(other, "bob")
        for url in ("/dashboard", "/", "/items/1"):
            assert await attempt(other, await page_of(client, url)) == STALE
        assert state.calls.total() == 0

    async def test_with_no_cookie(self, client: LiveClient, other: LiveClient, state: AppState) -> None:
        await sign_in(client, "alice")
        for url in ("/dashboard", "/"):
            assert await attempt(other, await page_of(client, url)) == STALE
        assert state.calls.total() == 0

    async def test_with_another_user_s_own_csrf_token(
        self, client: LiveClient, other: LiveClient, state: AppState
    ) -> None:
        """Bob has his own cookies and CSRF token, and the page of another user."""
        await sign_in(client, "alice")
        await sign_in(other, "bob")
        alices, bobs = await page_of(client, "/dashboard"), await page_of(other, "/dashboard")
        params = {"_csrf_token": bobs.csrf, "_mounts": 0}
        assert await attempt(other, alices, params=params) == STALE
        assert state.calls.total() == 0

    async def test_on_another_topic_of_the_same_session(self, client: LiveClient, state: AppState) -> None:
        await sign_in(client, "alice")
        one, two = await page_of(client, "/dashboard"), await page_of(client, "/dashboard")
        assert await attempt(client, two, session=one.session) == STALE
        assert state.calls.total() == 0

    async def test_on_another_view(self, client: LiveClient, state: AppState) -> None:
        await sign_in(client, "root")
        page = await page_of(client, "/dashboard")
        assert await attempt(client, page, url="http://testserver/admin") == UNAUTHORIZED
        assert state.calls.total() == 0

    async def test_for_another_path_of_the_same_view(self, client: LiveClient) -> None:
        page = await page_of(client, "/items/1")
        assert (await attempt(client, page, url="http://testserver/items/2"))[0] == "ok"

    async def test_on_another_topic(self, client: LiveClient, state: AppState) -> None:
        mine, theirs = await page_of(client, "/"), await page_of(client, "/")
        async with client.raw_socket() as socket:
            assert await joined(socket, theirs.topic, mine.join()) == STALE
            assert await joined(socket, mine.topic + "x", mine.join()) == STALE
        assert state.calls.total() == 0

    async def test_of_another_application(self, client: LiveClient, state: AppState) -> None:
        page = await page_of(client, "/")
        stranger = Secrets("another secret that is long enough for everybody").signer("page.v1")
        forged = stranger.sign({"n": "n", "i": page.id.removeprefix("phx-"), "v": "x", "r": "/", "b": ""})
        assert await attempt(client, page, session=forged) == STALE
        assert state.calls.total() == 0

    async def test_after_it_expired(self, state: AppState, monkeypatch: pytest.MonkeyPatch) -> None:
        app = target(state, SecurityConfig(page_token_max_age=0))
        async with LiveClient(app) as client:
            page = await page_of(client, "/")
            shift_time(monkeypatch, 2)
            assert await attempt(client, page) == STALE
        assert state.calls.total() == 0

    @pytest.mark.parametrize("token", [None, "", 5, "x.y.z", ["a"], {"a": 1}])
    async def test_values_that_are_no_token(self, client: LiveClient, state: AppState, token: object) -> None:
        page = await page_of(client, "/")
        assert await attempt(client, page, session=token) == STALE
        assert state.calls.total() == 0

    async def test_every_character_is_signed(self, client: LiveClient, state: AppState) -> None:
        page = await page_of(client, "/")
        for position in range(0, len(page.session) - 1, 7):
            changed = "A" if page.session[position] != "A" else "B"
            token = page.session[:position] + changed + page.session[position + 1 :]
            assert await attempt(client, page, session=token) == STALE
        assert state.calls.total() == 0


class TestSignedInMeanwhile:
    async def test_a_page_from_before_the_sign_in_is_stale_after_it(
        self, client: LiveClient, state: AppState
    ) -> None:
        page = await page_of(client, "/")
        assert (await attempt(client, page))[0] == "ok"
        await sign_in(client, "alice")
        assert await attempt(client, page) == STALE
        assert "user=alice" in (await page_of(client, "/")).html

    async def test_the_page_reloads_after_the_sign_in(self, client: LiveClient) -> None:
        page = await client.open("/")
        assert "user=None" in page.text
        await sign_in(client, "alice")
        await page.reconnect()
        assert "user=alice" in page.text


class TestNoSessionDataInThePage:
    @pytest.mark.parametrize("url", ["/", "/dashboard"])
    async def test_no_key_and_no_value(self, client: LiveClient, url: str) -> None:
        await sign_in(client, "alice")
        page = await page_of(client, url)
        for text in decodings(page.html):
            assert b"oauth" not in text
            assert b"S3CRET" not in text
            assert b"_pv_sid" not in text

    async def test_no_session_data_over_the_socket(self, client: LiveClient) -> None:
        await sign_in(client, "alice")
        page = await page_of(client, "/dashboard")
        assert "oauth" not in str(await attempt(client, page))


class TestCsrf:
    @pytest.mark.parametrize("token", [None, "", 5, "AAAA", "A" * 88])
    async def test_a_join_without_it_is_stale(
        self, client: LiveClient, state: AppState, token: object
    ) -> None:
        page = await page_of(client, "/")
        assert await attempt(client, page, params={"_csrf_token": token}) == STALE
        assert await attempt(client, page, params={}) == STALE
        assert state.calls.total() == 0

    async def test_of_an_anonymous_page_with_a_victim_s_cookie(
        self, client: LiveClient, other: LiveClient, state: AppState
    ) -> None:
        await sign_in(client, "alice")
        page, anonymous = await page_of(client, "/dashboard"), await page_of(other, "/")
        assert await attempt(client, page, params={"_csrf_token": anonymous.csrf}) == STALE
        assert state.calls.total() == 0

    async def test_of_another_user(self, client: LiveClient, other: LiveClient, state: AppState) -> None:
        await sign_in(client, "alice")
        await sign_in(other, "bob")
        page, theirs = await page_of(client, "/dashboard"), await page_of(other, "/dashboard")
        assert await attempt(client, page, params={"_csrf_token": theirs.csrf}) == STALE
        assert state.calls.total() == 0

    async def test_a_live_navigation_needs_it_too(self, client: LiveClient, state: AppState) -> None:
        page = await page_of(client, "/")
        payload = page.join(params={"_csrf_token": ""}, redirect="http://testserver/items/1")
        del payload["url"]
        async with client.raw_socket() as socket:
            assert await joined(socket, page.topic, payload) == STALE
        assert state.calls.total() == 0

    async def test_the_connection_s_own_is_enough(self, client: LiveClient) -> None:
        page = await page_of(client, "/")
        params = {"vsn": "2.0.0", "_csrf_token": page.csrf}
        async with client.raw_socket(params=params) as socket:
            assert (await joined(socket, page.topic, page.join(params={})))[0] == "ok"


async def test_two_loads_of_one_page_have_tokens_without_a_common_part(client: LiveClient) -> None:
    await sign_in(client, "alice")
    pages = [await page_of(client, "/dashboard") for _ in range(8)]
    assert len({page.csrf for page in pages}) == len({page.session for page in pages}) == 8
    claims = [loads(urlsafe_b64decode(page.session.split(".")[0] + "==")) for page in pages]
    for place in (0, 3, 4):  # the page's id, the nonce and the code of the binding
        assert len({claim[place] for claim in claims}) == 8
    for one, two in pairwise(pages):
        match = SequenceMatcher(None, one.csrf, two.csrf, autojunk=False).find_longest_match()
        assert match.size < 6


async def test_a_restart_with_the_same_secret_keeps_pages_alive(state: AppState, client: LiveClient) -> None:
    """Two workers or a restart: pages of one process are valid in another if the secret is the same."""
    page = await page_of(client, "/")
    async with LiveClient(target(state)) as restarted:
        assert (await attempt(restarted, page))[0] == "ok"


async def test_with_another_secret_pages_reload(state: AppState, client: LiveClient) -> None:
    page = await page_of(client, "/")
    app = PyView(secret=f"{SECRET} but another one")
    async with LiveClient(app) as restarted:
        assert await attempt(restarted, page) == STALE
