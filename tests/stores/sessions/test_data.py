"""Session data is decoded as it was encoded, or refused."""

import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyview.stores.sessions import decode, encode

plain = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
values = st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)


@given(st.dictionaries(st.text(), values))
def test_json_is_decoded_as_it_was_encoded(session: dict[str, object]) -> None:
    assert decode(encode(session)) == session


@pytest.mark.parametrize(
    "value", [datetime.now(UTC), uuid.uuid4(), object(), {1, 2}, b"x", float("nan"), float("inf")]
)
def test_values_that_are_not_json_are_refused(value: object) -> None:
    with pytest.raises(TypeError, match="A session can have JSON values only"):
        encode({"key": [value]})


def test_a_session_that_contains_itself_is_refused() -> None:
    session: dict[str, object] = {}
    session["self"] = session
    with pytest.raises(TypeError, match="JSON values only"):
        encode(session)


@pytest.mark.parametrize("data", [b"[]", b"", b"\x80\x04K\x01.", b"null"])
def test_data_that_is_not_a_session_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        decode(data)
