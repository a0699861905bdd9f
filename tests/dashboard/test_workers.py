"""The dashboard shows all workers of its application, and only those."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from pyview.dashboard.messages import METHOD, Query
from pyview.dashboard.worker import DashboardWorker, NoAnswer
from pyview.pubsub import PubSub
from pyview.pubsub.local import LocalPubSub
from pyview.pubsub.memory import WORKER_TOPICS
from pyview.pubsub.redis import RedisPubSub
from tests.dashboard.shop import operator, reader, shop, table, tile, until
from tests.stores.fixtures import own_valkey, valkey
from tests.workers.broker import Broker

__all__ = ["own_valkey", "valkey"]


class PartlyDeafBroker(Broker):
    """A broker that loses what is sent to one worker."""

    deaf: str = ""

    async def broadcast(self, topic: str, message: Any, *, keep: float = 0.0) -> None:
        if topic != f"{WORKER_TOPICS}{self.deaf}":
            await super().broadcast(topic, message, keep=keep)


@pytest.fixture(params=["broker", "sockets of the host", "redis"])
def pubsub(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], PubSub]:
    if request.param == "redis":
        url = request.getfixturevalue("valkey").url
        return lambda: RedisPubSub(url, prefix=f"{tmp_path.name}:")
    if request.param == "broker":
        broker = Broker()
        return lambda: broker
    return lambda: LocalPubSub(tmp_path / "workers")


async def test_numbers_are_sums_and_the_list_has_the_views_of_all_workers(
    pubsub: Callable[[], PubSub],
) -> None:
    one, two = shop(pubsub()), shop(pubsub())
    async with operator(one) as olga, operator(two) as elsewhere, reader(two) as ada:
        await ada.open("/shop?n=1")
        page = await olga.open("/ops")
        await until(page, lambda page: len(table(page, "#workers")) == 2)
        await until(page, lambda page: tile(page, "Open views") == "2")
        own, other = table(page, "#workers")
        assert own[0].endswith("this page")
        assert not other[0].endswith("this page")
        await page.change("#filter", {"text": "ada"})
        await until(page, lambda page: len(table(page, "#rows")) == 1)
        row = table(page, "#rows")[0]
        assert row[:3] == ["Shop", "/shop?n=1", "ada"]
        assert row[6] == other[0]
        # The other worker times its messages while this one is asked for them.
        assert two.operations.meter.watched
        theirs = await elsewhere.open("/ops")
        await until(theirs, lambda page: len(table(page, "#workers")) == 2)


async def test_a_worker_without_an_answer_is_shown_and_one_that_has_gone_is_not() -> None:
    broker = PartlyDeafBroker()
    one, two = shop(broker), shop(broker)
    async with operator(one) as olga:
        page = await olga.open("/ops")
        async with operator(two):
            await until(page, lambda page: len(table(page, "#workers")) == 2)
            name = table(page, "#workers")[1][0]
            broker.deaf = two.operations.workers.id
            await until(page, lambda page: table(page, "#workers")[1] == [name, "no answer"])
            # The page goes on meanwhile.
            await page.change("#filter", {"text": "nothing"})
            assert table(page, "#rows") == []
            broker.deaf = ""
            await until(page, lambda page: len(table(page, "#workers")[1]) > 2)
        await until(page, lambda page: len(table(page, "#workers")) == 1)


async def test_a_worker_without_a_dashboard_gives_no_answer() -> None:
    broker = Broker()
    one, two = shop(broker), shop(broker, dashboard=False)
    async with operator(one) as olga, operator(two):
        page = await olga.open("/ops")
        await until(page, lambda page: len(table(page, "#workers")) == 2)
        assert table(page, "#workers")[1][1] == "no answer"


async def test_another_application_at_the_same_broker_is_not_shown() -> None:
    broker = Broker()
    one, other = shop(broker), shop(broker, app_id="another")
    async with operator(one) as olga, operator(other), reader(other) as ada:
        await ada.open("/shop")
        page = await olga.open("/ops")
        await until(page, lambda page: tile(page, "CPU") != "-")
        assert len(table(page, "#workers")) == 1
        assert tile(page, "Open views") == "1"
        # Asked directly, it cannot even read the question.
        with pytest.raises(TimeoutError):
            await one.operations.workers.call(other.operations.workers.id, METHOD, b"{}", 0.3)
        assert not other.operations.meter.watched


def _lies(answer: dict[str, Any]) -> list[bytes]:
    report = answer["report"]

    def with_(**changes: Any) -> bytes:
        return orjson.dumps({**answer, "report": {**report, **changes}})

    return [
        b"",
        b"\xff",
        b"null",
        b"[" * 100_000,
        b"{}",
        b"x" * 600_000,
        with_(open_views="many"),
        with_(open_views=-1),
        with_(open_views=2**63),
        with_(memory=1.5),
        with_(id="another"),
        with_(host="h" * 10_000),
        with_(events=[1.0] * 1000),
        with_(events=["1"]),
        with_(classes=[["Shop", "1"]]),
        with_(times=[{"view": "Shop"}]),
        with_(delay="infinite").replace(b'"infinite"', b"1e999"),
    ]


async def test_answers_of_another_version_are_ignored_with_a_line_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING, "pyview")
    broker = Broker()
    one, two = shop(broker), shop(broker, dashboard=False)
    answer = b""

    async def lie(payload: bytes) -> bytes:
        return answer

    two.operations.workers.register(METHOD, lie)
    async with operator(one) as olga, operator(two):
        page = await olga.open("/ops")
        await until(page, lambda page: table(page, "#workers")[-1][1:] == ["no answer"])
        asking, honest = DashboardWorker(one.operations), DashboardWorker(shop(broker).operations)
        genuine = (await honest.own(Query())).model_dump(mode="json")
        genuine["report"]["id"] = two.operations.workers.id
        answer = orjson.dumps(genuine)
        assert not any(isinstance(each, NoAnswer) for each in await asking.others(Query())), (
            "the lies are others"
        )
        for answer in _lies(genuine):
            assert await asking.others(Query()) == [NoAnswer(two.operations.workers.id)], answer[:200]
    lines = [record.getMessage() for record in caplog.records if "dashboard ignores" in record.getMessage()]
    assert len(lines) == 2, "one for each dashboard"


@pytest.mark.parametrize("query", [b"", b"[]", b'{"limit": 100000}', b'{"sort": "secret"}', b'{"text": 1}'])
async def test_a_question_of_another_version_is_refused(query: bytes) -> None:
    broker = Broker()
    one, two = shop(broker), shop(broker)
    async with operator(one), operator(two):
        with pytest.raises(Exception, match="does not know"):
            await one.operations.workers.call(two.operations.workers.id, METHOD, query)


async def test_an_answer_is_small() -> None:
    app = shop()
    async with operator(app), reader(app) as ada:
        await ada.open("/shop?" + "q" * 3000)
        worker = app.operations.workers
        answer = await worker.call(worker.id, METHOD, b"{}")
        assert len(answer) < 5000
