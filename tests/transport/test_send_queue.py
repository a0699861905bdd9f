"""The send queue of a connection: the order of frames, and the number of writes, whatever the network does."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pyview import SecurityConfig
from pyview.transport.send_queue import SendQueue

SMALL = 4096  # a frame that may be held


class Network:
    """A server with the direct way. It takes no frame while the browser does not read.

    `futures`: its `send` returns futures, as that of Granian does, and no coroutines.
    """

    def __init__(self, *, futures: bool = False) -> None:
        self._futures = futures
        self.received: list[bytes] = []
        self.writes = 0
        self.reads = asyncio.Event()
        self.reads.set()
        self.queue = SendQueue(self._send, SecurityConfig(), lambda: None, self._write, self._write_all)

    def _write(self, frame: bytes) -> bool:
        return self._write_all([frame])

    def _write_all(self, frames: list[bytes]) -> bool:
        if self.reads.is_set():
            self.received += frames
            self.writes += 1
        return self.reads.is_set()

    def _send(self, message: Any) -> Awaitable[None]:
        sending = self._sent(message)
        return asyncio.ensure_future(sending) if self._futures else sending

    async def _sent(self, message: Any) -> None:
        await self.reads.wait()
        self.received.append(message["text"].encode())


actions = st.sampled_from(["put", "hold", "hold", "large put", "large hold", "turn", "stop", "read", "flush"])


async def _play(script: list[str], *, futures: bool) -> None:
    network = Network(futures=futures)
    expected: list[bytes] = []
    for number, action in enumerate(script):
        frame = b"%d" % number
        if action.startswith("large"):
            frame = frame.ljust(SMALL + 1, b".")
        if action.endswith("put"):
            expected.append(frame)
            network.queue.put(frame)
        elif action.endswith("hold"):
            expected.append(frame)
            network.queue.hold(frame)
        elif action == "stop":
            network.reads.clear()
        elif action in ("read", "flush"):
            network.reads.set()
            if action == "flush":
                await network.queue.flush()
                assert network.received == expected
        else:
            await asyncio.sleep(0)
        assert network.received == expected[: len(network.received)]
    network.reads.set()
    await network.queue.flush()
    assert network.received == expected


@settings(max_examples=300, deadline=None)
@given(st.lists(actions, max_size=60), st.booleans())
def test_frames_leave_once_and_in_order_whether_they_are_held_or_not(
    script: list[str], futures: bool
) -> None:
    asyncio.run(_play(script, futures=futures))


async def test_a_held_frame_leaves_with_the_next_one_or_in_the_next_turn() -> None:
    network = Network()
    network.queue.hold(b"a")
    assert network.received == []
    network.queue.put(b"b")
    assert (network.received, network.writes) == ([b"a", b"b"], 1)
    network.queue.hold(b"c")
    await asyncio.sleep(0)
    assert (network.received[2:], network.writes) == ([b"c"], 2)


async def test_what_is_held_is_bounded_in_number_and_bytes() -> None:
    network = Network()
    for number in range(1, 200):
        network.queue.hold(b"." * SMALL)
        assert number - len(network.received) <= 16
    network.queue.hold(b"." * (SMALL + 1))
    assert len(network.received) == 200


async def test_a_closed_queue_drops_what_it_holds() -> None:
    network = Network()
    network.queue.hold(b"a")
    network.queue.close()
    network.queue.hold(b"b")
    await asyncio.sleep(0)
    assert network.received == []
