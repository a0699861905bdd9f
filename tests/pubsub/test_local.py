"""Broadcasts between the workers of one host over Unix sockets."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyview.events.info_event import InfoEvent
from pyview.pubsub import local_connection, local_directory, local_peers
from pyview.pubsub.from_environment import pubsub_from_environment, shared_pubsub
from pyview.pubsub.local import LocalPubSub
from pyview.pubsub.local_connection import FrameKind, frame
from pyview.pubsub.local_recent import MAX_BROADCASTS, RecentBroadcasts
from pyview.pubsub.memory import MISSED
from pyview.wire.message import UnencodableValue
from tests.asgi import eventually, poll

Make = Callable[..., LocalPubSub]


class Listener:
    def __init__(self) -> None:
        self.events: list[InfoEvent] = []

    def deliver(self, event: InfoEvent) -> None:
        self.events.append(event)

    @property
    def payloads(self) -> list[Any]:
        return [event.payload for event in self.events]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    async with AsyncExitStack() as stack:

        def worker(directory: Path = tmp_path / "state.db.workers") -> LocalPubSub:
            made = LocalPubSub(directory)
            stack.push_async_callback(made.close)
            return made

        yield worker


async def started(make: Make, number: int) -> list[LocalPubSub]:
    workers = [make() for _ in range(number)]
    await asyncio.gather(*(worker.start() for worker in workers))
    await connected(*workers)
    return workers


async def connected(*workers: LocalPubSub) -> None:
    """Wait until each worker knows all the others."""
    await eventually(lambda: all(len([*each._peers]) == len(workers) - 1 for each in workers))


async def received(listener: Listener, number: int) -> None:
    await eventually(lambda: len(listener.events) >= number)


async def reached(worker: LocalPubSub, topic: str) -> None:
    await poll(lambda: worker.reaches(topic))


async def test_workers_that_start_together_get_each_message_once_in_order(make: Make) -> None:
    workers = await started(make, 5)
    listeners = [Listener() for _ in workers]
    for worker, listener in zip(workers, listeners, strict=True):
        await worker.subscribe("chat", listener)
    for number in range(50):
        for sender, worker in enumerate(workers):
            await worker.broadcast("chat", [sender, number])
    await eventually(lambda: all(len(each.events) == 250 for each in listeners))
    for listener in listeners:
        for sender in range(5):
            assert [n for s, n in listener.payloads if s == sender] == list(range(50))


async def test_a_worker_that_starts_later_is_found_by_all(make: Make) -> None:
    one, two = await started(make, 2)
    await one.subscribe("chat", Listener())
    late = make()
    await late.start()
    assert await late.others() == 1, "one listens, two does not"
    assert await late.reaches("chat") is True
    assert await late.reaches("other") is False
    listener = Listener()
    await late.subscribe("other", listener)
    await reached(two, "other")
    await late.close()
    await connected(one, two)
    assert await two.reaches("other") is False


async def test_a_message_is_the_same_data_on_every_worker(make: Make) -> None:
    one, two = await started(make, 2)
    own, other = Listener(), Listener()
    topic = 'a "topic"\nwith lines, ü'
    await one.subscribe(topic, own)
    await two.subscribe(topic, other)
    await one.broadcast(topic, {"at": (1, 2)})
    await eventually(lambda: other.events)
    assert own.events == other.events == [InfoEvent(topic, {"at": [1, 2]})]
    with pytest.raises(UnencodableValue):
        await one.broadcast(topic, object())
    with pytest.raises(ValueError, match="16777216 at most"):
        await one.broadcast(topic, "x" * local_connection.MAX_FRAME)
    assert len(own.events) == 1


async def test_a_worker_without_a_subscriber_is_sent_nothing(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = await started(make, 2)
    received: list[bytes] = []
    [peer] = two._peers
    monkeypatch.setattr(peer.connection, "data_received", received.append)
    await one.broadcast("chat", 1)
    await one.subscribe("mine", Listener())
    await eventually(lambda: received)
    assert b"mine" in received[0]
    assert b"chat" not in b"".join(received)


async def test_a_broadcast_is_not_lost_while_a_subscription_is_under_way(make: Make) -> None:
    """Everything that is published after `subscribe` has returned arrives, once, whichever worker publishes it."""
    one, two = await started(make, 2)
    for number in range(50):
        listener = Listener()
        await two.subscribe(f"chat {number}", listener)
        await one.broadcast(f"chat {number}", number)  # `one` cannot know yet that `two` listens
        await received(listener, 1)
        await one.broadcast(f"chat {number}", "next")
        await received(listener, 2)
        assert listener.payloads == [number, "next"]
        two.drop(listener)


async def test_subscribing_again_at_once_brings_no_message_twice(make: Make) -> None:
    one, two = await started(make, 2)
    first, second = Listener(), Listener()
    await two.subscribe("chat", first)
    await reached(one, "chat")
    two.drop(first)
    await two.subscribe("chat", second)
    await one.broadcast("chat", 1)  # sent: `one` has not read yet that the first subscriber has left
    await one.broadcast("end", 0)
    await two.subscribe("end", second)
    await eventually(lambda: second.events)
    await one.broadcast("chat", 2)
    await eventually(lambda: len(second.payloads) > 1)
    assert second.payloads == [1, 2]


def test_no_socket_and_no_directory_are_left(tmp_path: Path) -> None:
    directory = tmp_path / "state.db.workers"

    async def run() -> None:
        one, two = LocalPubSub(directory), LocalPubSub(directory)
        await one.start()
        await two.start()
        assert len(list(directory.iterdir())) == 2
        assert directory.stat().st_mode & 0o777 == 0o700
        await one.close()
        assert len(list(directory.iterdir())) == 1
        await one.broadcast("chat", 1)  # after its end it stays closed
        await two.close()

    asyncio.run(run())
    assert not directory.exists()


async def test_a_path_that_is_too_long_for_a_socket(make: Make, tmp_path: Path) -> None:
    directory = tmp_path / ("long" * 30) / "state.db.workers"
    directory.parent.mkdir()
    one, two = make(directory), make(directory)
    await one.start()
    await two.start()
    await connected(one, two)


async def test_sockets_of_dead_workers_are_removed(make: Make, tmp_path: Path) -> None:
    directory = tmp_path / "state.db.workers"
    directory.mkdir(0o700)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(directory / "dead.sock"))
    one = make()
    await one.start()
    assert [each.name for each in directory.iterdir()] == [f"{one._peers._worker_id}.sock"]
    assert await one.others() == 0


async def test_a_worker_that_is_too_busy_to_be_called_has_not_gone(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_peers, "REPAIR_PERIOD", 0.05)
    directory, topic, one = local_directory.SocketDirectory(tmp_path / "state.db.workers"), "topic", make()
    with directory.listen("busy") as busy, ExitStack() as stack:
        busy.listen(0)
        while (waiting := directory.connect("busy")) is not None:
            stack.enter_context(waiting)
        await one.start()
        assert await one.reaches(topic) is None
    directory.remove("busy")

    async def is_known_to_have_gone() -> bool:
        return await one.reaches(topic) is False

    await poll(is_known_to_have_gone)


@pytest.mark.parametrize("problem", ["open", "file", "link"])
async def test_an_unsafe_directory_is_refused(
    make: Make, tmp_path: Path, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    directory = tmp_path / "state.db.workers"
    if problem == "open":
        directory.mkdir()
        directory.chmod(0o777)
    elif problem == "file":
        directory.touch()
    else:
        (tmp_path / "other").mkdir(0o700)
        directory.symlink_to(tmp_path / "other")
    one, listener = make(), Listener()
    await one.subscribe("chat", listener)
    await one.broadcast("chat", 1)
    assert listener.payloads == [1], "its own views get their messages"
    assert caplog.text.count("cannot be used") == 1
    assert not list((tmp_path / "other").glob("*"))


async def test_a_deleted_directory_is_made_again(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_peers, "REPAIR_PERIOD", 0.05)
    one, two = await started(make, 2)
    directory = tmp_path / "state.db.workers"
    for each in directory.iterdir():
        each.unlink()
    directory.rmdir()
    await eventually(lambda: directory.exists() and len(list(directory.iterdir())) == 2)
    late = make()
    await late.start()
    await connected(one, two, late)


async def test_a_worker_that_cannot_listen_is_connected_nevertheless(
    make: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one = make()
    await one.start()

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(local_directory.SocketDirectory, "listen", full)
        two = make()
        await two.start()
        await connected(one, two)
    assert "No space left on device" in caplog.text


async def test_applications_with_names_of_their_own_do_not_mix(tmp_path: Path) -> None:
    environs = [
        {"PYVIEW_STATE": str(tmp_path / "state.db"), "PYVIEW_APP_ID": name} for name in ("a", "b", "")
    ]
    shop, office, unnamed = map(pubsub_from_environment, environs)
    listeners = [Listener() for _ in range(3)]
    for worker, listener in zip((shop, office, unnamed), listeners, strict=True):
        await worker.subscribe("chat", listener)
    assert [await worker.others() for worker in (shop, office, unnamed)] == [0, 0, 0]
    await shop.broadcast("chat", 1)
    await office.broadcast("chat", 2)
    assert [listener.payloads for listener in listeners] == [[1], [2], []]
    for worker in (shop, office, unnamed):
        await worker.close()


async def test_a_worker_of_another_version_is_refused_and_logged_once(
    make: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(local_peers, "REPAIR_PERIOD", 0.02)
    one = make()
    await one.start()
    other, greetings = make(), 0

    def newer() -> bytes:
        nonlocal greetings
        greetings += 1
        return frame(FrameKind.GREETING, b'{"protocol":2,"id":"newer"}')

    monkeypatch.setattr(other._peers, "_greeting", newer)
    await other.start()
    await eventually(lambda: greetings > 3)
    assert await one.others() == 0
    assert caplog.text.count("no worker of this version of PyView") == 1


# What other processes may send


async def raw(worker: LocalPubSub) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    name = f"{worker._peers._worker_id}.sock"
    return await asyncio.open_unix_connection(str(worker._peers.directory.path / name))


GREETING = frame(FrameKind.GREETING, b'{"protocol":1,"id":"stranger"}')
INVALID = {
    "noise": b"GET / HTTP/1.1\r\nhost: x\r\n\r\n",
    "a frame that is too large": GREETING + b"\xff\xff\xff\xff\x05",
    "a greeting that is too large": b"\0\0\xff\xff\x01",
    "no greeting": frame(FrameKind.MESSAGE, b'"chat"\n1'),
    "a greeting without JSON": frame(FrameKind.GREETING, b"{"),
    "a greeting of another version": frame(FrameKind.GREETING, b'{"protocol":2,"id":"x"}'),
    "a greeting with a long id": frame(FrameKind.GREETING, b'{"protocol":1,"id":"%b"}' % (b"x" * 99)),
    "a second greeting": GREETING + GREETING,
    "an unknown kind": GREETING + b"\0\0\0\0\x63",
    "a topic that is no text": GREETING + frame(FrameKind.MESSAGE, b"[]\n1"),
    "a message without a body": GREETING + frame(FrameKind.MESSAGE, b'"chat"'),
    "a message without JSON": GREETING + frame(FrameKind.MESSAGE, b'"chat"\n{'),
    "subscriptions that are no list": GREETING + frame(FrameKind.SUBSCRIBE, b'"chat"'),
    "a subscription without a time": GREETING + frame(FrameKind.SUBSCRIBE, b'[["chat","now"]]'),
    "a gap without a time": GREETING + frame(FrameKind.MISSED, b"true"),
}


@pytest.mark.parametrize("data", INVALID.values(), ids=INVALID.keys())
async def test_an_invalid_frame_ends_its_connection_only(
    make: Make, data: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = await started(make, 2)
    listener = Listener()
    await one.subscribe("chat", listener)
    await reached(two, "chat")
    reader, writer = await raw(one)
    writer.write(data)
    async with asyncio.timeout(10):
        with suppress(ConnectionResetError):
            await reader.read()
    writer.close()
    await two.broadcast("chat", 1)
    await eventually(lambda: listener.events)
    assert listener.payloads == [1]
    assert caplog.text.count("a connection between workers of this host is closed") == 1


CONNECT = """
import os, socket, sys
os.setuid(int(sys.argv[2]))
with socket.socket(socket.AF_UNIX) as stranger:
    stranger.connect(sys.argv[1])
