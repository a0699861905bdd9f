"""Secrets and signers: sources of the secret, weak secrets, purposes, expiry and rotation."""

import hashlib
import hmac
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import TimestampSigner
from itsdangerous.encoding import base64_encode

from pyview.tokens.mac import Mac
from pyview.tokens.secrets import CLOCK_SKEW, InvalidToken, SecretError, Secrets, check_secret, get_secret

STRONG = "Zm9yIHRlc3RzIG9ubHksIG5vdCBmb3IgYW55IHNpdGU="
OLDER = "YW4gb2xkZXIgb25lLCBhbHNvIGZvciB0ZXN0cyBvbmx5Li4="


def reason(secrets: Secrets, token: object, purpose: str = "page", max_age: float = 60) -> str:
    with pytest.raises(InvalidToken) as caught:
        secrets.signer(purpose).read(token, max_age)
    return caught.value.reason


def test_the_secret_of_the_environment() -> None:
    signed = Secrets.from_environment({"PYVIEW_SECRET": STRONG}).signer("page").sign([1])
    assert Secrets(STRONG).signer("page").read(signed, 60) == [1]


def test_the_secret_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(f"{STRONG}\n")
    secrets = Secrets.from_environment({"PYVIEW_SECRET": "", "PYVIEW_SECRET_FILE": str(path)})
    assert not secrets.generated
    assert Secrets(STRONG).signer("page").read(secrets.signer("page").sign("x"), 60) == "x"


def test_the_error_of_a_missing_file_says_how_to_create_it(tmp_path: Path) -> None:
    missing = tmp_path / "nothing"
    with pytest.raises(SecretError, match=r"PYVIEW_SECRET_FILE.*openssl rand -base64 32"):
        Secrets.from_environment({"PYVIEW_SECRET_FILE": str(missing)})


def test_an_empty_file_raises(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("\n")
    with pytest.raises(SecretError, match=r"PYVIEW_SECRET_FILE=.* is empty.*openssl rand -base64 32"):
        Secrets.from_environment({"PYVIEW_SECRET_FILE": str(tmp_path / "secret")})


def test_the_message_of_a_weak_secret_names_its_source(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("short")
    file = {"PYVIEW_SECRET_FILE": str(tmp_path / "secret")}
    assert (
        Secrets.from_environment({"PYVIEW_SECRET": "short"})
        .problems()[0]
        .startswith("PYVIEW_SECRET has 5 bytes")
    )
    assert f"PYVIEW_SECRET_FILE='{tmp_path}" in Secrets.from_environment(file).problems()[0]
    given = Secrets.from_environment({"PYVIEW_SECRET": STRONG}, "short")
    assert given.problems()[0].startswith("PyView(secret=...) has 5 bytes")


def test_the_variable_takes_precedence_over_the_file(tmp_path: Path) -> None:
    environ = {"PYVIEW_SECRET": STRONG, "PYVIEW_SECRET_FILE": str(tmp_path / "missing")}
    signed = Secrets(STRONG).signer("page").sign(1)
    assert Secrets.from_environment(environ).signer("page").read(signed, 60) == 1


def test_fallbacks_apply_to_a_secret_in_code() -> None:
    rotated = Secrets.from_environment({"PYVIEW_SECRET_FALLBACKS": OLDER}, STRONG)
    assert rotated.signer("page").read(Secrets(OLDER).signer("page").sign("old"), 60) == "old"
    assert rotated.signer("page").read(Secrets(STRONG).signer("page").sign("new"), 60) == "new"


@pytest.mark.parametrize("environ", [{}, {"PYVIEW_SECRET": ""}, {"PYVIEW_SECRET": "  "}])
def test_unset_and_empty_mean_a_random_secret(environ: dict[str, str]) -> None:
    secrets = Secrets.from_environment(environ)
    assert secrets.generated
    assert secrets.problems() == ["PYVIEW_SECRET is not set"]
    assert reason(Secrets.from_environment(environ), secrets.signer("page").sign(1)) == "signature"


def test_a_fallback_verifies_and_never_signs() -> None:
    rotated = Secrets.from_environment({"PYVIEW_SECRET": STRONG, "PYVIEW_SECRET_FALLBACKS": f" {OLDER} ,"})
    assert rotated.signer("page").read(Secrets(OLDER).signer("page").sign("old"), 60) == "old"
    assert reason(Secrets(OLDER), rotated.signer("page").sign("new")) == "signature"
    assert Secrets(STRONG).signer("page").read(rotated.signer("page").sign("new"), 60) == "new"


def test_weak_fallbacks_are_reported() -> None:
    assert Secrets(STRONG, ["short"]).problems() == [
        "a secret of PYVIEW_SECRET_FALLBACKS has 5 bytes, fewer than 32, and can be guessed"
    ]
    assert Secrets(STRONG, [OLDER]).problems() == []


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "not set"),
        ("   ", "not set"),
        ("a", "has 1 bytes"),
        ("change-me-in-production", "documentation"),
        ("your-secret-key", "documentation"),
        ("your-secret-key-here", "documentation"),
        ("...", "documentation"),
        ("ab" * 20, "repeats"),
        (b"x" * 64, "repeats"),
    ],
)
def test_weak_secrets_are_reported(value: str | bytes, problem: str) -> None:
    assert problem in (check_secret(value) or "")


