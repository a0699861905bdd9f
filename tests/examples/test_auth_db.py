"""Accounts in a database: every page, and who may not see it."""

import json
import time
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from itertools import count
from uuid import uuid4

import pytest
from itsdangerous import TimestampSigner
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from examples.auth_db import services
from examples.auth_db.app import SESSION_COOKIE, SESSION_SECRET, app
from examples.auth_db.browsers import named
from examples.auth_db.devices import ago
from examples.auth_db.passwords import Passwords
from examples.auth_db.services import DEMO_PASSWORD
from examples.auth_db.users import key_of
from pyview.sessions.tracking import SIGNED_IN_AT
from pyview.testing import LiveClient, Page, PageError

ADDRESSES = count(1)
ADA = "correct horse battery"
REFUSED = "Wrong name or password."
WITHIN = (
    10.0  # a second is promised, which a busy machine does not keep; who is only asked again stays a minute
)

Browser = Callable[[], Awaitable[LiveClient]]


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use Argon2 at a hundredth of its cost."""
    affordable = Passwords(PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),)))
    for name, value in vars(affordable).items():
        monkeypatch.setattr(services.passwords, name, value)
    monkeypatch.setattr(services, "demo_hash", affordable.hash(DEMO_PASSWORD))


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """Return a function that opens browsers of one application, each with an address of its own."""
    async with app.router.lifespan_context(app), AsyncExitStack() as stack:

        async def open_one() -> LiveClient:
            address = (f"192.0.2.{next(ADDRESSES) % 256}", 50000)
            return await stack.enter_async_context(LiveClient(app, client=address, lifespan=False))

        yield open_one


async def register(client: LiveClient, name: str = "Ada", password: str = ADA) -> Page:
    page = await client.open("/register")
    await page.submit("#register", {"name": name, "password": password})
    return page


async def sign_in(client: LiveClient, name: str = "Ada", password: str = ADA, at: str = "/") -> Page:
    page = await client.open(at)
    await page.submit("#sign-in", {"name": name, "password": password})
    return page


async def status(client: LiveClient, path: str) -> int:
    return (await client.get(path)).status_code


async def id_of(name: str) -> str:
    return next(str(user.id) for user in await services.users.all() if user.name == name)


def let_time_pass(client: LiveClient, seconds: float) -> None:
    """Move the sign-in into the past: the session is signed, and the test knows the key."""
    cookie = next(cookie for cookie in client.cookies.jar if cookie.name == SESSION_COOKIE)
    signer = TimestampSigner(SESSION_SECRET)
    session = json.loads(b64decode(signer.unsign(cookie.value or "")))
    session[SIGNED_IN_AT] -= seconds
    cookie.value = signer.sign(b64encode(json.dumps(session).encode())).decode()


def is_out(page: Page) -> bool:
    return page.path.startswith("/?next=") and page.exists("#sign-in")


async def goes_out(page: Page) -> None:
    """Wait until the page shows the sign-in. The server sends it there, or closes its socket: then it comes back."""
    await page.wait_for(lambda page: is_out(page) or not page.connected, WITHIN)
    if not is_out(page):
        await page.reconnect()
    assert is_out(page)


# The way in


@pytest.mark.parametrize("path", ["/devices", "/password", "/confirm", "/users"])
async def test_visitors_are_redirected_to_the_sign_in_page(browser: Browser, path: str) -> None:
    page = await (await browser()).open(path)
    assert page.path == f"/?next=%2F{path[1:]}"
    assert page.find("h1").text == "Sign in"


async def test_a_new_user_is_signed_in(browser: Browser) -> None:
    client = await browser()
    page = await register(client)
    assert (page.path, page.connected) == ("/devices", True)
    assert page.find("h1").text == "Hello, Ada"
    assert page.has_text("Welcome, Ada.")
    assert page.find(".rows li .tag").text == "this one"
    assert (await client.open("/")).path == "/devices"


@pytest.mark.parametrize(
    ("name", "password", "problem"),
    [
        ("  ADMIN ", ADA, "The name ADMIN is taken."),
        ("A", ADA, "A name has 2 to 30 characters."),
        ("A" * 31, ADA, "A name has 2 to 30 characters."),
        ("Ada", "short", "A password has at least 10 characters."),
        ("Ada", "x" * 201, "A password has at least 10 characters."),
    ],
)
async def test_invalid_input_creates_no_account(
    browser: Browser, name: str, password: str, problem: str
) -> None:
    client = await browser()
    page = await register(client, name, password)
    assert page.find(".error").text.startswith(problem)
    assert SESSION_COOKIE not in client.cookies
    assert is_out(await client.open("/devices"))


async def test_sign_in_leads_to_the_requested_page(browser: Browser) -> None:
    client = await browser()
    page = await sign_in(client, "admin", DEMO_PASSWORD, at="/users")
    assert (page.path, page.connected) == ("/users", True)


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
async def test_no_redirect_to_another_site(browser: Browser, target: str) -> None:
    client = await browser()
    page = await client.open("/")
    await page.open(str((await client.get("/", params={"next": target})).request.url))
    await page.submit("#sign-in", {"name": "admin", "password": DEMO_PASSWORD})
    assert page.url == "http://testserver/devices"


async def test_names_are_case_insensitive(browser: Browser) -> None:
    await register(await browser(), "Zoë  Meyer")
    page = await sign_in(await browser(), " ZOË meyer ")
    assert page.find("h1").text == "Hello, Zoë Meyer"


async def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(browser: Browser) -> None:
    client = await browser()
    wrong = await sign_in(client, "admin", "wrong password")
    unknown = await sign_in(client, "nobody", "wrong password")
    assert wrong.find(".error").text == unknown.find(".error").text == REFUSED
    assert wrong.value("#name") == "admin"
    assert SESSION_COOKIE not in client.cookies


async def test_an_unknown_name_takes_as_long_as_a_wrong_password() -> None:
    passwords = Passwords(PasswordHash((Argon2Hasher(time_cost=2, memory_cost=4096, parallelism=1),)))
    real = passwords.hash(ADA)

    async def seconds(password_hash: str | None) -> float:
        began = time.perf_counter()
        assert not await passwords.fits("wrong password", password_hash)
        return time.perf_counter() - began

    known = min([await seconds(real) for _ in range(3)])
    assert min([await seconds(None) for _ in range(3)]) > known / 4


async def test_after_too_many_failures_the_right_password_is_refused_too(browser: Browser) -> None:
    await register(await browser())
    guesser = await browser()
    for turn in range(5):
        assert (await sign_in(guesser, password=f"wrong password {turn}")).find(".error").text == REFUSED
    page = await sign_in(guesser)
    assert page.find(".error").text.startswith("Too many attempts")
    assert SESSION_COOKIE not in guesser.cookies
    assert (await sign_in(await browser())).path == "/devices"


async def test_without_the_script_the_password_is_not_in_the_url(
    browser: Browser,
) -> None:
    client = await browser()
    for path, form in {"/": "#sign-in", "/register": "#register"}.items():
        assert (await client.open(path)).find(form)["method"] == "post"


async def test_the_cookie_is_http_only_and_has_no_user_data(browser: Browser) -> None:
    client = await browser()
    await register(client)
    cookie = next(cookie for cookie in client.cookies.jar if cookie.name == SESSION_COOKIE)
    assert cookie.has_nonstandard_attr("httponly")
    session = json.loads(b64decode((cookie.value or "").partition(".")[0]))
    assert {key for key in session if not key.startswith("_pv_")} == {"device"}


# Once more the password


async def test_a_change_of_password_ends_the_other_devices(
    browser: Browser,
) -> None:
    here, there = await browser(), await browser()
    await register(here)
    elsewhere = await sign_in(there)
    page = await here.open("/password")
    await page.submit("#password-form", {"password": "short"})
    assert page.find(".error").text.startswith("A password has")
    assert elsewhere.connected
    await page.submit("#password-form", {"password": "quite another sentence"})
    assert page.find("h1").text == "Your password is changed"
    await goes_out(elsewhere)
    assert (await sign_in(there)).find(".error").text == REFUSED
    assert (await sign_in(there, password="quite another sentence")).path == "/devices"


async def test_later_the_password_is_required_again(browser: Browser) -> None:
    client = await browser()
    await register(client)
    let_time_pass(client, 6 * 60)
    before = client.cookies[SESSION_COOKIE]
    other = await client.open("/devices")
    page = await client.open("/password")
    assert page.path == "/confirm?next=%2Fpassword"
    await page.submit("#confirm", {"password": "wrong password"})
    assert page.find(".error").text == REFUSED
    assert await status(client, "/password") == 303
    await page.submit("#confirm", {"password": ADA})
    assert (page.path, page.connected) == ("/password", True)
    await other.settle(0.3)
    assert (other.path, other.connected) == ("/devices", True)
    assert len(other.find_all(".rows li")) == 1
    thief = await browser()
    thief.cookies.set(SESSION_COOKIE, before)
    assert is_out(await thief.open("/devices"))


async def test_the_confirmation_is_throttled(browser: Browser) -> None:
    client = await browser()
    await register(client)
    let_time_pass(client, 6 * 60)
    page = await client.open("/password")
    for _ in range(5):
        await page.submit("#confirm", {"password": "wrong password"})
    await page.submit("#confirm", {"password": ADA})
    assert page.find(".error").text.startswith("Too many attempts")
    assert await status(client, "/password") == 303


async def test_the_confirmation_does_not_redirect_to_another_site(browser: Browser) -> None:
    client = await browser()
    await register(client)
    page = await client.open("/confirm?next=//evil.example")
    await page.submit("#confirm", {"password": ADA})
    assert page.url == "http://testserver/password"


# Where one is signed in


async def test_a_new_device_appears_and_is_ended_from_another(browser: Browser) -> None:
    here, there = await browser(), await browser()
    page = await register(here)
    elsewhere = await sign_in(there)
    await page.wait_for(lambda page: len(page.find_all(".rows li")) == 2)
    copied = there.cookies[SESSION_COOKIE]
    await page.click(".rows li:not(:has(.tag)) button")
    await page.wait_for(lambda page: len(page.find_all(".rows li")) == 1)
    await goes_out(elsewhere)
    assert page.connected
    thief = await browser()
    thief.cookies.set(SESSION_COOKIE, copied)
    assert is_out(await thief.open("/devices"))
    assert (await sign_in(there)).path == "/devices"


async def test_a_user_cannot_end_devices_of_others(browser: Browser) -> None:
    ada, eve = await browser(), await browser()
    victim = await register(ada)
    attacker = await register(eve, "Eve")
    session = json.loads(b64decode(ada.cookies[SESSION_COOKIE].partition(".")[0]))
    await attacker.push("end", {"device": session["device"]})
    await victim.settle(0.3)
    assert victim.connected
    assert (await ada.open("/devices")).find("h1").text == "Hello, Ada"


async def test_sign_out_ends_this_device_only(browser: Browser) -> None:
    here, there = await browser(), await browser()
    page, elsewhere = await register(here), await sign_in(there)
    tab = await here.open("/password")
    copied = here.cookies[SESSION_COOKIE]
    await page.click(".rows li:has(.tag) button")
    assert page.path == "/"
    assert page.exists("#sign-in")
    await goes_out(tab)
    await elsewhere.wait_for(lambda page: len(page.find_all(".rows li")) == 1)
    assert elsewhere.connected
    thief = await browser()
    thief.cookies.set(SESSION_COOKIE, copied)
    assert is_out(await thief.open("/devices"))


async def test_sign_out_everywhere_ends_all_devices_of_the_user_only(browser: Browser) -> None:
    here, there, others = await browser(), await browser(), await browser()
    page, elsewhere = await register(here), await sign_in(there)
    somebody = await register(others, "Grace")
    await page.click("button", "Sign out everywhere")
    assert page.path == "/"
    await goes_out(elsewhere)
    assert somebody.connected
    assert is_out(await there.open("/devices"))
    assert (await sign_in(there)).find("h1").text == "Hello, Ada"


# The staff


async def test_members_do_not_see_the_list_of_users(browser: Browser) -> None:
    client = await browser()
    page = await register(client)
    assert not page.exists(".tabs a[href=users]")
    assert await status(client, "/users") == 403


async def test_support_staff_cannot_suspend(browser: Browser) -> None:
    victim = await register(await browser())
    page = await sign_in(await browser(), "helper", DEMO_PASSWORD, at="/users")
    assert page.exists(".rows li", "Ada")
    assert not page.exists(".rows button")
    with pytest.raises(PageError, match="forbidden"):
        await page.push("suspend", {"account": await id_of("Ada"), "suspended": "yes"})
    assert page.connected
    assert not page.exists(".rows .returned")
    assert victim.connected


async def test_a_suspended_user_is_signed_out_until_reinstated(browser: Browser) -> None:
    ada, staff = await browser(), await browser()
    page = await sign_in(staff, "admin", DEMO_PASSWORD, at="/users")
    victim = await register(ada)
    await page.wait_for("li", text="Ada")
    await page.click("button[aria-label='Suspend Ada']")
    await page.wait_for(".rows .returned", text="suspended")
    await goes_out(victim)
    assert (await sign_in(ada)).find(".error").text == REFUSED
    await page.click("button[aria-label='Reinstate Ada']")
    await page.wait_for(lambda page: not page.exists(".rows .returned"))
    assert (await sign_in(ada)).path == "/devices"


async def test_an_admin_cannot_suspend_themselves(browser: Browser) -> None:
    page = await sign_in(await browser(), "admin", DEMO_PASSWORD, at="/users")
    await page.push("suspend", {"account": await id_of("admin"), "suspended": "yes"})
    assert page.find(".flash.error").text.startswith("You cannot suspend yourself")
    await page.push("suspend", {"account": str(uuid4()), "suspended": "yes"})
    assert page.find(".flash.error").text.startswith("This account does not exist.")


async def test_every_page_links_to_the_others(browser: Browser) -> None:
    page = await sign_in(await browser(), "admin", DEMO_PASSWORD)
    for label in ("Password", "Users", "Devices"):
        await page.click(".tabs a", label)
        assert page.find(".tabs [aria-current]").text == label
        assert page.connected


# Words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "just now"), (59, "just now"), (60, "1 minute ago"), (7300, "2 hours ago"), (86400, "1 day ago")],
)
def test_ago(seconds: float, words: str) -> None:
    assert ago(seconds) == words


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0",
            "Edge on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari on iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
            "Chrome on Android",
        ),
        ("curl/8.0", "A browser"),
    ],
)
def test_names_of_browsers(agent: str, name: str) -> None:
    assert named(agent) == name


def test_key_of_a_name() -> None:
    assert key_of("\N{FULLWIDTH LATIN CAPITAL LETTER A}da") == key_of(" aDA ") == "ada"
