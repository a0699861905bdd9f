"""The table: its rows, its address, and the page that shows the one for the other."""

import pytest

from examples.table.orders import make_orders
from examples.table.query import PAGE_SIZE, Query, select

ORDERS = make_orders()


def test_the_rows_are_the_same_on_every_start() -> None:
    assert make_orders() == ORDERS
    assert len({order.number for order in ORDERS}) == 200


def test_a_search_finds_rows_with_all_words_in_any_case() -> None:
    wanted = ORDERS[0]
    found = select(ORDERS, Query(q=f"{wanted.city.upper()} {wanted.customer}"))
    assert wanted in found.rows
    assert all(wanted.city == row.city and wanted.customer == row.customer for row in found.rows)


def test_the_order_is_that_of_the_column() -> None:
    totals = [row.cents for row in select(ORDERS, Query(sort="-total")).rows]
    assert totals[0] == max(order.cents for order in ORDERS)
    assert totals == sorted(totals, reverse=True)


def test_the_pages_together_are_all_rows() -> None:
    count = select(ORDERS, Query()).count
    pages = [select(ORDERS, Query(page=number)).rows for number in range(1, count + 1)]
    assert [row for page in pages for row in page] == list(ORDERS)
    assert all(len(page) == PAGE_SIZE for page in pages[:-1])


def test_a_page_beyond_the_last_is_the_last() -> None:
    assert select(ORDERS, Query(page=10_000)).number == select(ORDERS, Query()).count
    assert select(ORDERS, Query(q="no such thing", page=3)).number == 1


@pytest.mark.parametrize("sort", ["nonsense", "--total", "cents", "-"])
def test_an_unknown_order_in_the_address_is_the_usual_one(sort: str) -> None:
    assert Query.tame("", sort, 1) == Query()


def test_an_address_says_only_what_is_unusual() -> None:
    assert Query().href == "?"
    assert Query(q="a b", page=2).href == "?q=a+b&page=2"


def test_sorting_twice_by_a_column_turns_it_round() -> None:
    once = Query(page=4).sorted_by("total")
    assert (once.sort, once.page, once.direction("total")) == ("total", 1, "ascending")
    assert once.sorted_by("total").direction("total") == "descending"
    assert once.direction("status") == "none"
