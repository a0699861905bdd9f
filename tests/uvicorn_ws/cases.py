"""A table of RFC 6455: bytes that a client sends after the handshake, and the frames that an echo must answer with.

The number after each name is the section of the RFC.
"""

from dataclasses import dataclass, field, replace

from tests.uvicorn_ws.raw import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Frame, close, encode
from tests.uvicorn_ws.server import MOST_BYTES

BAD_UTF8 = {
    "a lone continuation byte": b"a\x80",
    "a cut sequence": b"\xe2\x82",
    "an overlong form": b"\xc0\xaf",
    "a surrogate": b"\xed\xa0\x80",
    "beyond U+10FFFF": b"\xf4\x90\x80\x80",
    "an impossible byte": b"\xff",
    "a cut sequence before ASCII": b"\xe2\x82a",
}
GOOD_UTF8 = [
    "",
    "\0",
    "é",
    "€",
    "\U0010ffff",
    "\ufffe",
    "\ufdd0",
    "κόσμε",
    "a" * 125,
    "a" * 126,
    "€" * 21_845,
]
SIZES = [0, 1, 125, 126, 127, 128, 4096, 8192, 8193, 65_535, 65_536, MOST_BYTES]
VALID_CODES = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999]
INVALID_CODES = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535]


@dataclass(frozen=True)
class Case:
    """`sent` is one frame in each part. Without a close frame in `answers` the connection must stay open."""

    name: str
    sent: list[bytes]
    answers: list[Frame] = field(default_factory=list)

    @property
    def ends(self) -> bool:
        return any(frame.opcode == CLOSE for frame in self.answers)

    @property
    def fails(self) -> bool:
        """Return True if the connection must be failed, with a code and any reason."""
        return self.ends and int.from_bytes(self.answers[-1].payload) in (1002, 1007, 1009)


def text(payload: bytes | str) -> Frame:
    return Frame(TEXT, payload.encode() if isinstance(payload, str) else payload)


def fragments(opcode: int, *parts: bytes) -> list[bytes]:
    """Return a message as one frame for each of `parts`."""
    last = len(parts) - 1
    return [encode(CONTINUATION if n else opcode, part, fin=n == last) for n, part in enumerate(parts)]


def fails(name: str, code: int, *sent: bytes) -> Case:
    return Case(name, list(sent), [close(code)])


def closed(name: str, sent: Frame, answer: Frame) -> Case:
    return Case(name, [encode(CLOSE, sent.payload)], [answer])


