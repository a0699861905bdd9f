"""Tests of the example with data tables."""

from collections.abc import AsyncIterator

import pytest

from examples.data_table.app import app
from examples.data_table.live import TOPIC
from examples.data_table.sensors import SENSORS
from pyview.testing import LiveClient


@pytest.fixture(scope="module")
async def client() -> AsyncIterator[LiveClient]:
    async with LiveClient(app) as client:
        yield client


async def test_orders_are_found_edited_and_sent(client: LiveClient) -> None:
    page = await client.open("/?orders.q=ada&orders.where.status=paid&orders.where.total=..100")
    order = page.find_all("#orders-rows tr")[0].find("td:nth-child(2)").text
    await page.click(f"[aria-label^='Edit Pieces of {order}:']")
    await page.submit("#orders-edit", {"value": "0"})
    assert page.find("#orders-edit .pv-error").text == "1 or more, please."
    await page.submit("#orders-edit", {"value": "99"})
    assert page.exists(f"[aria-label='Edit Pieces of {order}: 99']")
    await page.click(f"[aria-label='Send {order}']")
    assert page.find("#flash-info p").text == f"Order {order} is on its way."
    assert not page.exists(f"[aria-label='Send {order}']")


async def test_all_matching_orders_are_sent(client: LiveClient) -> None:
    page = await client.open("/?orders.where.pieces=12..12&orders.where.status=paid&orders.selected=*")
    number = page.find(".pv-data-selected p").text.partition(" ")[0]
    await page.click("button", "Send the paid ones")
    assert page.find("#flash-info p").text == f"{number} orders are on their way."
    assert page.find("tbody").text == "No row matches."


async def test_orders_are_downloaded_with_the_shown_columns(client: LiveClient) -> None:
    page = await client.open("/?orders.where.gift=true&orders.columns=id,total&orders.sort=id")
    await page.click("button", "Download CSV")
    lines = (await page.download()).text.splitlines()
    assert lines[0].lstrip("\ufeff") == "Order,Total (€)"
    assert f"of {len(lines) - 1:,}" in page.find(".pv-data-status").text


async def test_the_weather_is_in_groups_with_totals(client: LiveClient) -> None:
    page = await client.open("/weather")
    assert page.find(".pv-data-group").text.startswith("Bergen 730 rows Warmest (°C) mean")
    await page.change("#weather-group-form", {"group": "sunny"})
    assert page.find(".pv-data-group").text.startswith("No ")


async def test_a_reading_changes_its_row(client: LiveClient) -> None:
    page = await client.open("/live")
    sensor = SENSORS.read_next()
    await app.pubsub.broadcast(TOPIC, sensor)
    await page.settle()
    row = next(row for row in page.find_all("#sensors-rows tr") if sensor.place in row.text)
    assert (
        row.text.endswith(f"{sensor.degrees:.1f} {sensor.readings}") or SENSORS.all[sensor.id - 1] != sensor
    )
