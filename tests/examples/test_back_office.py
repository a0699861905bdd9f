"""Tests of the back office: roles, orders, reports, import, audit trail."""

from collections.abc import AsyncIterator, Iterator

import pytest
from sqlalchemy import func, select

from examples.back_office.app import app
from examples.back_office.data import PRODUCTS, Order, new_session
from examples.back_office.sign_in import PASSWORD, ROLES
from pyview.testing import LiveClient, LocalFile, Page

OPEN = "orders.where.state=open"


@pytest.fixture(autouse=True)
def roles() -> Iterator[None]:
    before = dict(ROLES)
    yield
    ROLES.update(before)


@pytest.fixture
async def client() -> AsyncIterator[LiveClient]:
    async with LiveClient(app) as found:
        yield found


async def sign_in(client: LiveClient, name: str = "ada", path: str = "/") -> Page:
    page = await client.open(path)
    await page.submit("#sign-in", {"name": name, "password": PASSWORD})
    return page


async def order(number: int) -> Order:
    async with new_session() as session:
        return await session.get_one(Order, number)


async def first_open() -> Order:
    async with new_session() as session:
        found = await session.scalars(select(Order).where(Order.state == "open").order_by(Order.id).limit(1))
        return found.one()


async def actions_of(client: LiveClient) -> list[str]:
    """Return the entries of the audit trail, newest first, as user, action and subject."""
    page = await client.open("/audit")
    return [
        " ".join(cell.text for cell in row.find_all("td")[1:4]) for row in page.find_all("#entries-rows tr")
    ]


async def test_a_visitor_signs_in_and_gets_to_the_page_that_was_asked_for(client: LiveClient) -> None:
    page = await client.open("/reports")
    assert page.path == "/sign-in?next=%2Freports"
    await page.submit("#sign-in", {"name": "ada", "password": "wrong"})
    assert page.find("[role=alert]").text == "There is no such user, or the password is wrong."
    await page.submit("#sign-in", {"name": "ada", "password": PASSWORD})
    assert (page.path, page.find("h1").text) == ("/reports", "Reports")
    await page.click("button", "Sign out")
    assert page.path.startswith("/sign-in")


@pytest.mark.parametrize(
    ("name", "sections"),
    [
        ("ada", ["Orders", "Reports", "Import", "Audit trail"]),
        ("grace", ["Orders", "Reports"]),
        ("alan", ["Orders", "Reports"]),
    ],
)
async def test_the_menu_has_what_the_user_may_see(client: LiveClient, name: str, sections: list[str]) -> None:
    page = await sign_in(client, name)
    assert [link.text for link in page.find_all(".pv-nav a")] == sections
    for path, section in (("/import", "Import"), ("/audit", "Audit trail")):
        assert (await client.get(path)).status_code == (200 if section in sections else 403)


async def test_orders_are_searched_and_filtered_by_the_database(client: LiveClient) -> None:
    await sign_in(client)
    page = await client.open("/?orders.where.product=Sencha&orders.q=Elm&orders.sort=-cents")
    rows = [row.text for row in page.find_all("#orders-rows tr")]
    assert rows
    assert all("Sencha" in row and "Elm House" in row for row in rows)


async def test_an_order_is_shipped_for_all_open_pages_and_noted(client: LiveClient) -> None:
    page = await sign_in(client)
    found = await first_open()
    page, other = [await client.open(f"/?orders.sort=id&{OPEN}") for _ in range(2)]
    await page.click(f"[aria-label='Ship {found.id}']")
    assert page.find("#flash-info p").text == f"Order {found.id} is on its way."
    # The page of the other user reads the order in a thread of the database's driver.
    await other.wait_for(lambda other: not other.exists(f"[aria-label='Ship {found.id}']"))
    assert (await order(found.id)).state == "shipped"
    assert f"ada shipped order {found.id}" in await actions_of(client)


async def test_an_order_is_shipped_once(client: LiveClient) -> None:
    page = await sign_in(client)
    found = await first_open()
    page = await client.open(f"/?orders.sort=id&{OPEN}")
    ship = page.find(f"[aria-label='Ship {found.id}']")
    async with new_session.begin() as session:
        (await session.get_one(Order, found.id)).state = "cancelled"
    await page.click(ship)
    assert (await order(found.id)).state == "cancelled"
    assert not page.exists("#flash-info")


