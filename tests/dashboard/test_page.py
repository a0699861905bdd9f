"""What the dashboard shows of one worker."""

import re

import pytest

from pyview.live_dashboard import live_dashboard
from pyview.process.handlers import HANDLERS
from pyview.testing import Page
from tests.asgi import eventually
from tests.dashboard.shop import operator, reader, shop, table, tile, until
from tests.frames import load
from tests.transport.test_long_poll import Poller


async def test_views_that_wait_for_their_page_are_told_apart_from_open_ones() -> None:
    app = shop()
    async with operator(app) as olga, reader(app) as ada:
        page = await olga.open("/ops")
        visit = await ada.open("/shop")
        await until(page, lambda page: tile(page, "Open views") == "2")
        await visit.drop()
        await until(page, lambda page: tile(page, "Wait for their page") == "1")
        assert tile(page, "Open views") == "1"
        await page.change("#filter", {"text": "ada"})
        assert table(page, "#rows")[0][0] == "Shop (waits for its page)"
        await visit.reconnect()
        await until(page, lambda page: tile(page, "Wait for their page") == "0")
        assert table(page, "#rows")[0][0] == "Shop"


async def test_long_polls_are_told_apart_from_sockets_and_first_pages_counted() -> None:
    app = shop()
    async with operator(app) as olga, reader(app) as ada:
        page = await olga.open("/ops")
        await ada.get("/shop", headers={"sec-fetch-dest": "document"})
        poller = Poller(ada, _csrf_token=(await load(ada, "/shop")).csrf)
        assert await poller.open() == 410
        await until(page, lambda page: (tile(page, "WebSockets"), tile(page, "Long polls")) == ("1", "1"))


def highest(page: Page, label: str) -> float:
    """Return the highest rate of a chart."""
    titles = [each.text for each in page.find_all("svg title")]
    found = next(re.search(r"([\d.,]+) at most", each) for each in titles if each.startswith(label))
    return float(found[1].replace(",", "")) if found else 0.0


async def test_rates_count_events_broadcasts_joins_and_failures() -> None:
    app = shop()
    async with operator(app) as olga, reader(app) as ada:
        page = await olga.open("/ops")
        visit = await ada.open("/shop")
        for _ in range(20):
            await visit.push("buy", {})
        await visit.push("fail", {})
        for label in ("Events", "Broadcasts delivered", "Joins", "Failures"):
            await until(page, lambda page, label=label: highest(page, label) > 0)  # type: ignore[misc]
        assert tile(page, "Failures") == "1"


async def test_times_and_slowest_messages_are_those_of_views_and_events() -> None:
    app = shop()
    async with operator(app) as olga, reader(app) as ada:
        page = await olga.open("/ops")
        visit = await ada.open("/shop")
        await visit.push("slow", {})
        await until(page, lambda page: any("event 'slow'" in row for row in table(page, "#slowest")))
        view, _, longest = next(row for row in table(page, "#slowest") if row[1] == "event 'slow'")
        assert view == "Shop"
        number, unit = longest.split()
        assert float(number) * {"ms": 1, "s": 1000}[unit] >= 45, "it sleeps for 50 ms"
        times = {row[0]: row[1:] for row in table(page, "#times")}
        messages, handler, render, join, _ = times["Shop"]
        assert messages == "1"
        assert all(" / " in cell for cell in (handler, render, join))


async def test_nothing_is_counted_without_a_dashboard_or_timed_without_an_open_one() -> None:
    plain, closed = shop(dashboard=False), shop()
    for app in (plain, closed):
        async with reader(app) as ada:
            visit = await ada.open("/shop")
            await visit.push("buy", {})
    assert set(map(id, plain.app_context.handlers.values())) == {id(HANDLERS)}
    assert closed.operations.meter.counts.events == 1
    assert closed.operations.meter.views() == {}
    assert not closed.operations.meter.watched


async def test_timing_ends_some_seconds_after_the_last_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pyview.process.measured.WATCH_SECONDS", 0.2)
    app = shop()
    async with operator(app) as olga, reader(app) as ada:
        page = await olga.open("/ops")
        visit = await ada.open("/shop")
        await eventually(lambda: app.operations.meter.watched)
        await page.close()
        await eventually(lambda: not app.operations.meter.watched)
        before = {name: each.handler.count for name, each in app.operations.meter.views().items()}
        await visit.push("buy", {})
        assert {name: each.handler.count for name, each in app.operations.meter.views().items()} == before
        assert app.operations.meter.counts.events == 1


async def test_the_list_is_sorted_and_paged() -> None:
    app = shop()
    async with operator(app) as olga, reader(app, "ada") as ada, reader(app, "bob") as bob:
        for number in range(60):
            await (ada if number % 2 else bob).open(f"/shop?n={number}")
        page = await olga.open("/ops")
        await until(page, lambda page: page.find("#range").text == "1 to 25 of 61")
        await page.click("#next")
        assert (page.find("#range").text, len(table(page, "#rows"))) == ("26 to 50 of 61", 25)
        await page.click("#next")
        await page.push("next", {})
        assert page.find("#range").text == "51 to 61 of 61", "there is no further page"
        await page.click("th button", "User")
        assert page.find("#range").text == "1 to 25 of 61"
        users = [row[2] for row in table(page, "#rows")]
        assert users == ["ada"] * 25
        await page.click("th button", "User")
        assert table(page, "#rows")[0][2] == "olga"
        assert page.find('th[aria-sort="descending"]').text.startswith("User")


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("sort", {"by": "secret"}),
        ("sort", {"by": ["view"]}),
        ("sort", {}),
        ("previous", {}),
        ("unknown", {"by": 1}),
    ],
)
async def test_choices_that_do_not_exist_change_nothing(event: str, payload: dict[str, object]) -> None:
    async with operator(shop()) as olga:
        page = await olga.open("/ops")
        await page.push(event, payload)
        assert page.crashes == 0
        assert page.find('th[aria-sort="ascending"]').text.startswith("View")


async def test_two_dashboards_of_an_application_work() -> None:
    app = shop()
    app.add_live_view("/more", live_dashboard(app, requires=["admin"]))
    async with operator(app) as olga:
        for path in ("/ops", "/more"):
            page = await olga.open(path)
            assert tile(page, "Open views") != "0"


async def test_a_dashboard_shows_memory_cpu_files_and_versions() -> None:
    async with operator(shop()) as olga:
        page = await olga.open("/ops")
        headers = [each.text for each in page.find_all("table thead")[0].find_all("th")]
        row = dict(zip(headers, table(page, "#workers")[0], strict=True))
        assert row["Worker"].endswith("this page")
        assert row["Memory"].endswith((" MB", " GB", "unknown"))
        assert row["Versions"].startswith("Python 3.")
        assert row["Uptime"].endswith(" s")
        await until(page, lambda page: tile(page, "CPU") != "-")
