"""Sources: rows, SQL and data frames find, order, total and group alike."""

import datetime
import math
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from pyview.tables import RowsSource, TableSource
from pyview.tables.columns import Total
from pyview.tables.filters import Between, Contains, Filter, Is, OneOf
from pyview.tables.query import Sort
from pyview.tables.sources.frames import FrameSource
from pyview.tables.sources.source import Criteria, Group, Request
from pyview.tables.sources.sql import SQLSource
from pyview.tables.values import field_value, plain_text
from tests.tables.goods import Good, GoodRecord, State, fill, frame, memory_engine

COLUMNS = ("id", "name", "pieces", "price", "day", "at", "sold", "state")
TOTALS: tuple[tuple[str, Total], ...] = (
    ("pieces", "sum"),
    ("price", "mean"),
    ("name", "count"),
    ("day", "min"),
    ("pieces", "max"),
)

# Letters without an upper case of their own outside A to Z: there, every source has its own rule.
texts = st.text(st.sampled_from("abAB%_é漢🍵 '\"\\"), max_size=4)
days = st.dates(datetime.date(2026, 1, 1), datetime.date(2026, 1, 9))
moments = st.datetimes(datetime.datetime(2026, 1, 1), datetime.datetime(2026, 1, 9)).map(
    lambda one: one.replace(microsecond=0)
)
numbers = st.integers(-3, 3)
prices = st.integers(-4, 4).map(lambda one: one / 2)
goods = st.lists(
    st.builds(
        Good,
        id=st.integers(1, 10**6),
        name=st.none() | texts,
        pieces=st.none() | numbers,
        price=st.none() | prices,
        day=st.none() | days,
        at=st.none() | moments,
        sold=st.none() | st.booleans(),
        state=st.none() | st.sampled_from(State),
    ),
    max_size=12,
    unique_by=lambda good: good.id,
)
sorts = st.lists(
    st.builds(Sort, st.sampled_from(COLUMNS), st.booleans()), max_size=3, unique_by=lambda s: s.column
)
states = st.lists(st.sampled_from([one.value for one in State]), min_size=1, unique=True).map(tuple)


def ranges(of: st.SearchStrategy[Any]) -> st.SearchStrategy[Between]:
    return st.builds(Between, st.none() | of, st.none() | of)


filters: st.SearchStrategy[tuple[str, Filter]] = st.one_of(
    st.tuples(st.just("name"), texts.filter(bool).map(Contains)),
    st.tuples(st.just("pieces"), ranges(numbers | prices)),
    st.tuples(st.just("price"), ranges(numbers | prices)),
    st.tuples(st.just("day"), ranges(days)),
    st.tuples(st.just("at"), ranges(days)),
    st.tuples(st.just("sold"), st.booleans().map(Is)),
    st.tuples(st.just("state"), states.map(OneOf)),
)
criteria = st.builds(
    Criteria,
    search=texts,
    searched=st.just(("name",)),
    filters=st.lists(filters, max_size=2).map(tuple),
    sort=sorts.map(tuple),
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    made = memory_engine()
    yield made
    made.dispose()


def sources(rows: list[Good], engine: Engine) -> list[TableSource]:
    fill(engine, rows)
    made = RowsSource(rows, row_type=Good)
    lazy = FrameSource(frame(rows).lazy(), key="id")
    columns = select(*GoodRecord.__table__.c)
    return [
        made,
        SQLSource(select(GoodRecord), engine),
        SQLSource(columns, engine),
        FrameSource(frame(rows), key="id"),
        lazy,
    ]


def plain(row: Any) -> list[str]:
    return [plain_text(field_value(row, name)) for name in COLUMNS]


def rounded(values: Sequence[Any]) -> list[Any]:
    return [round(one, 9) if isinstance(one, float) else one for one in values]


def plain_groups(groups: Sequence[Group]) -> list[Any]:
    return [(plain_text(one.value), one.number, rounded(one.totals)) for one in groups]


law = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@law
@given(
    rows=goods,
    wanted=criteria,
    size=st.integers(1, 5),
    group=st.none() | st.sampled_from(["state", "pieces"]),
)
async def test_all_sources_agree_on_the_same_rows(
    engine: Engine, rows: list[Good], wanted: Criteria, size: int, group: str | None
) -> None:
    found = []
    for source in sources(rows, engine):
        request = Request(wanted, size, size, totals=TOTALS, group=group)
        window = await source.window(request)
        first = await source.window(Request(wanted, 0, size, count_to=2))
        count = first.count.number if first.count and first.count.exact else None
        keys = sorted(await source.keys(wanted))
        found.append(
            (
                [plain(row) for row in window.rows],
                rounded(window.totals or ()),
                plain_groups(window.groups),
                keys,
                count is None or count == len(keys),
                sorted(await source.find([*keys, "-1", "no key"])),
            )
        )
    assert all(one == found[0] for one in found)


@law
@given(rows=goods, wanted=criteria, size=st.integers(1, 5))
async def test_windows_concatenate_to_the_whole(
    engine: Engine, rows: list[Good], wanted: Criteria, size: int
) -> None:
    for source in sources(rows, engine):
        whole = [row for batch in [b async for b in source.batches(wanted, 3)] for row in batch]
        pages = math.ceil(len(whole) / size)
        windows = [await source.window(Request(wanted, page * size, size)) for page in range(pages + 1)]
        assert [plain(row) for window in windows for row in window.rows] == [plain(row) for row in whole]
        assert sorted(map(source.key, whole)) == sorted(await source.keys(wanted))
        assert windows[0].count is None or windows[0].count.number == len(whole)
