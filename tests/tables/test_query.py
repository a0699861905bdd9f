"""TableQuery: an address and the query in it say the same; no address can ask for more than a table offers."""

import datetime
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode

from hypothesis import given
from hypothesis import strategies as st

from pyview.tables import Column, Selection, Sort, TableQuery
from pyview.tables.columns import columns_of_type, resolved
from pyview.tables.filters import Between, Contains, Is, OneOf, clean_text
from pyview.tables.query import MAX_SELECTED, Offer, next_sort
from tests.tables.goods import Good, State

COLUMNS = resolved(
    [
        *(one.name for one in columns_of_type(Good)[:-1]),
        Column("state", groupable=True),
        Column("odd, -name*%", kind="text"),
        Column("secret", kind="number", sortable=False, filterable=False),
    ],
    (*columns_of_type(Good), Column("odd, -name*%"), Column("secret")),
)
DEFAULTS = TableQuery(sort=(Sort("name"),), size=25)
OFFER = Offer("goods.", COLUMNS, (10, 25, 50), DEFAULTS, selectable=True)

texts = st.text(max_size=20).map(clean_text)
numbers = st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
days = st.dates()
keys = st.text(min_size=1, max_size=5)


def between(of: st.SearchStrategy[Any]) -> st.SearchStrategy[Between]:
    found = st.builds(Between, st.none() | of, st.none() | of)
    return found.filter(lambda one: (one.low, one.high) != (None, None))


def states(chosen: list[State]) -> OneOf:
    return OneOf(tuple(one.value for one in State if one in chosen))


FILTERS: dict[str, st.SearchStrategy[Any]] = {
    "id": between(numbers),
    "name": texts.filter(bool).map(Contains),
    "day": between(days),
    "at": between(days),
    "sold": st.booleans().map(Is),
    "state": st.lists(st.sampled_from(State), min_size=1).map(states),
    "odd, -name*%": texts.filter(bool).map(Contains),
}
SORTABLE = [one.name for one in COLUMNS if one.sortable]


@st.composite
def queries(draw: st.DrawFn) -> TableQuery:
    names = draw(st.sets(st.sampled_from(sorted(FILTERS))))
    chosen = draw(st.sets(st.sampled_from([one.name for one in COLUMNS])))
    sorts = st.lists(st.sampled_from(SORTABLE), max_size=4, unique=True)
    return TableQuery(
        search=draw(texts),
        sort=tuple(Sort(name, draw(st.booleans())) for name in draw(sorts)),
        filters=tuple((one.name, draw(FILTERS[one.name])) for one in COLUMNS if one.name in names),
        page=draw(st.integers(1, 10**9)),
        size=draw(st.sampled_from(OFFER.sizes)),
        columns=OFFER.read_columns(chosen),
        group=draw(st.sampled_from([None, "state"])),
        selected=Selection(tuple(draw(st.lists(keys, max_size=5, unique=True))), draw(st.booleans())),
    )


@given(queries())
def test_a_query_comes_back_from_its_address(query: TableQuery) -> None:
    address = urlencode([("goods", "1"), *OFFER.write(query), ("other.q", "x")])
    assert OFFER.read(parse_qs(address, keep_blank_values=True)) == query


@given(
    st.dictionaries(
        st.sampled_from(
            ["q", "sort", "page", "size", "columns", "group", "selected", "where.id", "where.day"]
        ).map("goods.".__add__),
        st.lists(st.text(max_size=30), min_size=1),
    )
)
def test_any_address_gives_a_query_that_the_table_offers(params: dict[str, list[str]]) -> None:
    query = OFFER.read(params)
    assert {one.column for one in query.sort} <= set(SORTABLE)
    assert query.size in OFFER.sizes
    assert query.page >= 1
    assert len(query.selected.keys) <= MAX_SELECTED
    assert OFFER.read(parse_qs(urlencode(OFFER.write(query)), keep_blank_values=True)) == query


def test_a_column_that_is_not_sortable_or_filterable_is_left_out() -> None:
    query = OFFER.read(
        {"goods.sort": ["-secret,id"], "goods.where.secret": ["1.."], "goods.group": ["secret"]}
    )
    assert query == replace(DEFAULTS, sort=(Sort("id"),))


def test_the_default_query_is_an_address_without_parameters() -> None:
    assert OFFER.write(DEFAULTS) == []
    assert OFFER.read({}) == DEFAULTS


def test_two_tables_share_an_address() -> None:
    params = {"goods.q": ["a"], "other.q": ["b"], "tab": ["1", "2"]}
    assert OFFER.others(params) == [("other.q", "b"), ("tab", "1"), ("tab", "2")]


def test_a_header_sorts_up_then_down_then_not() -> None:
    up = next_sort((), "a", add=False)
    down = next_sort(up, "a", add=False)
    assert (up, down, next_sort(down, "a", add=False)) == ((Sort("a"),), (Sort("a", True),), ())


def test_a_header_with_shift_keeps_the_other_columns() -> None:
    both = next_sort((Sort("a"),), "b", add=True)
    assert both == (Sort("a"), Sort("b"))
    assert next_sort(both, "a", add=True) == (Sort("a", True), Sort("b"))
    assert next_sort((Sort("a", True), Sort("b")), "a", add=True) == (Sort("b"),)


def test_ranges_take_whole_numbers_dates_and_open_ends() -> None:
    found = OFFER.read({"goods.where.id": ["5"], "goods.where.day": ["2026-01-05.."]})
    assert dict(found.filters) == {"id": Between(5, 5), "day": Between(datetime.date(2026, 1, 5), None)}
    assert OFFER.read({"goods.where.id": ["nan..inf"], "goods.where.day": ["soon"]}).filters == ()
