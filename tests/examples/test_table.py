"""Tests of the table: rows, URL parameters and page."""

import pytest

from examples.table.app import app
from examples.table.orders import make_orders
from examples.table.query import PAGE_SIZE, Query, select
from pyview.testing import LiveClient, Page

ORDERS = make_orders()


def test_the_rows_are_the_same_on_every_start() -> None:
    assert make_orders() == ORDERS
    assert len({order.number for order in ORDERS}) == 200


def test_a_search_finds_rows_with_all_words_in_any_case() -> None:
    wanted = ORDERS[0]
    found = select(ORDERS, Query(q=f"{wanted.city.upper()} {wanted.customer}"))
    assert wanted in found.rows
    assert all(wanted.city == row.city and wanted.customer == row.customer for row in found.rows)


def test_rows_are_sorted_by_the_column() -> None:
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
def test_an_unknown_order_is_the_default_one(sort: str) -> None:
    assert Query.from_url("", sort, 1) == Query()


def test_the_url_omits_defaults() -> None:
    assert Query().href == "?"
    assert Query(q="a b", page=2).href == "?q=a+b&page=2"


def test_sorting_twice_by_a_column_reverses_it() -> None:
    once = Query(page=4).sorted_by("total")
    assert (once.sort, once.page, once.direction("total")) == ("total", 1, "ascending")
    assert once.sorted_by("total").direction("total") == "descending"
    assert once.direction("status") == "none"


def customers(page: Page) -> list[str]:
    cells = page.find_all("tbody td:nth-child(2)")
    return [cell.text.removesuffix(cell.find("small").text) for cell in cells]


async def test_a_search_filters_the_rows_and_is_in_the_url() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.change("#q", "copper kettle")
        assert page.path == "/?q=copper+kettle"
        assert all("Copper kettle" in cell.text for cell in page.find_all("tbody td:nth-child(3)"))


async def test_the_url_reproduces_the_rows() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("thead a", "Customer")
        await page.click("a", "Next")
        assert page.path == "/?sort=customer&page=2"
        again = await client.open(page.path)
        assert customers(again) == customers(page)
        assert customers(page) == sorted(customers(page), key=str.casefold)


async def test_back_and_forward_repeat_the_clicks() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        first = customers(page)
        await page.click("thead a", "Total")
        by_total = customers(page)
        await page.back()
        assert customers(page) == first
        await page.forward()
        assert customers(page) == by_total


async def test_the_letters_of_a_search_are_one_step_back() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("thead a", "Total")
        for typed in ("a", "ad", "ada"):
            await page.change("#q", typed)
        await page.back()
        assert page.path == "/"


async def test_a_new_search_starts_on_its_first_page_in_the_same_order() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/?sort=-total&page=9")
        await page.change("#q", "lisbon")
        assert page.path == "/?q=lisbon&sort=-total"


async def test_an_empty_result_has_a_message() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/?q=no+such+order")
        assert page.has_text("No order matches “no such order”.")
        assert not page.exists(".pages a")


@pytest.mark.parametrize("query", ["sort=nonsense", "page=-3", "page=0", "q=%20"])
async def test_an_invalid_url_still_shows_the_table(query: str) -> None:
    async with LiveClient(app) as client:
        page = await client.open(f"/?{query}")
        assert page.has_text("200 orders")