MESSAGES = [
    *(Case(f"a text of {size}, 5.6", [encode(TEXT, b"*" * size)], [text(b"*" * size)]) for size in SIZES),
    *(
        Case(f"bytes, {size} of them, 5.6", [encode(BINARY, b"\xfe" * size)], [Frame(BINARY, b"\xfe" * size)])
        for size in SIZES
    ),
    *(
        Case(f"the text {good[:5]!r} of {len(good)}, 5.6", [encode(TEXT, good.encode())], [text(good)])
        for good in GOOD_UTF8
    ),
    Case("bytes that are no UTF-8, 5.6", [encode(BINARY, b"\xff\xfe")], [Frame(BINARY, b"\xff\xfe")]),
    Case(
        "many messages, 5.4",
        [encode(TEXT, b"%d" % n) for n in range(200)],
        [text(f"{n}") for n in range(200)],
    ),
]
FRAGMENTS = [
    Case("two fragments, 5.4", fragments(TEXT, b"a", b"b"), [text("ab")]),
    Case("fragments of bytes, 5.4", fragments(BINARY, b"a", b"b", b"c"), [Frame(BINARY, b"abc")]),
    Case(
        "one fragment for each byte, 5.4",
        fragments(TEXT, *map(bytes, zip("a€\U0001f600b".encode()))),
        [text("a€\U0001f600b")],
    ),
    Case("empty fragments, 5.4", fragments(TEXT, b"", b"", b"a", b"", b""), [text("a")]),
    Case("only empty fragments, 5.4", fragments(TEXT, b"", b"", b""), [text("")]),
    Case(
        "a ping between fragments, 5.5.2",
        [*fragments(TEXT, b"a", b"b")[:1], encode(PING, b"!"), *fragments(TEXT, b"a", b"b")[1:]],
        [Frame(PONG, b"!"), text("ab")],
    ),
    Case(
        "two messages of fragments, 5.4",
        [*fragments(TEXT, b"a", b"b"), *fragments(BINARY, b"c", b"d")],
        [text("ab"), Frame(BINARY, b"cd")],
    ),
    Case(
        "fragments up to the limit",
        fragments(TEXT, *[b"*" * (MOST_BYTES // 10)] * 10),
        [text(b"*" * MOST_BYTES)],
    ),
    fails("a continuation of nothing, 5.4", 1002, encode(CONTINUATION, b"a")),
    fails("a continuation of nothing that is not the last, 5.4", 1002, encode(CONTINUATION, b"a", fin=False)),
    Case(
        "a continuation after the last fragment, 5.4",
        [*fragments(TEXT, b"a", b"b"), encode(CONTINUATION, b"c")],
        [text("ab"), close(1002)],
    ),
    Case("a wrong frame after a message, 5.4", [encode(TEXT, b"a"), encode(0x3)], [text("a"), close(1002)]),
    fails("a text within a text, 5.4", 1002, encode(TEXT, b"a", fin=False), encode(TEXT, b"b")),
    fails("bytes within a text, 5.4", 1002, encode(TEXT, b"a", fin=False), encode(BINARY, b"b", fin=False)),
    fails("a text within bytes, 5.4", 1002, encode(BINARY, b"", fin=False), encode(TEXT, b"b")),
]
CONTROL = [
    Case("an empty ping, 5.5.2", [encode(PING)], [Frame(PONG)]),
    Case("a ping of 125 bytes, 5.5.2", [encode(PING, b"\xff" * 125)], [Frame(PONG, b"\xff" * 125)]),
    Case(
        "ten pings, 5.5.3",
        [encode(PING, b"%d" % n) for n in range(10)],
        [Frame(PONG, b"%d" % n) for n in range(10)],
    ),
    Case("a pong of nothing, 5.5.3", [encode(PONG, b"a")]),
    Case(
        "pongs between fragments, 5.5.3",
        [encode(TEXT, b"", fin=False), encode(PONG), encode(CONTINUATION)],
        [text("")],
    ),
    *(
        fails(f"{name} of 126 bytes, 5.5", 1002, encode(opcode, b"\x03\xe8" + b"*" * 124))
        for name, opcode in (("a ping", PING), ("a pong", PONG), ("a close", CLOSE))
    ),
    *(
        fails(f"a fragment of {name}, 5.5", 1002, encode(opcode, b"", fin=False))
        for name, opcode in (("a ping", PING), ("a pong", PONG), ("a close", CLOSE))
    ),
    fails("a ping with a long form of its length, 5.5", 1002, encode(PING, b"a", size="16")),
]
FRAMING = [
    *(
        fails(f"reserved bits {rsv:03b} of opcode {opcode}, 5.2", 1002, encode(opcode, b"", rsv=rsv))
        for rsv in (1, 2, 4, 7)
        for opcode in (TEXT, BINARY, PING)
    ),
    fails("reserved bits of a continuation, 5.2", 1002, encode(TEXT, fin=False), encode(CONTINUATION, rsv=4)),
    *(
        fails(f"opcode {opcode}, 5.2", 1002, encode(opcode, b"a"))
        for opcode in (0x3, 0x4, 0x5, 0x6, 0x7, 0xB, 0xC, 0xD, 0xE, 0xF)
    ),
    *(
        fails(f"opcode {opcode} without a mask, 5.1", 1002, encode(opcode, b"\x03\xe8", masked=False))
        for opcode in (TEXT, BINARY, PING, CLOSE)
    ),
    fails("an empty text without a mask, 5.1", 1002, encode(TEXT, masked=False)),
    fails("5 bytes with 16 bits of length, 5.2", 1002, encode(TEXT, b"*" * 5, size="16")),
    fails("5 bytes with 64 bits of length, 5.2", 1002, encode(TEXT, b"*" * 5, size="64")),
    fails("200 bytes with 64 bits of length, 5.2", 1002, encode(TEXT, b"*" * 200, size="64")),
    fails("the highest bit of the length, 5.2", 1002, b"\x81\xff" + b"\xff" * 8 + bytes(4)),
]
LIMITS = [
    # Only the head of the frame: its size is enough.
    fails("one byte more than the limit, 7.4.1", 1009, encode(TEXT, b"*" * (MOST_BYTES + 1))[:14]),
    fails("bytes beyond the limit, 7.4.1", 1009, encode(BINARY, b"*" * (MOST_BYTES + 1))[:14]),
    fails("two to the 62nd bytes, 7.4.1", 1009, b"\x81\xff\x40" + bytes(7) + bytes(4)),
    fails(
        "fragments beyond the limit, 7.4.1",
        1009,
        encode(TEXT, b"*" * (MOST_BYTES - 1), fin=False),
        encode(CONTINUATION, b"**", fin=False),
    ),
    fails(
        "the head of a fragment that is too large by itself, 7.4.1",
        1009,
        encode(TEXT, b"*", fin=False),
        encode(CONTINUATION, b"*" * (MOST_BYTES + 1))[:14],
    ),
]
TEXTS = [
    *(fails(f"{name}, 8.1", 1007, encode(TEXT, bad)) for name, bad in BAD_UTF8.items()),
    *(
        fails(f"{name} as the last fragment, 8.1", 1007, *fragments(TEXT, b"a", bad))
        for name, bad in BAD_UTF8.items()
    ),
    fails("an impossible byte in the middle of fragments, 8.1", 1007, *fragments(TEXT, b"a", b"\xff", b"b")),
]
CLOSES = [
    closed("no code, 7.1.5", close(), close()),
    closed("a code and a reason, 7.1.6", close(1000, b"bye"), close(1000, b"bye")),
    closed("a reason of 123 bytes, 5.5.1", close(1001, b"*" * 123), close(1001, b"*" * 123)),
    closed("a reason in UTF-8, 5.5.1", close(1000, "€".encode()), close(1000, "€".encode())),
    *(closed(f"code {code}, 7.4", close(code), close(code)) for code in VALID_CODES),
    *(closed(f"code {code}, 7.4", close(code), close(1002)) for code in INVALID_CODES),
    closed("half a code, 5.5.1", Frame(CLOSE, b"\x03"), close(1002)),
    closed("a reason that is no UTF-8, 8.1", close(1000, b"\xff"), close(1007)),
    Case(
        "a message after a close, 5.5.1",
        [encode(CLOSE, close(1000).payload), encode(TEXT, b"late")],
        [close(1000)],
    ),
    Case("a ping after a close, 5.5.1", [encode(CLOSE, close(1000).payload), encode(PING)], [close(1000)]),
    Case("two closes, 5.5.1", [encode(CLOSE, close(1000).payload)] * 2, [close(1000)]),
    Case(
        "a close between fragments, 5.4",
        [encode(TEXT, b"a", fin=False), encode(CLOSE, close(1000).payload)],
        [close(1000)],
    ),
]
CASES = [*MESSAGES, *FRAGMENTS, *CONTROL, *FRAMING, *LIMITS, *TEXTS, *CLOSES]

# websockets takes a length in more bytes than needed, which section 5.2 forbids. It reads the highest bit of a length
# as part of the number. It takes a close between fragments for an error; section 5.4 allows control frames there.
REFERENCE_ANSWERS = {
    "a ping with a long form of its length, 5.5": [Frame(PONG, b"a")],
    "5 bytes with 16 bits of length, 5.2": [text(b"*" * 5)],
    "5 bytes with 64 bits of length, 5.2": [text(b"*" * 5)],
    "200 bytes with 64 bits of length, 5.2": [text(b"*" * 200)],
    "the highest bit of the length, 5.2": [close(1009)],
    "a close between fragments, 5.4": [close(1002)],
}
REFERENCE_CASES = [replace(case, answers=REFERENCE_ANSWERS.get(case.name, case.answers)) for case in CASES]
