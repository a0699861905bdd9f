"""Tests of the market and its page."""

from random import Random

import pytest

from examples.ticker.app import app
from examples.ticker.market import HEIGHT, HISTORY, WIDTH, Market, Quote
from examples.ticker.ticker import TOPIC
from pyview.testing import LiveClient


def quote(*prices: float) -> Quote:
    return Quote("OAKW", "Oak & Willow", prices)


def test_a_quote_has_its_change_since_the_oldest_price() -> None:
    assert quote(100.0, 110.0).change == pytest.approx(10)
    assert quote(100.0, 110.0).trend == "up"
    assert quote(110.0, 100.0).trend == "down"
    assert quote(100.0).trend == "flat"


def test_the_line_ends_at_the_right_edge_and_stays_inside() -> None:
    points = [tuple(map(float, point.split(","))) for point in quote(1.0, 3.0, 2.0).points.split()]
    assert points[-1][0] == WIDTH
    assert all(0 <= x <= WIDTH and 0 < y < HEIGHT for x, y in points)


def test_prices_stay_positive_and_their_history_bounded() -> None:
    fallen = quote(0.01)
    for _ in range(2 * HISTORY):
        fallen = fallen.moved(0.5)
    assert fallen.price == 0.01
    assert len(fallen.prices) == HISTORY


def test_the_same_seed_gives_the_same_market() -> None:
    assert Market(Random(1)).step() == Market(Random(1)).step()
    assert Market(Random(1)).quotes != Market(Random(2)).quotes


async def test_all_pages_show_the_same_market() -> None:
    moved = tuple(quote.moved(2) for quote in Market(Random(3)).quotes)
    async with LiveClient(app) as client:
        one, other = await client.open("/"), await client.open("/")
        await app.pubsub.broadcast(TOPIC, moved)
        await one.settle()
        await other.settle()
        prices = [f"{quote.price:.2f}" for quote in moved]
        assert [price.text for price in one.find_all(".price")] == prices
        assert [price.text for price in other.find_all(".price")] == prices


async def test_the_market_moves_by_itself() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        before = [line["points"] for line in page.find_all("polyline")]
        await page.wait_for(lambda page: [line["points"] for line in page.find_all("polyline")] != before, 5)
