"""Page, CSRF, flash and reload tokens: bound to page and session, and different at every load."""

import hmac
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyview.config import SecurityConfig
from pyview.tokens.page import PageToken, Tokens
from pyview.tokens.secrets import InvalidToken, Secrets

SECRET = "Zm9yIHRlc3RzIG9ubHksIG5vdCBmb3IgYW55IHNpdGU="
OLDER = "YW4gb2xkZXIgb25lLCBhbHNvIGZvciB0ZXN0cyBvbmx5Li4="
ALICE, BOB, VISITOR = "a" * 64, "b" * 64, ""


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> Tokens:
    return Tokens(Secrets(SECRET), SecurityConfig(), clock)


def mint(tokens: Tokens, binding: str, page_id: str = "phx-1") -> str:
    return tokens.mint_page_token(PageToken(page_id, "app:Dashboard", "default"), binding)


def refusal(tokens: Tokens, token: object, binding: str, page_id: str = "phx-1") -> str:
    with pytest.raises(InvalidToken) as caught:
        tokens.read_page_token(token, page_id, binding)
    return caught.value.reason


@pytest.mark.parametrize("binding", [ALICE, VISITOR])
def test_a_page_token_has_the_claims_of_its_page(tokens: Tokens, binding: str) -> None:
    page = tokens.read_page_token(mint(tokens, binding), "phx-1", binding)
    assert page == PageToken("phx-1", "app:Dashboard", "default")


@pytest.mark.parametrize(
    ("minted_for", "joined_by"),
    [(ALICE, BOB), (ALICE, VISITOR), (VISITOR, ALICE)],
    ids=["another user", "after sign-out", "after sign-in"],
)
def test_a_page_token_is_invalid_for_another_session(tokens: Tokens, minted_for: str, joined_by: str) -> None:
    assert refusal(tokens, mint(tokens, minted_for), joined_by) == "binding"


def test_a_page_token_is_bound_to_its_page(tokens: Tokens) -> None:
    assert refusal(tokens, mint(tokens, ALICE), ALICE, "phx-2") == "page"


def test_a_page_token_expires(tokens: Tokens, clock: Clock) -> None:
    token = mint(tokens, ALICE)
    clock.now += 24 * 3600 + 2
    assert refusal(tokens, token, ALICE) == "expired"


@pytest.mark.parametrize("token", [None, 3, "", "x", "a.b.c", "ü", ["x"]])
def test_other_values_are_not_page_tokens(tokens: Tokens, token: object) -> None:
    assert refusal(tokens, token, ALICE) in ("missing", "signature")


def test_a_flash_token_is_not_a_page_token(tokens: Tokens) -> None:
    flash = tokens.mint_flash_token({"n": "", "i": "phx-1", "v": "", "r": "", "b": ""})
    assert refusal(tokens, flash, VISITOR) == "signature"


def test_pages_and_csrf_tokens_survive_a_rotation_of_the_secret() -> None:
    before = Tokens(Secrets(OLDER), SecurityConfig())
    after = Tokens(Secrets(SECRET, [OLDER]), SecurityConfig())
    assert after.read_page_token(mint(before, ALICE), "phx-1", ALICE).view == "app:Dashboard"
    assert after.check_csrf_token(before.mint_csrf_token("phx-1", ALICE), "phx-1", ALICE)
    assert not before.check_csrf_token(after.mint_csrf_token("phx-1", ALICE), "phx-1", ALICE)


@pytest.mark.parametrize("binding", [ALICE, VISITOR])
def test_tokens_of_the_version_before_are_valid(tokens: Tokens, binding: str) -> None:
    """A page that is open during an update joins again with the tokens that it has."""
    keys, nonce = Secrets(SECRET), "bm9uY2U="
    digest = hmac.digest(keys.keys("binding.v1")[0], f"{nonce}.{binding}".encode(), "sha256")
    code = urlsafe_b64encode(digest[:16]).decode() if binding else ""
    claims = {"n": nonce, "i": "phx-1", "v": "app:Dashboard", "g": "default", "b": code}
    token = keys.signer("page.v3").sign(claims)
    assert tokens.read_page_token(token, "phx-1", binding) == PageToken("phx-1", "app:Dashboard", "default")
    assert refusal(tokens, token, BOB) == "binding"
    assert refusal(tokens, token, binding, "phx-2") == "page"