"""


def connecting(path: Path, user: int) -> str:
    """Return the errors of another process that connects to the socket as a user."""
    command = [sys.executable, "-c", CONNECT, str(path), str(user)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
async def test_another_user_cannot_connect(make: Make) -> None:
    with tempfile.TemporaryDirectory() as parent:
        os.chmod(parent, 0o711)  # noqa: S103  where a state file may lie, such as /var/lib/shop
        worker = make(Path(parent) / "state.db.workers")
        await worker.start()
        [path] = worker._peers.directory.path.iterdir()
        assert await asyncio.to_thread(connecting, path, 0) == ""
        assert "PermissionError" in await asyncio.to_thread(connecting, path, 65534)
        await worker.close()


async def test_connections_without_a_greeting_are_few_and_end(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_peers, "_MAX_UNGREETED", 3)
    one = make()
    await one.start()
    strangers = [await raw(one) for _ in range(10)]
    await eventually(lambda: sum(reader.at_eof() for reader, _ in strangers) == 7)
    assert len(one._peers._ungreeted) == 3
    monkeypatch.setattr(local_peers, "GREETING_TIMEOUT", 0.01)
    strangers.append(await raw(one))
    await eventually(lambda: strangers[-1][0].at_eof())
    for _, writer in strangers:
        writer.close()


async def test_topics_of_another_worker_are_bounded(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_peers, "MAX_TOPIC_BYTES", 1000)
    one = make()
    await one.start()
    reader, writer = await raw(one)
    writer.write(GREETING + frame(FrameKind.SUBSCRIBE, b'[["%b",0]]' % (b"x" * 1000)))
    async with asyncio.timeout(10):
        await reader.read()
    writer.close()
    assert not [*one._peers]


async def test_a_failing_subscriber_does_not_end_the_connection(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    class Failing:
        def deliver(self, event: InfoEvent) -> None:
            raise RuntimeError("no")

    one, two = await started(make, 2)
    await one.subscribe("chat", Failing())
    listener = Listener()
    await one.subscribe("other", listener)
    await reached(two, "other")
    await two.broadcast("chat", 1)
    await two.broadcast("other", 2)
    await eventually(lambda: listener.payloads == [2])
    assert "delivering a broadcast of another worker failed" in caplog.text


async def test_a_subscriber_with_a_long_queue_stops_the_reading(make: Make) -> None:
    """The function that `deliver` returns is awaited before the next message is read, and no message is lost."""
    free = asyncio.Event()

    class Busy(Listener):
        def deliver(self, event: InfoEvent) -> Callable[[], Awaitable[object]]:  # type: ignore[override]
            super().deliver(event)
            return free.wait

    one, two = await started(make, 2)
    busy = Busy()
    await one.subscribe("chat", busy)  # type: ignore[arg-type]
    await reached(two, "chat")
    for number in range(5000):
        await two.broadcast("chat", [number, "x" * 100])
    await eventually(lambda: busy.events)
    assert len(busy.events) == 1
    free.set()
    await eventually(lambda: len(busy.events) == 5000)
    assert [number for number, _ in busy.payloads] == list(range(5000))


# Another process, frozen and killed

WORKER = """
import asyncio, sys
from pathlib import Path
from pyview.pubsub.local import LocalPubSub

