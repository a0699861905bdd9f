"""Tokens that a browser carries and cannot read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyview.tokens.encryption import Encryptor
from pyview.tokens.secrets import InvalidToken, Secrets
from tests.attack.target import decodings

OLD, NEW = "an old secret that is long enough, 0123456789", "a new secret that is long enough, 0123456789"
SEALER = Encryptor(Secrets(NEW), "test.v1")
TOKEN = SEALER.seal("text")  # one for all examples: a token made anew has another length and other letters


@given(st.text())
def test_what_was_sealed_is_opened(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        return
    assert SEALER.open(SEALER.seal(text), 30) == text


def test_nothing_of_it_can_be_read_and_no_two_are_alike() -> None:
    text = "a long and well-known text " * 20
    tokens = [SEALER.seal(text) for _ in range(50)]
    assert len({token[:60] for token in tokens}) == 50
    for token in tokens:
        for decoded in decodings(token):
            assert b"well-known" not in decoded


@given(st.data())
def test_a_changed_token_is_refused(data: st.DataObject) -> None:
    token = TOKEN
    position = data.draw(st.integers(0, len(token) - 2))
    other = data.draw(st.sampled_from("AZaz09-_.").filter(lambda char: char != token[position]))
    with pytest.raises(InvalidToken):
        SEALER.open(token[:position] + other + token[position + 1 :], 3600)


@pytest.mark.parametrize("other", [Encryptor(Secrets(NEW), "other.v1"), Encryptor(Secrets(OLD), "test.v1")])
def test_another_purpose_or_secret_opens_nothing(other: Encryptor) -> None:
    with pytest.raises(InvalidToken):
        other.open(SEALER.seal("text"), 30)


def test_after_a_rotation_old_tokens_are_opened_and_new_ones_sealed_anew() -> None:
    before, after = Encryptor(Secrets(OLD), "test.v1"), Encryptor(Secrets(NEW, [OLD]), "test.v1")
    assert after.open(before.seal("text"), 30) == "text"
    with pytest.raises(InvalidToken):
        before.open(after.seal("text"), 30)
    assert SEALER.open(after.seal("text"), 30) == "text"


def test_it_expires() -> None:
    now = [0.0]
    sealer = Encryptor(Secrets(NEW), "test.v1", lambda: now[0])
    token = Encryptor(Secrets(NEW), "test.v1").seal("text")
    with pytest.raises(InvalidToken):
        sealer.open(token, 30)  # made in the far future of this clock
    now[0] = 1e11
    with pytest.raises(InvalidToken, match="expired"):
        sealer.open(token, 30)
