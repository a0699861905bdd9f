"""Decode and encode the frames of the protocol, and encode values of the application as JSON.

Every text frame is `[join_ref, ref, topic, event, payload]` (Phoenix channels, serializer version 2). A binary
frame carries an upload chunk behind a header of one-byte lengths that count UTF-8 bytes.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import orjson
from markupsafe import Markup


def nested_deeper_than(data: Any, limit: int) -> bool:
    """Return True if lists and objects are nested more than `limit` levels deep.

    A loop over the levels, because deep data from a client must not exhaust the stack.
    """
    level = [data]
    for _ in range(limit + 1):
        level = [child for item in level for child in _children(item)]
        if not level:
            return False
    return True


def _children(item: Any) -> Any:
    if isinstance(item, dict):
        return item.values()
    return item if isinstance(item, list) else ()


class Frame(NamedTuple):
    """One decoded frame. `payload` is JSON data, `bytes` for a binary push, or `UNREAD`."""

    join_ref: str | None
    ref: str | None
    topic: str
    event: str
    payload: Any


as_tuple = tuple.__new__
"""Makes a named tuple from a sequence in its order, in a third of the time of the tuple's own constructor."""


class MalformedFrame(ValueError):
    """The data is no frame of the protocol. The text never quotes the payload, which may hold secrets of a user."""


def decode(text: str, max_depth: int) -> Frame:
    """Decode a text frame. Raises `MalformedFrame`."""
    try:
        fields = orjson.loads(text)
    except (ValueError, RecursionError):
        raise MalformedFrame("expected JSON") from None
    frame = frame_of(fields)
    if may_be_deeper_than(text, max_depth) and nested_deeper_than(frame.payload, max_depth):
        raise MalformedFrame(f"nested deeper than {max_depth}")
    return frame


def frame_of(fields: Any) -> Frame:
    """Return the frame of parsed JSON. Raises `MalformedFrame`."""
    if type(fields) is not list or len(fields) != 5:
        raise MalformedFrame("expected a JSON array of 5 elements")
    join_ref, ref, topic, event, _ = fields
    if type(topic) is not str or type(event) is not str:
        raise MalformedFrame("expected text for topic and event")
    if not (join_ref is None or type(join_ref) is str) or not (ref is None or type(ref) is str):
        raise MalformedFrame("expected text or null for join_ref and ref")
    return as_tuple(Frame, fields)


def may_be_deeper_than(text: str, limit: int) -> bool:
    """Return False if JSON text is certainly not nested more than `limit` levels deep, without parsing it."""
    # Each level opens and closes. Brackets inside strings are counted too.
    return len(text) > 2 * limit and text.count("[") + text.count("{") > limit


# A frame that has to wait is kept as text and is decoded at its turn: 25 frames of a megabyte, decoded when
# they came, took 533 MB.
UNREAD: Final = object()
"""The payload of a frame of which only the beginning has been decoded."""

_TEXT = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"'
_SPACE = r"[ \t\r\n]*+"
# Possessive quantifiers: no backtracking, however a client crafts the frame.
_HEAD = re.compile(
    rf"{_SPACE}\[{_SPACE}(?:{_TEXT}|null){_SPACE},{_SPACE}(?:{_TEXT}|null){_SPACE},"
    rf"{_SPACE}{_TEXT}{_SPACE},{_SPACE}{_TEXT}(?={_SPACE},)",
    re.DOTALL,
)


def decode_head(text: str) -> Frame:
    """Decode a text frame without its payload, which is `UNREAD`. Raises `MalformedFrame`."""
    head = _HEAD.match(text)
    if head is None:
        raise MalformedFrame("expected a JSON array of 5 elements, the first four text or null")
    try:
        # The pattern only finds the end of the head. The decoder checks the escapes and the control
        # characters.
        join_ref, ref, topic, event = orjson.loads(f"{head[0]}]")
    except ValueError:
        raise MalformedFrame("expected JSON") from None
    return Frame(join_ref, ref, topic, event, UNREAD)


# The server repeats both in every message of the channel.
_LONGEST_REF = 255  # bytes, as a binary frame counts them
_LONGEST_TOPIC = 255