async def test_pieces_are_edited_in_place_and_change_the_total(client: LiveClient) -> None:
    await sign_in(client)
    found = await first_open()
    page = await client.open(f"/?orders.sort=id&{OPEN}")
    await page.click(f"[aria-label='Edit Pieces of {found.id}: {found.pieces}']")
    await page.submit("#orders-edit", {"value": "0"})
    assert page.exists("#orders-edit .pv-error")
    await page.submit("#orders-edit", {"value": "1000"})
    changed = await order(found.id)
    assert (changed.pieces, changed.cents) == (1000, 1000 * PRODUCTS[found.product])
    assert f"ada changed {{'pieces': 1000}} order {found.id}" in await actions_of(client)


async def test_users_without_the_role_can_change_nothing(client: LiveClient) -> None:
    await sign_in(client, "alan")
    page = await client.open(f"/?orders.sort=id&{OPEN}")
    assert not page.exists("[aria-label^='Ship']")
    assert not page.exists("[aria-label^='Edit']")


async def test_a_role_that_is_lost_while_the_page_is_open_counts_at_once(client: LiveClient) -> None:
    await sign_in(client, "grace")
    found = await first_open()
    page = await client.open(f"/?orders.sort=id&{OPEN}")
    await page.click(f"[aria-label^='Edit Pieces of {found.id}:']")
    ROLES["grace"] = ()
    await page.settle(1.1)  # an identity that was looked up counts for a second
    await page.submit("#orders-edit", {"value": "7"})
    assert (await order(found.id)).pieces == found.pieces


async def test_the_export_has_the_filtered_orders(client: LiveClient) -> None:
    await sign_in(client)
    page = await client.open("/?orders.where.product=Rooibos")
    await page.click("button", "Download CSV")
    lines = (await page.download()).text.splitlines()
    assert len(lines) > 100
    assert all("Rooibos" in line for line in lines[1:])


async def test_reports_follow_the_orders_and_lead_to_them(client: LiveClient) -> None:
    await sign_in(client)
    page = await client.open("/reports")
    async with new_session() as session:
        count = await session.scalar(select(func.count()).where(Order.state != "cancelled"))
    assert page.find_all(".pv-stat")[1].text.endswith(f"{count:,}")
    bar = page.find_all("[phx-value-series='Earl Grey']")[0]
    await page.click(bar)
    assert page.path == "/?orders.where.product=Earl+Grey"
    again = await client.open("/reports")
    await again.push("choose", {"series": "<b>"})
    assert again.path == "/reports"


CSV = b"""customer,product,placed,pieces
Abbey Tea Room,Assam,2026-11-28,12
Abbey Tea Room,Coffee,2026-11-28,12
,Assam,2026-11-28,1
Bluebell Caf\xc3\xa9,Sencha,2026-11-28,0
=cmd,Oolong,2026-11-28,3
"""


async def test_an_import_shows_what_is_wrong_and_stores_the_rest(client: LiveClient) -> None:
    await sign_in(client)
    page = await client.open("/import")
    await page.choose("input[type=file]", LocalFile("orders.csv", CSV, "text/csv"))
    await page.submit("#import", {})
    assert [item.text.partition(":")[0] for item in page.find_all(".pv-alert li")] == [
        "Line 3, product",
        "Line 4, customer",
        "Line 5, pieces",
    ]
    await page.click("button", "Import 2 orders")
    assert page.find("#flash-info p").text == "2 orders were imported."
    assert "ada imported 2 orders" in await actions_of(client)
    found = await client.open("/?orders.sort=-id")
    assert found.find_all("#orders-rows tr")[1].text.endswith("106.80 € open Ship Cancel")


@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe", b"a,b\n1,2\n", b'"' * 1000])
async def test_other_files_import_nothing(client: LiveClient, content: bytes) -> None:
    await sign_in(client)
    page = await client.open("/import")
    await page.choose("input[type=file]", LocalFile("orders.csv", content, "text/csv"))
    await page.submit("#import", {})
    assert not page.exists("button", "Import")
    assert page.connected


async def test_the_example_can_be_imported(client: LiveClient) -> None:
    await sign_in(client)
    page = await client.open("/import")
    await page.submit("#import", {})
    assert page.find(".pv-alert li").text == "Choose a file first."
    await page.click("button", "Download an example")
    example = (await page.download()).content
    await page.choose("input[type=file]", LocalFile("orders.csv", example, "text/csv"))
    await page.submit("#import", {})
    assert page.exists("button", "Import 1 orders")
