"""The bounds of what a recorder keeps."""

from typing import Any

from pyview.recording.entries import MOST_MESSAGES, HandlerSource, MessageEntry
from pyview.recording.recorder import KEPT_SECONDS, Recorder
from pyview.template.tree.change import ChangeRule

NOWHERE = HandlerSource("", "", 0)


class Process:
    ended = False


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def recorder(**options: Any) -> Recorder:
    return Recorder(ChangeRule, **options)


def entry(size: int) -> MessageEntry:
    return MessageEntry(0, 0.0, "event", "Event", payload="x" * size, size=size)


def test_a_view_keeps_its_last_messages_only() -> None:
    kept, process = recorder(), Process()
    record = kept.follow(process, ("p", "l"), "phx-p", "Todo", NOWHERE, 0)
    for _ in range(MOST_MESSAGES + 50):
        kept.add(record, entry(10))
    assert [record.messages[0].number, record.messages[-1].number] == [51, MOST_MESSAGES + 50]
    assert kept.bytes == 10 * MOST_MESSAGES


def test_a_thousand_views_share_one_bound_of_memory() -> None:
    kept, processes = recorder(most_bytes=100_000), [Process() for _ in range(1000)]
    records = [
        kept.follow(each, (str(i), "l"), "phx", "Todo", NOWHERE, 0) for i, each in enumerate(processes)
    ]
    for record in records * 3:
        kept.add(record, entry(1000))
    assert kept.bytes == sum(1000 * len(record.messages) for record in records)
    assert 50_000 < kept.bytes <= 100_000


def test_a_message_that_is_too_large_alone_is_dropped() -> None:
    kept, process = recorder(most_bytes=1000), Process()
    record = kept.follow(process, ("p", "l"), "phx-p", "Todo", NOWHERE, 0)
    kept.add(record, entry(2000))
    assert [kept.bytes, len(record.messages)] == [0, 0]


def test_the_messages_of_a_view_that_has_left_are_freed_after_a_while() -> None:
    clock, process = Clock(), Process()
    kept = recorder(clock=clock)
    kept.add(kept.follow(process, ("p", "l"), "phx-p", "Todo", NOWHERE, 0), entry(10))
    process.ended = True
    kept.prune()
    clock.now = KEPT_SECONDS - 1
    kept.prune()
    assert kept.views_of(("p", "l"))
    clock.now = KEPT_SECONDS + 1
    kept.prune()
    assert not kept.pages
    assert kept.bytes == 0


def test_a_view_that_joins_again_goes_on_with_its_record() -> None:
    kept, first, second = recorder(), Process(), Process()
    record = kept.follow(first, ("p", "l"), "phx-p", "Todo", NOWHERE, 0)
    first.ended = True
    kept.prune()
    assert kept.follow(second, ("p", "l"), "phx-p", "Todo", NOWHERE, 0) is record
    assert record.running is second
    assert record.joins == 2
