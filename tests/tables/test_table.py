"""The data table in a view: its address, its events, what it refuses."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl
import pytest
from jinja2 import DictLoader
from pydantic import BaseModel, Field

from pyview import LiveView, PyView
from pyview.tables import Action, RowsSource, Texts, column, data_table
from pyview.template import LiveTemplate, create_environment
from pyview.testing import LiveClient, Page, PageError

PAGE = (
    '{% import "pyview/components.html" as ui %}<main>{% call ui.data_table(teas) %}'
    '{% call(tea) slot("cell", column="name") %}<b>{{ tea.name }}</b>{% endcall %}'
    "{% call slot('empty') %}Nothing to drink.{% endcall %}{% endcall %}</main>"
)
PLAIN = '{% import "pyview/components.html" as ui %}<main>{{ ui.data_table(teas) }}</main>'


@dataclass(frozen=True)
class Tea:
    id: int
    name: str
    grams: int
    secret: str = "classified"


class TeaEdit(BaseModel):
    name: str = Field(min_length=2, max_length=20)
    grams: int = Field(ge=0)


class Archive:
    """What the actions of a test have done."""

    def __init__(self) -> None:
        self.rows: list[Any] = []

    async def one(self, socket: Any, row: Any) -> None:
        self.rows.append(row)

    async def several(self, socket: Any, rows: Any) -> None:
        self.rows += await rows.list()


def teas(number: int = 60) -> list[Tea]:
    return [Tea(n, f"Tea {n:02}", n % 7 * 10) for n in range(1, number + 1)]


# Compiled once for all applications.
TEMPLATES = create_environment(DictLoader({"page.html": PAGE, "plain.html": PLAIN}))


def application(rows: Any, page: str = "plain.html", **options: Any) -> PyView:
    """Return an application with one table. Options are those of `data_table`."""
    options.setdefault("columns", ["id", "name", column("grams", total="sum")])

    class TeaView(LiveView[Any]):
        template = page

        async def mount(self, socket: Any, session: Any) -> None:
            await socket.subscribe("teas")
            socket.context = {"teas": await data_table(socket, "teas", rows, **options)}

        async def handle_info(self, event: Any, socket: Any) -> None:
            name, row = event.payload
            getattr(socket.context["teas"], name)(row)

    app = PyView(templates=TEMPLATES)
    app.add_live_view("/", TeaView)
    app.add_live_view("/shelves/{shelf}", TeaView)
    return app


async def tell(app: PyView, page: Page, name: str, row: Any) -> None:
    """Broadcast a change of a row, and wait until the page shows it."""
    await app.pubsub.broadcast("teas", (name, row))
    await page.settle()


def cells(page: Page, index: int = 1) -> list[str]:
    found = page.find_all(f"#teas-rows tr td:nth-child({index})")
    return [one.text for one in found]


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with LiveClient(application(teas(), page="page.html")) as client:
        yield await client.open("/")


async def test_the_first_page_has_the_first_rows_without_a_script(page: Page) -> None:
    assert cells(page) == [str(n) for n in range(1, 26)]
    assert "<b>Tea 01</b>" in page.response.text
    assert "classified" not in page.response.text
    assert page.find("table")["aria-rowcount"] == "60"
    assert page.find_all("#teas-rows tr")[0]["aria-rowindex"] == "2"
    assert page.find(".pv-data-status").text == "1 to 25 of 60"
    assert page.find("tfoot").text == f"sum {sum(tea.grams for tea in teas()):,}"


async def test_a_click_on_a_header_sorts_and_is_in_the_address(page: Page) -> None:
    await page.click("button", "Grams")
    await page.click("button", "Grams")
    assert page.path == "/?teas.sort=-grams"
    assert page.find("th[aria-sort]")["aria-sort"] == "descending"
    assert cells(page, 3)[:2] == ["60", "60"]
    await page.push("teas:sort", {"column": "name", "shiftKey": True})
    assert page.path == "/?teas.sort=-grams,name"
    await page.back()
    assert page.path == "/?teas.sort=-grams"
    await page.reload()
    assert cells(page, 3)[:2] == ["60", "60"]


async def test_search_and_filters_find_rows_from_the_first_page(page: Page) -> None:
    await page.click("[aria-label='Next page']")
    assert page.path == "/?teas.page=2"
    assert cells(page)[0] == "26"
    await page.change("#teas-filter", {"q": "tea 1"})
    await page.change("#teas-filter", {"low.grams": "20", "high.grams": "40"})
    assert page.path == "/?teas.q=tea+1&teas.where.grams=20..40"
    assert cells(page) == ["10", "11", "16", "17", "18"]
    await page.change("#teas-filter", {"q": "coffee"})
    assert page.find("tbody").text == "Nothing to drink."
    assert not page.exists("tfoot")
    await page.click("button", "Clear filters")
    assert len(cells(page)) == 25


async def test_the_address_keeps_what_is_not_of_the_table() -> None:
    async with LiveClient(application(teas())) as client:
        page = await client.open("/shelves/3?tab=a&tab=b&other.q=x")
        await page.click("[aria-label='Next page']")
        assert page.path == "/shelves/3?tab=a&tab=b&other.q=x&teas.page=2"


async def test_a_page_after_the_last_one_shows_the_last_one() -> None:
    async with LiveClient(application(teas())) as client:
        page = await client.open("/?teas.page=999999999")
        assert cells(page)[0] == "51"
        assert page.find(".pv-data-pages span").text == "Page 3 of 3"


async def test_the_number_of_rows_on_a_page_keeps_the_first_row() -> None:
    async with LiveClient(application(teas())) as client:
        page = await client.open("/?teas.page=2")
        await page.change("#teas-size-form", {"size": "10"})
        assert page.path == "/?teas.size=10&teas.page=3"
        assert cells(page)[0] == "21"


async def test_columns_are_chosen_and_stay_in_the_address(page: Page) -> None:
    await page.change("#teas-columns-form", {"columns[]": ["id", "grams"]})
    assert page.path == "/?teas.columns=id,grams"
    assert [one.text for one in page.find_all("thead th")] == ["Id", "Grams"]


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("sort", {"column": "secret"}),
        ("sort", {"column": ["id"]}),
        ("sort", {}),
        ("filter", {"q": ["a"], "where.secret": "classified", "low.grams": "many"}),
        ("page", {"page": "-1"}),
        ("page", {"page": "9" * 99}),
        ("page", {"page": {"a": 1}}),
        ("size", {"size": "100000"}),
        ("columns", {"columns": ["secret"]}),
        ("group", {"group": "secret"}),
        ("pick", {"key": "1", "value": "on"}),
        ("pick_all", {}),
        ("export", {"format": "csv"}),
        ("act", {"action": "archive", "key": "1"}),
        ("act_all", {"action": "archive"}),
        ("edit", {"key": "1", "column": "name"}),
        ("save", {"key": "1", "column": "name", "value": "x"}),
    ],
)
async def test_an_event_that_the_table_does_not_offer_changes_nothing(
    page: Page, event: str, payload: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    before = page.find("tbody").html
    await page.push(f"teas:{event}", payload)
    assert page.find("tbody").html == before
    assert page.crashes == 0
    assert page.path == "/"
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


async def test_an_unknown_event_of_the_table_is_one_of_the_view(page: Page) -> None:
    with pytest.raises(PageError, match="unknown_event"):
        await page.push("teas:explode", {})


HOSTILE = "teas.sort=-secret,,%00,-&teas.page=0x1&teas.size=-5&teas.columns=secret&teas.where.grams=1e999..&teas.q=%00"


async def test_a_hostile_address_shows_the_table_as_it_is() -> None:
    async with LiveClient(application(teas(), selectable=True)) as client:
        page = await client.open(f"/?{HOSTILE}&teas.selected=" + "a," * 3000)
        assert page.status == 200
        assert page.find(".pv-data-status").text.endswith("of 60")


# The selection


@pytest.fixture
def archive() -> Archive:
    return Archive()


def with_actions(archive: Archive, rows: Sequence[Tea], **options: Any) -> PyView:
    few: dict[str, Any] = {"size": 10, "row_name": "name"} | options
    return application(
        rows,
        row_actions=[Action("archive", archive.one, allow=lambda tea: tea.grams > 0)],
        bulk_actions=[Action("archive", archive.several, "Archive all", allow=lambda tea: tea.grams > 0)],
        **few,
    )


async def test_selected_rows_are_in_the_address_and_stay_over_pages(archive: Archive) -> None:
    async with LiveClient(with_actions(archive, teas())) as client:
        page = await client.open("/")
        await page.click("[aria-label='Select Tea 02']")
        await page.click("[aria-label='Next page']")
        await page.click("[aria-label='Select Tea 11']")
        assert page.path == "/?teas.page=2&teas.selected=2,11"
        again = await client.open(page.path)
        assert again.find(".pv-data-selected p").text == "2 selected"
        await again.click("button", "Archive all")
        assert [tea.id for tea in archive.rows] == [2, 11]
        assert not again.exists(".pv-data-selected")
        assert again.path == "/?teas.page=2"


async def test_all_matching_rows_are_selected_only_on_request(archive: Archive) -> None:
    async with LiveClient(with_actions(archive, teas())) as client:
        page = await client.open("/?teas.where.grams=..30")
        await page.click("[name=pick_page]")
        assert page.find(".pv-data-selected p").text == "10 selected"
        matching = [tea.id for tea in teas() if tea.grams <= 30]
        await page.click("button", f"Select all {len(matching)} matching rows")
        await page.click("[aria-label='Select Tea 01']")
        assert page.find(".pv-data-selected p").text == f"{len(matching) - 1} selected"
        await page.click("button", "Archive all")
        assert [tea.id for tea in archive.rows] == [n for n in matching if n > 1 and teas()[n - 1].grams > 0]


async def test_another_filter_ends_the_selection_of_all(archive: Archive) -> None:
    async with LiveClient(with_actions(archive, teas())) as client:
        page = await client.open("/?teas.selected=*")
        await page.change("#teas-filter", {"q": "tea 1"})
        assert page.path == "/?teas.q=tea+1"
        assert not page.exists(".pv-data-selected")


async def test_no_more_than_the_limit_is_selected_one_by_one(archive: Archive) -> None:
    async with LiveClient(with_actions(archive, teas(250), size=100)) as client:
        page = await client.open("/")
        for _ in range(2):
            await page.click("[name=pick_page]")
            await page.click("[aria-label='Next page']")
        await page.click("[name=pick_page]")
        assert page.find("[role=alert]").text == "Up to 200 rows can be selected one by one."
        assert page.find(".pv-data-selected p").text == "200 selected"


# Actions


async def test_an_action_gets_the_row_as_it_is_now(archive: Archive) -> None:
    rows = teas()
    async with LiveClient(with_actions(archive, rows)) as client:
        page = await client.open("/")
        rows[1] = replace(rows[1], name="New")
        await page.click("[aria-label='Archive Tea 02']")
        assert archive.rows == [rows[1]]


async def test_an_action_that_a_row_no_longer_offers_is_refused(archive: Archive) -> None:
    rows = teas()
    async with LiveClient(with_actions(archive, rows)) as client:
        page = await client.open("/")
        assert not page.exists("[aria-label='Archive Tea 07']")
        rows[1] = replace(rows[1], grams=0)
        await page.click("[aria-label='Archive Tea 02']")
        assert page.find("[role=alert]").text == "This is no longer possible for this row."
        await page.push("teas:act", {"action": "archive", "key": "7"})
        del rows[0]
        await page.push("teas:act", {"action": "archive", "key": "1"})
        assert page.find("[role=alert]").text == "This row is gone."
        assert archive.rows == []


async def test_an_action_of_another_scope_is_not_there_and_is_refused(archive: Archive) -> None:
    action = Action("archive", archive.one, requires="admin")
    async with LiveClient(application(teas(), row_actions=[action])) as client:
        page = await client.open("/")
        assert not page.exists(".pv-data-actions")
        await page.push("teas:act", {"action": "archive", "key": "1"})
        assert page.find("[role=alert]").text == "You may not do this."
        assert archive.rows == []


# Edited cells


def editable(rows: Any, **options: Any) -> PyView:
    columns = ["id", column("name", editable=True), column("grams", editable=True)]
    return application(rows, columns=columns, edit=TeaEdit, row_name="name", **options)


async def test_a_cell_is_edited_in_place_and_its_error_is_beside_it() -> None:
    rows = teas()
    async with LiveClient(editable(rows)) as client:
        page = await client.open("/")
        await page.click("[aria-label='Edit Name of Tea 02: Tea 02']")
        await page.submit("#teas-edit", {"value": "x"})
        assert page.find("#teas-edit .pv-error").text == "At least 2 characters, please."
        assert page.find("#teas-edit [name=value]")["aria-invalid"] == "true"
        await page.submit("#teas-edit", {"value": "Assam"})
        assert rows[1].name == "Assam"
        assert cells(page, 2)[1] == "Assam"
        assert not page.exists("#teas-edit")


async def test_a_change_of_another_user_is_shown_and_not_overwritten_unseen() -> None:
    rows = teas()
    async with LiveClient(editable(rows)) as client:
        page = await client.open("/")
        await page.push("teas:edit", {"key": "2", "column": "grams"})
        rows[1] = replace(rows[1], grams=500)
        await page.submit("#teas-edit", {"value": "7"})
        assert "changed to “500”" in page.find("#teas-edit .pv-error").text
        assert rows[1].grams == 500
        await page.submit("#teas-edit", {"value": "7"})
        assert rows[1].grams == 7


async def test_a_row_that_is_gone_cannot_be_saved() -> None:
    rows = teas()
    async with LiveClient(editable(rows)) as client:
        page = await client.open("/")
        await page.push("teas:edit", {"key": "2", "column": "grams"})
        del rows[1]
        await page.submit("#teas-edit", {"value": "7"})
        assert page.find("[role=alert]").text == "This row is gone."
        assert "Tea 02" not in cells(page, 2)


@pytest.mark.parametrize(
    "forged", [{"column": "id"}, {"key": "3"}, {"column": "secret"}, {"value": ["x"]}, {"value": None}]
)
async def test_a_forged_cell_is_not_saved(forged: dict[str, Any]) -> None:
    rows = teas()
    async with LiveClient(editable(rows)) as client:
        page = await client.open("/")
        await page.push("teas:edit", {"key": "2", "column": "grams"})
        await page.push("teas:save", {"key": "2", "column": "grams", "value": "7"} | forged)
        assert rows == teas()
        assert page.exists("#teas-edit")


async def test_the_own_save_stores_and_returns_the_row() -> None:
    saved = []

    async def save(socket: Any, row: Tea, changes: dict[str, Any]) -> Tea:
        saved.append((row.id, changes))
        return replace(row, **changes)

    async with LiveClient(editable(tuple(teas()), save=save)) as client:
        page = await client.open("/")
        await page.push("teas:edit", {"key": "1", "column": "grams"})
        await page.submit("#teas-edit", {"value": "99"})
        assert saved == [(1, {"grams": 99})]
        assert cells(page, 3)[0] == "99"


# Downloads


async def test_a_download_has_all_rows_of_the_query_and_the_shown_columns() -> None:
    columns = ["id", "name", column("grams", "Weight (g)"), column("secret", exported=False)]
    async with LiveClient(application(teas(), columns=columns, exports=["csv", "parquet"])) as client:
        page = await client.open("/?teas.q=tea+1&teas.sort=-grams&teas.columns=name,grams,secret&teas.page=2")
        await page.click("button", "Download CSV")
        lines = (await page.download()).content.decode("utf-8-sig").splitlines()
        assert lines[0] == "Name,Weight (g)"
        assert lines[1] == "Tea 13,60"
        assert len(lines) == 11
        await page.click("button", "Download PARQUET")
        frame = pl.read_parquet((await page.download()).content)
        assert frame.columns == ["name", "grams"]
        assert frame["grams"].to_list()[0] == 60
        assert len(frame) == 10


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
async def test_a_text_is_no_formula_in_a_spreadsheet(text: str) -> None:
    rows = [Tea(1, text, -5)]
    for guard, expected in ((True, f"'{text}"), (False, text)):
        async with LiveClient(application(rows, exports=["csv"], csv_guard=guard)) as client:
            page = await client.open("/")
            await page.click("button", "Download CSV")
            assert (await page.download()).text.splitlines()[1] == f"1,{expected},-5"


# Live rows


async def test_live_rows_are_updated_inserted_and_removed() -> None:
    rows = teas(12)
    app = application(rows, size=5, sort="name")
    async with LiveClient(app) as client:
        page = await client.open("/?teas.q=tea")
        await tell(app, page, "update", replace(rows[0], grams=77))
        assert cells(page, 3)[0] == "77"
        await tell(app, page, "insert", Tea(99, "Tea 01b", 5))
        assert cells(page, 2) == ["Tea 01", "Tea 01b", "Tea 02", "Tea 03", "Tea 04"]
        assert page.find(".pv-data-status").text == "1 to 5 of 13"
        await tell(app, page, "insert", Tea(98, "Coffee", 5))
        await tell(app, page, "remove", "99")
        assert cells(page, 2) == ["Tea 01", "Tea 02", "Tea 03", "Tea 04"]
        await tell(app, page, "update", replace(rows[1], name="Coffee"))
        assert cells(page, 2) == ["Tea 01", "Tea 03", "Tea 04"]
        assert page.find(".pv-data-status").text == "1 to 3 of 11"


# Slow and broken sources


async def test_a_browser_cannot_flood_the_log(page: Page, caplog: pytest.LogCaptureFixture) -> None:
    long = "x" * 10_000
    for _ in range(15):
        await page.push("teas:sort", {"column": long})
        await page.push("teas:edit", {"column": long, "key": long})
        await page.push("teas:act", {"action": long, "key": long})
        await page.push("teas:export", {"format": long})
    refusals = [record.getMessage() for record in caplog.records if "refused" in record.getMessage()]
    assert len(refusals) == 10
    assert max(map(len, refusals)) < 200


class SlowSource(RowsSource):
    """Rows that come when the test lets them."""

    def __init__(self, rows: Sequence[Tea]) -> None:
        super().__init__(rows)
        self.gates: dict[str, asyncio.Event] = {}

    async def window(self, request: Any) -> Any:
        gate = self.gates.get(request.criteria.search)
        if gate is not None:
            await gate.wait()
        return await super().window(request)


async def test_rows_of_an_earlier_search_that_come_late_are_dropped() -> None:
    source = SlowSource(teas())
    source.gates = {"tea 1": asyncio.Event()}
    async with LiveClient(application(source)) as client:
        page = await client.open("/")
        await page.change("#teas-filter", {"q": "tea 1"})
        assert page.find("[role=status]").text == "Loading…"
        assert page.exists("[aria-busy]")
        await page.change("#teas-filter", {"q": "tea 12"})
        assert cells(page) == ["12"]
        source.gates["tea 1"].set()
        await page.change("#teas-filter", {"q": "tea 13"})
        assert cells(page) == ["13"]


async def test_slow_rows_are_shown_when_they_come() -> None:
    source = SlowSource(teas())
    source.gates = {"tea 1": asyncio.Event()}
    async with LiveClient(application(source)) as client:
        page = await client.open("/")
        await page.change("#teas-filter", {"q": "tea 1"})
        source.gates["tea 1"].set()
        await page.wait_for(".pv-data-status", text="1 to 10 of 10")
        assert cells(page)[0] == "10"


class BrokenSource(RowsSource):
    broken = True

    async def window(self, request: Any) -> Any:
        if self.broken:
            raise ConnectionError("no database")
        return await super().window(request)


async def test_a_source_that_fails_is_said_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    source = BrokenSource(teas())
    async with LiveClient(application(source)) as client:
        page = await client.open("/")
        assert page.status == 200
        assert "The rows could not be loaded." in page.find("[role=alert]").text
        assert "no database" in caplog.text
        assert "no database" not in page.html
        logged = caplog.text.count("could not be loaded")
        await page.click("button", "Try again")
        assert caplog.text.count("could not be loaded") == logged
        source.broken = False
        await page.click("button", "Try again")
        assert cells(page)[0] == "1"
        assert not page.exists(".pv-data-message p")


async def test_many_rows_are_sorted_in_a_worker_thread() -> None:
    threads = set()

    class Seen(str):
        def __lt__(self, other: object) -> bool:
            threads.add(threading.current_thread().name)
            return str.__lt__(self, str(other))

    rows = [Tea(n, Seen(f"Tea {n}"), 0) for n in range(3000)]
    async with LiveClient(application(rows, sort="name")) as client:
        await client.open("/")
    assert threads
    assert threading.main_thread().name not in threads


# In the view


async def test_a_table_of_a_nested_view_is_not_in_the_address() -> None:
    async with LiveClient(application(teas(), in_url=False)) as client:
        page = await client.open("/")
        await page.click("[aria-label='Next page']")
        assert cells(page)[0] == "26"
        assert page.path == "/"


class Inner(LiveView[Any]):
    """A nested view, whose address is that of the page around it."""

    template = LiveTemplate.from_string(PLAIN, "inner.html")

    async def mount(self, socket: Any, session: Any) -> None:
        in_url = session["in_url"]
        socket.context = {"teas": await data_table(socket, "teas", teas(), in_url=in_url)}


class Outer(LiveView[Any]):
    template = LiveTemplate.from_string(
        "{{ live_render(inner, id='inner', session={'in_url': in_url}) }}", "outer.html"
    )

    async def mount(self, socket: Any, session: Any, in_url: bool = False) -> None:
        socket.context = {"inner": Inner, "in_url": in_url}


async def test_a_table_works_in_a_nested_view_without_an_address() -> None:
    app = PyView()
    app.add_live_view("/", Outer)
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("[aria-label='Next page']")
        assert cells(page)[0] == "26"
        assert page.path == "/"


async def test_a_table_without_its_rows_is_an_error_that_says_what_to_do(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = PyView()
    app.add_live_view("/", Outer)
    async with LiveClient(app, raise_server_exceptions=False) as client:
        await client.get("/?in_url=true")
    assert "in a nested view or a later handler, give in_url=False" in caplog.text


async def test_groups_have_their_numbers_and_totals() -> None:
    columns = ["name", column("grams", total="sum", groupable=True)]
    async with LiveClient(application(teas(14), columns=columns)) as client:
        page = await client.open("/")
        await page.change("#teas-group-form", {"group": "grams"})
        assert page.path == "/?teas.group=grams"
        headings = [one.text for one in page.find_all(".pv-data-group")]
        assert headings[:2] == ["0 2 rows Grams sum 0", "10 2 rows Grams sum 20"]


async def test_texts_of_another_language_replace_the_english_ones() -> None:
    texts = Texts(rows="{first} bis {last} von {count}", search="Suche")
    async with LiveClient(application(teas(), texts=texts)) as client:
        page = await client.open("/")
        assert page.has_text("1 bis 25 von 60")
        assert page.find("[type=search]")["aria-label"] == "Suche"


async def test_hostile_content_is_escaped() -> None:
    rows = [Tea(1, "<script>alert(1)</script>", 1)]
    async with LiveClient(application(rows, row_name="name", selectable=True)) as client:
        assert "<script>alert(1)" not in (await client.open("/?teas.q=%3Cscript")).response.text


# Mistakes of developers


async def refused(rows: Any, **options: Any) -> str:
    class Socket:
        identity: Any = None

        def attach_hook(self, *args: Any) -> None: ...

    with pytest.raises((TypeError, ValueError)) as error:
        await data_table(Socket(), options.pop("name", "teas"), rows, **options)  # type: ignore[arg-type]
    return str(error.value)


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (teas(1), {"columns": ["nmae"]}, "the source has no column 'nmae': it has grams, id, name, secret"),
        (teas(1), {"columns": ["id", "id"]}, "expected each column once"),
        (teas(1), {"columns": []}, "at least one"),
        (
            teas(1),
            {"columns": [column("grams", total="median")]},
            "total='median' of column 'grams': expected one of",
        ),
        (teas(1), {"sort": "nope"}, "expected sortable and groupable columns"),
        (teas(1), {"size": 100_000}, "expected 1 to 200 rows on a page"),
        (teas(1), {"key": "code"}, "has no 'code': give key=..."),
        (teas(1), {"columns": [column("id", editable=True)]}, "are editable: give edit=Model"),
        (teas(1), {"row_name": "nope"}, "row_name='nope': expected one of"),
        (teas(1), {"name": "my teas"}, "expected a name such as 'orders'"),
        (teas(1), {"exports": ["xls"]}, "exports=['xls']: expected some of csv, parquet"),
        (42, {}, "data_table got a int as its source"),
    ],
)
async def test_mistakes_are_errors_that_say_what_to_do(
    rows: Any, options: dict[str, Any], message: str
) -> None:
    assert message in await refused(rows, **options)
