"""Sign-in with OpenID at a provider on a real socket: state, nonce, PKCE, and forged requests."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from examples.auth_oauth.app import app
from tests.browser.server import serving


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(app) as url:
        yield url


@pytest.fixture
def browser(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, follow_redirects=True, headers={"origin": address}) as client:
        yield client


def at_the_provider(browser: httpx.Client) -> httpx.URL:
    """Follow the page's redirects up to the provider's form."""
    response = browser.get("/")
    assert response.status_code == 200, response.text
    assert "Toy provider" in response.text
    return response.url


def test_a_sign_in_leads_to_the_requested_page(browser: httpx.Client) -> None:
    form = at_the_provider(browser)
    asked = parse_qs(form.query.decode())
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    assert asked["code_challenge_method"] == ["S256"]
    page = browser.post(form, data={"name": "Grace"})
    assert page.url.path == "/"
    assert "Hello, Grace" in page.text
    assert "toy:grace" in page.text
    out = browser.post("/logout")
    assert "Toy provider" in out.text


def test_a_callback_with_another_browsers_state_is_refused(browser: httpx.Client, address: str) -> None:
    form = at_the_provider(browser)
    browser.follow_redirects = False
    callback = browser.post(form, data={"name": "Mallory"}).headers["location"]
    with httpx.Client(base_url=address) as victim:
        answer = victim.get(callback)
        assert (answer.status_code, "oauth_session" in victim.cookies) == (400, False)


def test_a_code_is_valid_once_and_with_its_verifier_only(browser: httpx.Client, address: str) -> None:
    form = at_the_provider(browser)
    browser.follow_redirects = False
    callback = browser.post(form, data={"name": "Ada"}).headers["location"]
    code = parse_qs(urlsplit(callback).query)["code"][0]
    stolen = {"grant_type": "authorization_code", "code": code, "redirect_uri": f"{address}/callback"}
    with httpx.Client(base_url=address, auth=("pyview-example", "example-client-secret")) as thief:
        assert thief.post("/openid/token", data={**stolen, "code_verifier": "guess"}).status_code == 400
    assert browser.get(callback).status_code == 400


def test_next_never_leads_to_another_site(browser: httpx.Client) -> None:
    form = browser.get("/login?next=https://evil.example/").url
    assert browser.post(form, data={"name": "Eve"}).url.host == "127.0.0.1"
