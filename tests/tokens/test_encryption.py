"""Encrypted tokens: round trip, tampering, purposes, expiry and rotation of the secret."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pyview.tokens.encryption import Encryptor
from pyview.tokens.secrets import InvalidToken, Secrets
from tests.attack.target import decodings

OLD, NEW = "an old secret that is long enough, 0123456789", "a new secret that is long enough, 0123456789"
ENCRYPTOR = Encryptor(Secrets(NEW), "test.v1")
# One token for all examples: another one would differ from run to run, so that a failure could not be repeated.
TOKEN = ENCRYPTOR.encrypt("text")


def reason(encryptor: Encryptor, token: object, max_age: int = 3600) -> str:
    with pytest.raises(InvalidToken) as caught:
        encryptor.decrypt(token, max_age)
    return caught.value.reason


@given(st.text(st.characters(codec="utf-8")))
def test_round_trip(text: str) -> None:
    assert ENCRYPTOR.decrypt(ENCRYPTOR.encrypt(text), 30) == text


def test_the_text_is_not_readable_and_every_token_differs() -> None:
    text = "a long and well-known text " * 20
    tokens = [ENCRYPTOR.encrypt(text) for _ in range(50)]
    assert len({token[20:60] for token in tokens}) == 50, "after the version and the time comes a random part"
    for token in tokens:
        for decoded in decodings(token):
            assert b"well-known" not in decoded


@given(st.integers(0), st.integers(1, 255))
def test_a_changed_byte_is_detected(position: int, change: int) -> None:
    token = bytearray(TOKEN.encode())
    token[position % len(token)] ^= change
    assert reason(ENCRYPTOR, token.decode("latin-1")) in ("missing", "signature")


@given(st.integers(0, len(TOKEN)), st.text("AZaz09-_.=+/ \n", min_size=1, max_size=3))
def test_inserted_characters_are_detected(position: int, inserted: str) -> None:
    """Decoders of base64 skip characters that are not in the alphabet."""
    assert reason(ENCRYPTOR, TOKEN[:position] + inserted + TOKEN[position:]) == "signature"


@given(st.integers(1, len(TOKEN)))
def test_a_shortened_token_is_detected(length: int) -> None:
    assert reason(ENCRYPTOR, TOKEN[:-length]) == "signature"


@given(st.one_of(st.none(), st.integers(), st.binary(), st.lists(st.text()), st.text()))
@example("gAAAAA==")
@example(TOKEN.encode())
def test_anything_else_is_not_a_token(token: object) -> None:
    assert reason(ENCRYPTOR, token) in ("missing", "signature")


@given(st.text(min_size=1).filter(lambda purpose: purpose != "test.v1" and purpose.isascii()))
def test_a_token_of_another_purpose_is_invalid(purpose: str) -> None:
    assert reason(Encryptor(Secrets(NEW), purpose), TOKEN) == "signature"


def test_a_token_of_another_secret_or_application_is_invalid() -> None:
    assert reason(Encryptor(Secrets(OLD), "test.v1"), TOKEN) == "signature"
    assert reason(Encryptor(Secrets(NEW).for_application("other"), "test.v1"), TOKEN) == "signature"


@given(st.text(st.characters(codec="utf-8")))
def test_rotation_of_the_secret(text: str) -> None:
    before, after = Encryptor(Secrets(OLD), "test.v1"), Encryptor(Secrets(NEW, [OLD]), "test.v1")
    assert after.decrypt(before.encrypt(text), 30) == text
    assert reason(before, after.encrypt(text)) == "signature", "fallbacks encrypt nothing"
    assert ENCRYPTOR.decrypt(after.encrypt(text), 30) == text


def at(now: float) -> Encryptor:
    return Encryptor(Secrets(NEW), "test.v1", lambda: now)


def test_expiry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1000.0)
    token = at(0).encrypt("text")
    for now in (940, 1000, 1030):
        assert at(now).decrypt(token, 30) == "text"
    for now in (0, 939, 1031, 10**11):
        assert reason(at(now), token, 30) == "expired"
    with pytest.raises(InvalidToken, match="signature"):
        Encryptor(Secrets(OLD), "test.v1", lambda: 1e11).decrypt(token, 30)