class Echo:
    def deliver(self, event):
        print(event.name, event.payload, flush=True)

async def main():
    worker = LocalPubSub(Path(sys.argv[1]))
    echo = Echo()
    for topic in ("chat", "pyview:missed"):
        await worker.subscribe(topic, echo)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@contextmanager
def process(directory: Path, log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("w") as output:
        started = subprocess.Popen([sys.executable, "-c", WORKER, str(directory)], stdout=output)
        try:
            yield started
        finally:
            started.kill()
            started.wait()


async def test_a_frozen_worker_is_not_waited_for_and_learns_that_it_missed_something(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(local_connection, "MAX_QUEUED_BYTES", 1_000_000)
    one, log = make(), tmp_path / "log"
    await one.start()
    with process(one._peers.directory.path, log) as other:
        await reached(one, "chat")
        [peer] = one._peers
        os.kill(other.pid, signal.SIGSTOP)
        slowest = 0.0
        for _ in range(3000):
            begun = time.monotonic()
            await one.broadcast("chat", "x" * 1000)
            slowest = max(slowest, time.monotonic() - begun)
        assert slowest < 1.0
        assert peer.connection._queued_bytes <= 1_000_000
        assert caplog.text.count("reads too slowly") == 1
        # It can neither be called nor found by a worker that starts now, and delays it by half a second at most.
        late = make()
        await late.start()
        assert await late.reaches("chat") is None, "unknown: it has not answered"
        os.kill(other.pid, signal.SIGCONT)
        await eventually(lambda: "pyview:missed {'seconds':" in log.read_text())
        await reached(late, "chat")
        await one.broadcast("chat", "again")
        await eventually(lambda: "chat again" in log.read_text())
        lines = log.read_text().splitlines()
        assert "pyview:missed" in lines[-2], "the gap is reported where it is"
        other.kill()
        await connected(one, late)
        assert await one.reaches("chat") is False
    assert other.wait() == -signal.SIGKILL


async def test_in_a_long_loop_of_broadcasts_each_arrives_in_order_or_its_gap_is_reported(
    make: Make, tmp_path: Path
) -> None:
    """Without free processors the other worker may fall behind by more than its queue."""
    one, log = make(), tmp_path / "log"
    await one.start()
    with process(one._peers.directory.path, log):
        await reached(one, "chat")
        for number in range(30_000):
            await one.broadcast("chat", number)
        [peer] = one._peers
        await eventually(lambda: not peer.connection._queue, within=60)
        await one.broadcast("chat", 30_000)
        await eventually(lambda: log.read_text().endswith("chat 30000\n"), within=60)
    expected = 0
    for line in log.read_text().splitlines():
        name, _, text = line.partition(" ")
        if name == MISSED:
            expected = -1
        else:
            assert int(text) == expected or expected < 0
            expected = int(text) + 1
    assert expected == 30_001


async def test_another_program_broadcasts_through_the_state_file(tmp_path: Path) -> None:
    environ = {"PYVIEW_STATE": str(tmp_path / "state.db")}
    worker, listener = pubsub_from_environment(environ), Listener()
    assert type(worker) is LocalPubSub
    await worker.subscribe("chat", listener)
    async with shared_pubsub(environ) as program:
        await program.broadcast("chat", "The report is ready")
    await eventually(lambda: listener.payloads == ["The report is ready"])
    assert await worker.others() == 0, "it has left"
    await worker.close()


def test_a_system_without_unix_sockets_has_one_worker(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delattr(socket, "AF_UNIX")
    assert type(pubsub_from_environment({"PYVIEW_STATE": "x"})).__name__ == "MemoryPubSub"
    assert "no Unix sockets" in caplog.text


# Recent broadcasts


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["one", "two", ""]))), st.integers(0, 30))
def test_recent_broadcasts_are_those_since_then_that_the_receiver_has_not(
    sent: list[tuple[str, str]], since: int
) -> None:
    clock = iter(range(1000))
    recent = RecentBroadcasts(clock=lambda: next(clock) * 0.01)
    for number, (topic, receiver) in enumerate(sent):
        recent.add(topic, b"%d" % number, [receiver])
    expected = [
        number
        for number, (topic, receiver) in enumerate(sent)
        if topic == "a" and receiver != "one" and number >= since
    ]
    assert [int(found) for found in recent.missing({"a": since * 0.01}, "one")] == expected


def test_recent_broadcasts_are_bounded_and_say_since_when_they_are_complete() -> None:
    clock = iter(range(100_000))
    recent = RecentBroadcasts(clock=lambda: next(clock) / 100_000)
    for number in range(MAX_BROADCASTS + 2):
        recent.add("a", b"%d" % number, [])
    assert recent.complete_since == 1 / 100_000
    assert len(recent.missing({"a": 0.0}, "one")) == MAX_BROADCASTS


def test_old_recent_broadcasts_are_forgotten() -> None:
    times = iter([0.0, 5.0, 12.0])
    recent = RecentBroadcasts(clock=lambda: next(times))
    for data in (b"0", b"5", b"12"):
        recent.add("a", data, [])
    assert recent.missing({"a": 0.0}, "one") == [b"5", b"12"]
    assert recent.complete_since == 0.0


async def test_missed_is_not_announced(make: Make) -> None:
    one, two = await started(make, 2)
    await one.subscribe(MISSED, Listener())
    await one.subscribe("chat", Listener())
    await reached(two, "chat")
    assert await two.reaches(MISSED) is False
