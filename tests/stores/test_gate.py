"""The gate in front of a store: nobody waits for it who need not, and one question at a time while it is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from pyview.stores.gate import StoreGate
from pyview.stores.health import StoreUnavailable
from tests.asgi import eventually


class Store:
    """Answers when the test lets it."""

    def __init__(self) -> None:
        self.asked = 0
        self.lost = False
        self.answers = asyncio.Event()

    async def question(self) -> str:
        self.asked += 1
        await self.answers.wait()
        if self.lost:
            raise StoreUnavailable("lost")
        return "answer"


@pytest.fixture
async def store() -> AsyncIterator[Store]:
    store = Store()
    yield store
    store.answers.set()


async def lose(gate: StoreGate, store: Store) -> None:
    store.lost = True
    store.answers.set()
    with pytest.raises(StoreUnavailable):
        await gate.ask(store.question, needed=True)
    store.answers.clear()


async def test_a_slow_answer_counts_although_its_caller_has_gone(store: Store) -> None:
    gate, heard = StoreGate(), []

    async def question() -> None:
        heard.append(await store.question())

    with pytest.raises(StoreUnavailable):
        await gate.ask(question, needed=False, patience=0.01)
    store.answers.set()
    await eventually(lambda: heard == ["answer"])


async def test_a_slow_store_is_waited_for_by_those_who_need_the_answer(store: Store) -> None:
    gate = StoreGate()
    with pytest.raises(StoreUnavailable):
        await gate.ask(store.question, needed=False, patience=0.01)
    with pytest.raises(StoreUnavailable):
        await gate.ask(store.question, needed=False, patience=60)
    assert store.asked == 1, "the second caller with patience does not even ask"
    waiting = asyncio.create_task(gate.ask(store.question, needed=True))
    await eventually(lambda: store.asked == 2)
    store.answers.set()
    assert await waiting == "answer"


async def test_a_lost_store_gets_one_question_at_a_time(store: Store) -> None:
    gate = StoreGate()
    await lose(gate, store)
    with pytest.raises(StoreUnavailable):
        await gate.ask(store.question, needed=False, patience=60)
    for needed in (True, False):
        with pytest.raises(StoreUnavailable):
            await gate.ask(store.question, needed=needed)
    assert store.asked == 2
    store.lost = False
    store.answers.set()
    await asyncio.sleep(0)
    assert await gate.ask(store.question, needed=True) == "answer"


async def test_a_question_outlives_the_request_that_asked_it(store: Store) -> None:
    gate = StoreGate()
    await lose(gate, store)
    request = asyncio.create_task(gate.ask(store.question, needed=True))
    await eventually(lambda: store.asked == 2)
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    with pytest.raises(StoreUnavailable):
        await gate.ask(store.question, needed=True)
    assert store.asked == 2, "the first question is still under way"


async def test_other_errors_pass_through() -> None:
    async def broken() -> None:
        raise KeyError("a mistake")

    for patience in (1.0, float("inf")):
        with pytest.raises(KeyError):
            await StoreGate().ask(broken, needed=False, patience=patience)


def test_a_question_of_an_event_loop_that_has_ended_is_not_waited_for() -> None:
    gate = StoreGate()

    async def asks_only() -> None:
        store = Store()
        await lose(gate, store)
        store.answers.clear()
        with pytest.raises(StoreUnavailable):
            await gate.ask(store.question, needed=False)

    async def asks_again() -> None:
        store = Store()
        store.answers.set()
        assert await gate.ask(store.question, needed=True) == "answer"

    loop = asyncio.new_event_loop()
    loop.run_until_complete(asks_only())  # and runs no longer, so its tasks never end
    asyncio.run(asks_again())
    question = asyncio.all_tasks(loop).pop()
    question.cancel()
    with suppress(asyncio.CancelledError):
        loop.run_until_complete(question)
    loop.close()
