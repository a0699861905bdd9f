"""Tests of the operations dashboard and of what it measures."""

import pytest

from examples.operations.app import app
from examples.operations.dashboard import DashboardLiveView, figures_of, state_of
from examples.operations.fleet import METRICS, MOST_ALERTS, SECONDS, SERVICES, Fleet
from pyview.testing import LiveClient

TOPIC = "operations"


def test_a_minute_of_each_metric_of_each_service_is_kept() -> None:
    fleet = Fleet(seed=1)
    for _ in range(5):
        fleet.step()
    assert len(fleet.panels) == len(SERVICES) * len(METRICS) == 50
    assert {len(panel.values) for panel in fleet.panels} == {SECONDS}


def test_the_same_seed_gives_the_same_numbers() -> None:
    assert Fleet(seed=7).panels == Fleet(seed=7).panels
    assert Fleet(seed=7).panels != Fleet(seed=8).panels


def test_values_stay_within_sense_and_failures_come_and_go() -> None:
    fleet = Fleet(seed=2)
    seen = set()
    for _ in range(600):
        fleet.step()
        seen |= {alert.state for alert in fleet.alerts}
        assert all(panel.now >= 0 for panel in fleet.panels)
        assert all(panel.now <= 100 for panel in fleet.panels if panel.metric.unit == "%")
        assert len(fleet.alerts) <= MOST_ALERTS
    assert seen == {"good", "warning", "danger"}
    numbers = [alert.id for alert in fleet.alerts]
    assert numbers == sorted(numbers, reverse=True)


def test_the_worst_metric_is_the_state_of_a_service() -> None:
    fleet = Fleet(seed=3)
    while all(state_of(fleet, service) == "good" for service in SERVICES):
        fleet.step()
    good = sum(state_of(fleet, service) == "good" for service in SERVICES)
    assert figures_of(fleet)["Services in order"] == f"{good} of 10"


async def test_all_charts_move_when_something_was_measured() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        before = [path["d"] for path in page.find_all(".panel path.pv-line")]
        assert len(before) == 50
        DashboardLiveView.fleet.step()
        await app.pubsub.broadcast(TOPIC, "measured")
        await page.settle()
        after = [path["d"] for path in page.find_all(".panel path.pv-line")]
        assert sum(one != other for one, other in zip(before, after, strict=True)) > 45


@pytest.mark.parametrize(("shown", "count"), [("web", 5), ("CPU", 10), ("nothing", 50), ("<b>", 50)])
async def test_the_address_chooses_a_service_or_a_metric(shown: str, count: int) -> None:
    async with LiveClient(app) as client:
        page = await client.open(f"/?shown={shown}")
        assert len(page.find_all(".panel")) == count
        await page.click(".pv-nav a", "search")
        assert page.path == "/?shown=search"
        assert {panel["aria-label"].partition(":")[0] for panel in page.find_all(".panel")} == {"search"}


async def test_a_paused_page_stands_still() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("button", "Pause")
        before = page.find_all(".panel strong")[0].text, page.find("path.pv-line")["d"]
        DashboardLiveView.fleet.step()
        await app.pubsub.broadcast(TOPIC, "measured")
        await page.settle()
        assert (page.find_all(".panel strong")[0].text, page.find("path.pv-line")["d"]) == before
        await page.click("button", "Go on")
        assert page.find("path.pv-line")["d"] != before[1]
