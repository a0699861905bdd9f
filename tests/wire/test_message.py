"""Decoding and encoding of frames; any other data raises MalformedFrame and nothing else."""

import json

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyview.wire.message import (
    FRAME_END,
    Frame,
    MalformedFrame,
    decode,
    decode_binary,
    encode,
    frame_head,
    reply,
)

texts = st.text(max_size=20)
refs = st.none() | texts
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=10,
)


@given(refs, refs, texts, texts, json_values)
def test_encoded_frames_are_decoded(
    join_ref: str | None, ref: str | None, topic: str, event: str, payload: object
) -> None:
    text = encode(join_ref, ref, topic, event, payload)
    assert decode(text.decode(), max_depth=64) == Frame(join_ref, ref, topic, event, payload)


@given(refs, refs, texts, texts, json_values)
def test_a_frame_in_parts_is_the_frame(
    join_ref: str | None, ref: str | None, topic: str, event: str, payload: object
) -> None:
    whole = encode(join_ref, ref, topic, event, payload)
    assert frame_head(join_ref, ref, topic, event) + orjson.dumps(payload) + FRAME_END == whole


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "null",
        "{}",
        "[]",
        "[1,2,3,4]",
        '["1","1","t","e"]',
        '["1","1","t","e",{},1]',
        '[1,"1","t","e",{}]',
        '["1",1,"t","e",{}]',
        '["1","1",null,"e",{}]',
        '["1","1","t",[],{}]',
        '["1","1","t","e",' + "[" * 100_000 + "]" * 100_000 + "]",
        '["1","1","\\ud800","e",{}]',
        "NaN",
    ],
)
def test_malformed_text_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(MalformedFrame) as caught:
        decode(text, max_depth=64)
    assert len(str(caught.value)) < 80


def test_depth_counts_nesting_not_brackets_in_text() -> None:
    brackets = {"text": "[{" * 500}
    assert decode(encode("1", "1", "t", "e", brackets).decode(), max_depth=8).payload == brackets
    deep: object = "leaf"
    for _ in range(9):
        deep = [deep]
    with pytest.raises(MalformedFrame, match="nested deeper than 8"):
        decode(encode("1", "1", "t", "e", deep).decode(), max_depth=8)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_frame_or_malformed(data: bytes) -> None:
    try:
        frame = decode_binary(data)
    except MalformedFrame:
        return
    assert isinstance(frame.payload, bytes)


def test_binary_push_as_the_client_writes_it() -> None:
    data = bytes.fromhex("00020205053132 31346c76753a306368756e6bdeadbe".replace(" ", ""))
    assert decode_binary(data) == Frame("12", "14", "lvu:0", "chunk", b"\xde\xad\xbe")


def test_reply_has_status_and_response() -> None:
    assert json.loads(reply("4", "7", "lv:x", "ok", {})) == [
        "4",
        "7",
        "lv:x",
        "phx_reply",
        {"status": "ok", "response": {}},
    ]
