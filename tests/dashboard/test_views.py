"""The list of views of a worker with very many of them."""

import asyncio
import time

import pytest
from starlette.authentication import SimpleUser

from pyview.dashboard.messages import Query, Sort
from pyview.dashboard.text import age_text, duration_text, rate_text, size_text
from pyview.dashboard.views import ViewSelections
from pyview.process.snapshot import ViewSnapshot, display_name_of

MANY = 10_000


class Process:
    """A view process, as far as its snapshot goes."""

    def __init__(self, number: int) -> None:
        self._snapshot = ViewSnapshot(
            view=f"View{number % 3}",
            page=f"/shop/{number:05}?token=s3cret{number}",
            user=display_name_of(SimpleUser(f"user{number % 100}")),
            waiting=number % 7,
            components=0,
            timers=1,
            nested=number % 10 == 0,
            detached=number % 50 == 0,
        )

    def snapshot(self) -> ViewSnapshot | None:
        return self._snapshot


async def test_the_event_loop_goes_on_while_many_views_are_looked_through() -> None:
    processes = [Process(number) for number in range(MANY)]
    selections = ViewSelections(lambda: processes)
    turns = 0
    looking = asyncio.ensure_future(selections.select(Query(text="user7")))
    while not looking.done():
        await asyncio.sleep(0)
        turns += 1
    selection = await looking
    assert turns >= 40
    assert (selection.matching, len(selection.rows)) == (1100, 25)
    assert (selection.open_views, selection.detached, selection.nested) == (9800, 200, 1000)
    assert selection.users == 100
    # The next one comes from memory: looking takes a small part of the time only.
    assert await selections.select(Query(text="user7")) is selection
    start = time.perf_counter()
    few = ViewSelections(lambda: processes[:100])
    assert await few.select(Query()) is not await few.select(Query()), "few views are shown as they are now"
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize("sort", ["view", "page", "user", "waiting", "components", "timers"])
@pytest.mark.parametrize("descending", [False, True])
async def test_the_first_views_are_those_of_the_whole_order(sort: Sort, *, descending: bool) -> None:
    processes = [Process(number) for number in range(1000)]
    selection = await ViewSelections(lambda: processes).select(
        Query(sort=sort, descending=descending, limit=40)
    )
    every = [each.snapshot() for each in processes]
    values = sorted((getattr(each, sort) for each in every if each), reverse=descending)
    shown = [getattr(row, sort) for row in selection.rows]
    if sort == "page":
        shown, values = ([each.partition("?")[0] for each in several] for several in (shown, values))
    assert shown == values[:40]
    assert not any("s3cret" in row.page for row in selection.rows)


@pytest.mark.parametrize("text", ["s3cret", "s3cret42", "token=s"])
async def test_a_search_tells_nothing_about_secrets(text: str) -> None:
    processes = [Process(number) for number in range(300)]
    assert (await ViewSelections(lambda: processes).select(Query(text=text))).matching == 0


def test_numbers_are_written_for_readers() -> None:
    assert [size_text(size) for size in (None, 0, 999, 123_456_789, 2_345_000_000)] == [
        "unknown", "0 B", "999 B", "123 MB", "2.35 GB"
    ]  # fmt: skip
    assert size_text(5_000_000, is_peak=True) == "at most 5 MB"
    assert [duration_text(each) for each in (None, 0.0, 0.00085, 0.0123, 0.2, 1.25, 600)] == [
        "-", "0 µs", "850 µs", "12.3 ms", "200 ms", "1.25 s", "600 s"
    ]  # fmt: skip
    assert [age_text(each) for each in (0, 59, 61, 3700, 100_000)] == [
        "0 s", "59 s", "1 min 1 s", "1 h 1 min", "1 d 3 h"
    ]  # fmt: skip
    assert [rate_text(each) for each in (None, 0, 0.4, 12.34, 1234.5)] == ["-", "0", "0.4", "12.3", "1,234"]