def check_join(frame: Frame) -> str:
    """Return the ref of a join, which every message of the channel repeats.

    Raises `MalformedFrame` if `join_ref` is not the frame's own ref, or if the ref or the topic is too long.
    """
    ref = frame.join_ref
    if len(frame.topic) > _LONGEST_TOPIC:
        raise MalformedFrame(f"expected a topic of at most {_LONGEST_TOPIC} characters")
    if ref is None or ref != frame.ref or len(ref) > _LONGEST_REF:
        raise MalformedFrame(
            f"expected phx_join to carry its own ref as join_ref, of at most {_LONGEST_REF} characters"
        )
    return ref


_HEADER = 5


def decode_binary(data: bytes) -> Frame:
    """Decode a binary push: `0, len(join_ref), len(ref), len(topic), len(event)`, the four texts, the bytes.

    Raises `MalformedFrame`.
    """
    if len(data) < _HEADER or data[0] != 0:
        raise MalformedFrame("expected a binary push (kind 0) with a header of 5 bytes")
    texts: list[str] = []
    start = _HEADER
    for length in data[1:_HEADER]:
        texts.append(_text(data[start : start + length], length))
        start += length
    join_ref, ref, topic, event = texts
    # The binary header has no null: a text of length 0 stands for it.
    return Frame(join_ref or None, ref or None, topic, event, data[start:])


def encode_binary(join_ref: str, ref: str, topic: str, event: str, data: bytes) -> bytes:
    """Encode a binary push, as a client does. Raises `ValueError` for a text of more than 255 bytes."""
    texts = [text.encode() for text in (join_ref, ref, topic, event)]
    return bytes([0, *map(len, texts)]) + b"".join(texts) + data


def _text(raw: bytes, length: int) -> str:
    if len(raw) != length:
        raise MalformedFrame("a header length reaches past the end of the frame")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise MalformedFrame("expected UTF-8 in the header texts") from None


def encode(join_ref: str | None, ref: str | None, topic: str, event: str, payload: Any) -> bytes:
    """Encode a text frame as UTF-8. The payload is JSON data; an `orjson.Fragment` is written as it is."""
    return orjson.dumps((join_ref, ref, topic, event, payload))


def frame_head(join_ref: str | None, ref: str | None, topic: str, event: str) -> bytes:
    """Encode a text frame up to its payload. What follows is the payload as JSON, and `FRAME_END`."""
    return orjson.dumps((join_ref, ref, topic, event))[:-1] + b","


FRAME_END: Final = b"]"


def reply(join_ref: str | None, ref: str | None, topic: str, status: str, response: Any) -> bytes:
    """Encode the answer to the frame with that `ref` as UTF-8."""
    payload = {"status": status, "response": response}
    return orjson.dumps((join_ref, ref, topic, "phx_reply", payload))


class UnencodableValue(TypeError):
    """The value is not JSON-serialisable. The text names its purpose and its type."""


def encoded(value: Any, purpose: str) -> orjson.Fragment:
    """Return the value encoded as JSON, so that later changes of the value have no effect; see `json_text`.

    Encoding at once also raises the error in the code that made the value.
    """
    return orjson.Fragment(json_text(value, purpose))


def json_text(value: Any, purpose: str) -> bytes:
    """Return the value as JSON in UTF-8.

    Besides JSON's own types: dataclasses, datetimes, UUIDs, enums, sets, mappings, pydantic models and objects with
    `__json__()`. Raises `UnencodableValue`.
    """
    try:
        # Without this option orjson refuses every key but a plain `str`: integers, UUIDs, enums, `Markup`.
        return orjson.dumps(value, default=_plain, option=orjson.OPT_NON_STR_KEYS)
    except (TypeError, ValueError) as error:
        raise UnencodableValue(
            f"{purpose} needs JSON data, got {type(value).__name__}: {error}. "
            "Send dicts, lists, text, numbers, dataclasses or pydantic models."
        ) from error


def _plain(value: Any) -> Any:
    if isinstance(value, Markup):
        return str.__str__(value)
    # orjson itself encodes tuples, but no subclass of them: named tuples come here.
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value)
    own = getattr(value, "__json__", None)
    if own is not None:
        return own()
    dump = getattr(value, "model_dump", None)
    if dump is not None:
        return dump(mode="json")
    raise TypeError(f"type {type(value).__name__} is not JSON serializable")