def masked_csrf_token(subject: str) -> str:
    """A CSRF token of the version before: a mask, and the code under it."""
    code, mask = hmac.digest(Secrets(SECRET).keys("csrf.v1")[0], subject.encode(), "sha256"), b"m" * 32
    return urlsafe_b64encode(mask + bytes(a ^ b for a, b in zip(code, mask, strict=True))).decode()


def test_csrf_tokens_of_the_version_before_are_valid(tokens: Tokens) -> None:
    assert tokens.check_csrf_token(masked_csrf_token("page.phx-1"), "phx-1", VISITOR)
    assert not tokens.check_csrf_token(masked_csrf_token("page.phx-1"), "phx-2", VISITOR)
    assert tokens.check_csrf_token(masked_csrf_token(f"session.{ALICE}"), "phx-1", ALICE)
    assert not tokens.check_csrf_token(masked_csrf_token(f"session.{ALICE}"), "phx-1", BOB)


@given(st.integers(0, 29), st.integers(1, 255))
def test_a_changed_byte_of_a_csrf_token_is_detected(position: int, change: int) -> None:
    tokens = Tokens(Secrets(SECRET), SecurityConfig())
    raw = bytearray(urlsafe_b64decode(tokens.mint_csrf_token("phx-1", ALICE)))
    raw[position] ^= change
    assert not tokens.check_csrf_token(urlsafe_b64encode(raw).decode(), "phx-1", ALICE)


def test_the_binding_is_not_in_the_token(tokens: Tokens) -> None:
    body, _, _ = mint(tokens, ALICE).partition(".")
    assert ALICE.encode() not in urlsafe_b64decode(body + "==")


def test_tokens_of_one_page_differ_at_every_load(tokens: Tokens) -> None:
    """Compression of a page reveals nothing about its tokens (BREACH)."""
    assert mint(tokens, ALICE) != mint(tokens, ALICE)
    codes = {urlsafe_b64decode(tokens.mint_csrf_token("phx-1", ALICE)) for _ in range(50)}
    for position in range(30):
        assert len({code[position] for code in codes}) > 1


def test_a_csrf_token_is_valid_for_every_page_of_its_session(tokens: Tokens) -> None:
    token = tokens.mint_csrf_token("phx-1", ALICE)
    assert tokens.check_csrf_token(token, "phx-1", ALICE)
    assert tokens.check_csrf_token(token, "phx-2", ALICE)
    assert not tokens.check_csrf_token(token, "phx-1", BOB)
    assert not tokens.check_csrf_token(token, "phx-1", VISITOR)


def test_without_a_session_a_csrf_token_is_valid_for_its_page(tokens: Tokens) -> None:
    token = tokens.mint_csrf_token("phx-1", VISITOR)
    assert tokens.check_csrf_token(token, "phx-1", VISITOR)
    assert not tokens.check_csrf_token(token, "phx-2", VISITOR)
    assert not tokens.check_csrf_token(token, "phx-1", ALICE)


@given(st.one_of(st.text(), st.none(), st.integers(), st.text("ABCxyz019-_=", min_size=36, max_size=92)))
def test_other_values_are_not_csrf_tokens(token: object) -> None:
    assert not Tokens(Secrets(SECRET), SecurityConfig()).check_csrf_token(token, "phx-1", ALICE)


def test_a_flash_token_expires_after_a_minute(tokens: Tokens, clock: Clock) -> None:
    token = tokens.mint_flash_token({"info": "Saved <b>"})
    assert tokens.read_flash_token(token) == {"info": "Saved <b>"}
    clock.now += 62
    assert tokens.read_flash_token(token) == {}
    assert tokens.read_flash_token("forged") == {}
    assert tokens.read_flash_token(None) == {}


def test_a_reload_token_has_a_status(tokens: Tokens, clock: Clock) -> None:
    token = tokens.mint_reload_token(404)
    assert tokens.read_reload_token(token) == 404
    assert tokens.read_reload_token(tokens.mint_flash_token({"status": 404})) is None
    clock.now += 62
    assert tokens.read_reload_token(token) is None