def test_the_documented_way_to_make_one_is_strong() -> None:
    assert check_secret(STRONG) is None


def test_get_secret_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYVIEW_SECRET", STRONG)
    assert get_secret() == STRONG
    monkeypatch.setenv("PYVIEW_SECRET", "")
    monkeypatch.delenv("PYVIEW_SECRET_FILE", raising=False)
    assert check_secret(get_secret()) is None


def test_tokens_of_one_purpose_are_invalid_for_another() -> None:
    secrets = Secrets(STRONG)
    assert reason(secrets, secrets.signer("flash").sign(1), "page") == "signature"
    assert set(secrets.keys("page")).isdisjoint(secrets.keys("flash"))


@pytest.mark.parametrize("age", [0, 58, 2 - CLOCK_SKEW])
def test_a_token_is_valid_until_it_expires(age: float) -> None:
    secrets = Secrets(STRONG)
    token = secrets.signer("page").sign("x")
    assert secrets.signer("page", lambda: time.time() + age).read(token, 60) == "x"


@pytest.mark.parametrize("age", [63, 1e9, -3 - CLOCK_SKEW])
def test_an_expired_token_and_one_from_the_future_are_invalid(age: float) -> None:
    secrets = Secrets(STRONG)
    token = secrets.signer("page").sign("x")
    with pytest.raises(InvalidToken, match="expired"):
        secrets.signer("page", lambda: time.time() + age).read(token, 60)


def test_the_repr_has_no_secret() -> None:
    assert STRONG not in repr(Secrets(STRONG)) + str(Secrets(STRONG))


@given(st.one_of(st.text(), st.integers(), st.none(), st.lists(st.integers()), st.binary()))
def test_other_values_are_not_tokens(token: object) -> None:
    assert reason(Secrets(STRONG), token) in ("missing", "signature")


# One for all examples: its time is a part of a token, so that one made anew differs from run to run.
TOKEN = Secrets(STRONG).signer("page").sign({"n": "abc"})


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_a_code_is_that_of_the_standard_library(key: bytes, message: bytes) -> None:
    assert Mac(key).digest(message) == hmac.digest(key, message, "sha256")


def test_a_token_is_that_of_itsdangerous() -> None:
    """Pages that were open during a deploy have tokens that itsdangerous has signed."""
    secrets = Secrets(STRONG)
    signer = TimestampSigner(secrets.keys("page")[0], key_derivation="none", digest_method=hashlib.sha256)
    older = signer.sign(base64_encode(b'{"n":"a"}')).decode()
    assert secrets.signer("page").read(older, 60) == {"n": "a"}
    signer.unsign(secrets.signer("page").sign({"n": "a"}), max_age=60)


@given(st.integers(0), st.integers(1, 255))
def test_a_changed_byte_is_detected(position: int, change: int) -> None:
    secrets, token = Secrets(STRONG), bytearray(TOKEN.encode())
    position %= len(token)
    token[position] ^= change
    assert reason(secrets, token.decode("latin-1")) in ("missing", "signature")


def test_a_signature_has_one_spelling() -> None:
    """Decoders of base64 take `+` for `-`, `/` for `_`, and any bits that are left over."""
    signer = Secrets(STRONG).signer("page")
    tokens = [signer.sign({"n": number}) for number in range(40)]
    others = [token.replace("-", "+").replace("_", "/") for token in tokens]
    assert sum(token != other for token, other in zip(tokens, others, strict=True)) > 10
    last = [token[:-1] + chr(ord(token[-1]) ^ 1) for token in tokens]
    for token, *forged in zip(tokens, others, last, strict=True):
        for other in forged:
            if other != token:
                with pytest.raises(InvalidToken):
                    signer.read(other, 60)
