"""Calls between workers, and what a broker that is not trusted may send."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyview.observability.rate_limited_warnings import RateLimitedWarnings
from pyview.pubsub.memory import WORKER_TOPICS
from pyview.tokens.secrets import Secrets
from pyview.workers import CallFailed, WorkerGone, Workers
from pyview.workers.messages import CALL, MAX_PAYLOAD, MessageCipher, WorkerMessage
from pyview.workers.replay import ReplayGuard, SeenNumbers
from tests.asgi import eventually
from tests.workers.broker import Broker

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
OTHER = "an0ther-s3cret-of-at-least-thirty-two-bytes"


def make_worker(broker: Broker, secret: str = SECRET) -> Workers:
    return Workers(broker, lambda: Secrets(secret), RateLimitedWarnings(logging.getLogger("pyview")))


@asynccontextmanager
async def two_workers(broker: Broker) -> AsyncIterator[tuple[Workers, Workers]]:
    one, two = make_worker(broker), make_worker(broker)
    await one.start()
    await two.start()
    yield one, two
    await one.close()
    await two.close()


async def reverse(payload: bytes) -> bytes:
    return payload[::-1]


def counter() -> tuple[list[bytes], Callable[[bytes], Any]]:
    calls: list[bytes] = []

    async def handler(payload: bytes) -> bytes:
        calls.append(payload)
        return b""

    return calls, handler


async def test_a_worker_answers_another_one() -> None:
    broker = Broker()
    async with two_workers(broker) as (one, two):
        two.register("reverse", reverse)
        answers = await asyncio.gather(*(one.call(two.id, "reverse", b"payload %d" % n) for n in range(50)))
        assert answers == [(b"payload %d" % n)[::-1] for n in range(50)]
        # The broker sees neither the method nor what is sent.
        assert broker.passed
        assert not any("reverse" in message or "payload" in message for _, message in broker.passed)


async def test_a_call_to_itself_needs_no_broker() -> None:
    broker = Broker()
    worker = make_worker(broker)
    worker.register("reverse", reverse)
    assert await worker.call(worker.id, "reverse", b"abc") == b"cba"
    assert not broker.passed
    with pytest.raises(WorkerGone):
        await worker.call(make_worker(broker).id, "reverse", b"abc")
    assert not broker.passed


async def test_a_worker_that_has_gone_is_noticed_at_once() -> None:
    async with two_workers(Broker()) as (one, two):
        await two.close()
        async with asyncio.timeout(5):
            with pytest.raises(WorkerGone):
                await one.call(two.id, "reverse", seconds=600)


async def test_a_worker_that_goes_while_it_is_asked_is_noticed() -> None:
    async with two_workers(Broker()) as (one, two):
        two.register("never", never)
        call = asyncio.ensure_future(one.call(two.id, "never", seconds=600))
        await asyncio.sleep(0.01)
        await two.close()
        async with asyncio.timeout(20):
            with pytest.raises(WorkerGone):
                await call


async def test_a_notification_waits_for_nothing() -> None:
    async with two_workers(Broker()) as (one, two):
        calls, handler = counter()
        two.register("count", handler)
        one.notify(two.id, "count", b"1")
        one.notify(two.id, "unknown")
        one.notify("gone", "count")
        await eventually(lambda: calls == [b"1"])


async def never(payload: bytes) -> bytes:
    await asyncio.Event().wait()
    return b""


@pytest.mark.parametrize("worker_id", ["", "x", "*" * 16, "ä" * 16, "a" * 10_000, "abcdefgh\nijklmno"])
async def test_text_that_is_no_id_reaches_no_broker(worker_id: str) -> None:
    broker = Broker()
    async with two_workers(broker) as (one, _):
        with pytest.raises(WorkerGone):
            await one.call(worker_id, "reverse")
        assert not broker.passed


async def test_an_answer_that_comes_too_late_is_dropped() -> None:
    broker = Broker()
    async with two_workers(broker) as (one, two):
        two.register("reverse", reverse)
        broker.holding = True
        with pytest.raises(TimeoutError):
            await one.call(two.id, "reverse", b"abc", seconds=0.05)
        await broker.release()
        await eventually(lambda: len(broker.passed) == 2)
        assert await one.call(two.id, "reverse", b"xyz") == b"zyx"


async def test_failures_reach_the_caller(caplog: pytest.LogCaptureFixture) -> None:
    async def failing(payload: bytes) -> bytes:
        raise ValueError("a secret of the handler")

    async with two_workers(Broker()) as (one, two):
        two.register("failing", failing)
        with pytest.raises(CallFailed, match="its handler failed"):
            await one.call(two.id, "failing")
        with pytest.raises(CallFailed, match="no handler for 'unknown'"):
            await one.call(two.id, "unknown")
        two.register("large", large)
        with pytest.raises(CallFailed, match=f"{MAX_PAYLOAD} at most"):
            await one.call(two.id, "large", seconds=30)
        with pytest.raises(CallFailed, match=f"{MAX_PAYLOAD} at most"):
            await one.call(two.id, "large", bytes(MAX_PAYLOAD + 1))
        with pytest.raises(ValueError, match="has a handler already"):
            two.register("large", large)


async def large(payload: bytes) -> bytes:
    return bytes(MAX_PAYLOAD + 1)


async def test_a_worker_that_stops_fails_the_calls_that_wait() -> None:
    async with two_workers(Broker()) as (one, two):
        two.register("never", never)
        call = asyncio.ensure_future(one.call(two.id, "never", seconds=600))
        await asyncio.sleep(0)
        await one.close()
        with pytest.raises(WorkerGone):
            await call


async def test_a_recorded_call_does_not_act_again(caplog: pytest.LogCaptureFixture) -> None:
    broker = Broker()
    async with two_workers(broker) as (one, two):
        calls, handler = counter()
        two.register("count", handler)
        for number in range(3):
            await one.call(two.id, "count", b"%d" % number)
        for topic, message in list(broker.passed):
            await broker.broadcast(topic, message)
            # Nor does it act at another worker.
            await broker.broadcast(WORKER_TOPICS + one.id, message)
        await asyncio.sleep(0)
        assert calls == [b"0", b"1", b"2"]
        assert "a call that had come before was dropped" in caplog.text
        assert "a message for another worker was dropped" in caplog.text


async def test_another_application_can_neither_call_nor_answer(caplog: pytest.LogCaptureFixture) -> None:
    broker = Broker()
    async with two_workers(broker) as (one, two):
        calls, handler = counter()
        two.register("count", handler)
        foreign = make_worker(broker, OTHER)
        await foreign.start()
        with pytest.raises(TimeoutError):
            await foreign.call(two.id, "count", seconds=0.05)
        topic = WORKER_TOPICS + two.id
        for message in (None, 7, "", "x" * 100, {"kind": "call"}, ["call"], "x" * (MAX_PAYLOAD * 2)):
            await broker.broadcast(topic, message)
        await asyncio.sleep(0)
        assert not calls
        assert await one.call(two.id, "count") == b""
        assert "not of a worker of this application" in caplog.text


async def test_a_worker_answers_only_its_own_calls() -> None:
    broker = Broker()
    async with two_workers(broker) as (one, two):
        three = make_worker(broker)
        await three.start()
        broker.holding = True
        call = asyncio.ensure_future(one.call(two.id, "reverse", seconds=5))
        await eventually(lambda: broker.passed)
        broker.holding = False
        # A worker that was not asked answers, with the right number.
        forged = WorkerMessage(CALL, one.id, three.id, 1).answer(b"forged")
        await broker.broadcast(WORKER_TOPICS + one.id, MessageCipher(lambda: Secrets(SECRET)).encrypt(forged))
        await asyncio.sleep(0)
        assert not call.done()
        two.register("reverse", reverse)
        await broker.release()
        assert await call == b""


class Failing(Broker):
    """The PubSub of an application that has another outage with each call."""

    async def broadcast(self, topic: str, message: Any, *, keep: float = 0.0) -> None:
        raise OSError("no route to the broker")

    async def reaches(self, topic: str) -> bool:
        raise OSError("no route to the broker")


async def test_a_pubsub_that_fails_fails_the_call(caplog: pytest.LogCaptureFixture) -> None:
    async with two_workers(Failing()) as (one, two):
        with pytest.raises(CallFailed, match="no route"):
            await one.call(two.id, "reverse", b"abc")
    assert "Traceback" not in caplog.text


@given(st.lists(st.integers(1, 9000), max_size=60))
def test_no_number_is_admitted_twice(numbers: list[int]) -> None:
    seen = SeenNumbers()
    admitted = [number for number in numbers if seen.add(number)]
    assert len(admitted) == len(set(admitted))
    # None of the last few thousand is refused the first time.
    highest = 0
    for index, number in enumerate(numbers):
        if number not in numbers[:index] and number > highest - 4096:
            assert number in admitted
        highest = max(highest, number)


def test_senders_are_forgotten_when_their_messages_have_expired() -> None:
    now = 0.0
    guard = ReplayGuard(lambda: now)
    for number in range(100):
        now = float(number)
        guard.admits(f"worker {number}", 1)
    assert not guard.admits("worker 99", 1)
    now = 10_000.0
    guard.admits("another", 1)
    assert len(guard) == 1
