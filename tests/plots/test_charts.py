"""`ui.chart`: what is drawn, what is sent when a value changes, and what is refused."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import DictLoader

from pyview import LiveView, LiveViewSocket, PyView
from pyview.events import event
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from tests.ui.pages import ENVIRONMENT, IMPORT, Page, only, rendered

CALL = "{{ ui.chart('c', data, x=x, y=y, kind=kind, stacked=stacked, on_click=click, label='L') }}"
ANY = Page(CALL)
NUMBERS = st.one_of(st.none(), st.floats(), st.integers(-(10**300), 10**300), st.decimals(allow_nan=False))
LISTS = st.integers(0, 12).flatmap(
    lambda count: st.dictionaries(
        st.text(max_size=5), st.lists(NUMBERS, min_size=count, max_size=count), max_size=10
    )
)


def paths(soup: BeautifulSoup, css: str) -> list[str]:
    return [str(path["d"]) for path in soup.select(css)]


def numbers(path: str) -> list[int]:
    """Return the absolute coordinates of a path, or the lengths of relative ones."""
    return [int(text) for text in re.findall(r"-?\d+", path)]


@settings(deadline=None)
@given(LISTS, st.sampled_from(["line", "bar", "area", "sparkline"]), st.booleans(), st.booleans())
def test_any_numbers_can_be_drawn(data: Any, kind: str, stacked: bool, clicks: bool) -> None:
    click = "pick" if clicks else None
    soup = ANY.render(data=data, x=None, y=None, kind=kind, stacked=stacked, click=click)
    assert not soup.select("[style]")
    for path in paths(soup, "path"):
        assert all(abs(number) <= 1300 for number in numbers(path)), path
        assert re.fullmatch(r"[MlhvHVLz\d -]*", path)


def chart(data: Any, call: str = "", **names: Any) -> BeautifulSoup:
    return rendered("{{ ui.chart('c', data" + call + ") }}", data=data, **names)


def test_a_line_goes_through_its_points() -> None:
    assert paths(chart([0, 50, 100]), ".pv-line") == ["M0 1000l500-500 500-500"]


def test_a_missing_value_is_a_gap_and_a_single_point_is_a_dot() -> None:
    soup = chart([0, 100, None, 50, float("nan"), 0, 10**400])
    assert paths(soup, ".pv-line") == ["M0 1000l167-1000"]
    assert paths(soup, ".pv-dot") == ["M500 500h0M833 1000h0"]
    assert [cell.text for cell in soup.select("tbody td")] == ["0", "100", "–", "50", "–", "0", "–"]  # noqa: RUF001
    assert paths(chart([7]), ".pv-dot") == ["M500 533h0"]


def test_bars_of_a_group_stand_side_by_side_and_begin_at_zero() -> None:
    soup = chart({"a": [100, -100], "b": [50, None]}, ", kind='bar'")
    assert paths(soup, ".pv-bar") == ["M62 0h188v500h-188zM562 500h188v500h-188z", "M250 250h188v250h-188z"]
    assert paths(soup, ".pv-zero") == ["M0 500h1000"]


def test_stacked_bars_stand_on_each_other_on_both_sides_of_zero() -> None:
    soup = chart({"a": [60, -20], "b": [40, -80]}, ", kind='bar', stacked=true")
    tops = [re.findall(r"M\d+ (\d+)h\d+v(\d+)", path) for path in paths(soup, ".pv-bar")]
    assert tops == [[("200", "300"), ("500", "100")], [("0", "200"), ("600", "400")]]


def test_stacked_areas_end_where_the_next_begins() -> None:
    lower, upper = paths(chart({"a": [1, 1], "b": [1, 3]}, ", kind='area', stacked=true"), ".pv-stack")
    assert lower == "M0 750l1000 0L1000 1000 0 1000z"
    assert upper == "M0 500l1000-500L1000 750 0 750z"


def test_no_points_are_said_in_words() -> None:
    none: list[Any] = [[], {}, {"a": []}, [None, None]]
    for data in none:
        soup = chart(data, ", label='Sales', empty='Nothing yet'")
        assert only(soup, ".pv-chart-empty").text == "Nothing yet"
        assert str(only(soup, "[role=img]")["aria-label"]).startswith("Sales. Line chart.")


def test_a_screen_reader_gets_a_summary_and_a_table() -> None:
    rows = [{"month": "Jan", "shop": 3, "web_shop": 2.5}, {"month": "Feb", "shop": 5, "web_shop": None}]
    soup = chart(rows, ", x='month', y=['shop', 'web_shop'], label='Sales', unit='€'")
    label = only(soup, "[role=img]")["aria-label"]
    euro = "\N{NO-BREAK SPACE}€"
    assert (
        label
        == f"Sales. Line chart. Jan to Feb. Shop: 3{euro} to 5{euro}, last 5{euro}. Web shop: 2.5{euro}."
    )
    assert [each.text for each in soup.select("thead th")] == ["Shop (€)", "Web shop (€)"]
    assert [row.get_text(" ") for row in soup.select("tbody tr")] == ["Jan 3 2.5", "Feb 5 –"]  # noqa: RUF001
    assert [each.text for each in soup.select(".pv-legend span")] == ["Shop", "Web shop"]


@dataclass
class Reading:
    at: datetime
    value: Decimal


def test_rows_may_be_objects_with_times_and_decimals() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [Reading(start + timedelta(hours=i), Decimal("0.5") * i) for i in range(3)]
    soup = chart(rows, ", x='at', y={'value': 'Level'}")
    assert [title.text for title in soup.select("title")] == ["00:00: 0", "01:00: 0.5", "02:00: 1"]
    assert [text.text for text in soup.select(".pv-chart-foot text")][0::4] == ["1 Jan", "02:00"]


def test_unequal_distances_in_time_are_shown() -> None:
    days = [date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 11)]
    assert paths(chart([1, 1, 1], ", x=days", days=days), ".pv-line") == ["M0 500l100 0 900 0"]


def test_texts_of_users_are_escaped() -> None:
    bad = '"><script>alert(1)</script>'
    for kind in ("line", "bar"):
        for click in (None, "pick"):
            call = ", x=[bad], label=bad, kind=kind, on_click=click, unit=bad, table_label=bad"
            soup = chart({bad: [1]}, call, bad=bad, kind=kind, click=click)
            assert not soup.select("script")


def test_a_format_cannot_write_markup() -> None:
    # The fill character of a format is free.
    soup = chart([1.5, 2], ", format='<>4'")
    assert [cell.text for cell in soup.select("tbody td")] == ["<1.5", "<2.0"]


def test_names_of_fields_keep_their_capitals() -> None:
    soup = chart([{"at": "Jan", "CPU": 3, "Earl Grey": 4}], ", x='at', y=['CPU', 'Earl Grey']")
    assert str(only(soup, "[role=img]")["aria-label"]).endswith("Jan. CPU: 3. Earl Grey: 4.")


def test_labels_of_whole_numbers_are_whole_and_long_names_are_shortened() -> None:
    assert [text.text for text in chart([1, 2, 3]).select(".pv-chart-foot text")] == ["0", "1", "2"]
    (label,) = chart([1], ", x=['the longest of all names'], kind='bar'").select(".pv-chart-foot text")
    assert label.text == "the longest of…"


def test_many_points_are_drawn_briefly() -> None:
    soup = chart([i % 100 for i in range(100_000)])
    (line,) = paths(soup, ".pv-line")
    assert len(line) < 40_000
    assert not soup.select(".pv-hit")
    assert len(soup.select("tbody tr")) == 200
    assert only(soup, "caption").text == "The last 200 of 100,000 rows."


@pytest.mark.parametrize(
    ("data", "call", "message"),
    [
        (["a"], "", r"expected numbers or None in the series 'Value', got 'a'"),
        ([{"a": 1}], ", x='a', y='b'", r"expected rows with a field 'b' for a chart; row 0 is \{'a': 1\}"),
        ([{"a": 1}], ", x='a'", r"expected the names of the fields of a row"),
        ({"a": [1, 2], "b": [1]}, "", r"expected 2 numbers in the series 'b', one for each position; got 1"),
        (
            [1],
            ", kind='pie'",
            r"expected one of line, bar, area, sparkline as the kind of a chart, got 'pie'",
        ),
        ([1, 2], ", x=[now, plain]", r"expected times that all have a time zone, or all have none"),
    ],
)
def test_a_wrong_value_is_an_error_that_teaches(data: Any, call: str, message: str) -> None:
    now = datetime.now(UTC)
    with pytest.raises((TypeError, ValueError), match=message):
        chart(data, call, now=now, plain=now.replace(tzinfo=None))


def test_a_misspelled_name_is_an_error() -> None:
    with pytest.raises(Exception, match="salez"):
        rendered("{{ ui.chart('c', salez) }}")


# Live


class SalesLiveView(LiveView[dict[str, Any]]):
    template = "sales.html"

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"sales": {"Shop": [*range(30)], "Web": [*range(30)]}, "picked": None}

    @event
    async def pick(
        self, socket: LiveViewSocket[dict[str, Any]], series: str, x: str, value: float, index: int
    ) -> None:
        socket.context["picked"] = (series, x, value, index)


TEMPLATE = IMPORT + "{{ ui.chart('c', sales, kind=kind, on_click='pick') }}<output>{{ picked }}</output>"


def app(kind: str) -> PyView:
    made = PyView(templates=DictLoader({"sales.html": TEMPLATE.replace("kind=kind", f"kind={kind!r}")}))
    made.add_live_view("/", SalesLiveView)
    return made


def test_a_changed_value_sends_its_line_its_point_and_its_row() -> None:
    template = LiveTemplate.from_string(
        IMPORT + "{{ ui.chart('c', data) }}{{ other }}", environment=ENVIRONMENT
    )
    rendering = template.rendering()
    data: dict[str, list[float]] = {
        name: [i * 3 % 31 for i in range(60)] for name in ("Shop", "Web", "Partners")
    }
    whole = len(orjson.dumps(rendering.update({"data": data, "other": 0})))
    data["Web"] = [*data["Web"][:30], 7, *data["Web"][31:]]
    changed = orjson.dumps(rendering.update({"data": data, "other": 0}))
    assert len(changed) < 700 < whole / 10
    assert changed.count(b"M0 ") == 1
    assert len(orjson.dumps(rendering.update({"data": data, "other": 1}))) < 20


@pytest.mark.parametrize("kind", ["line", "bar", "area"])
async def test_a_click_tells_the_series_and_the_point(kind: str) -> None:
    async with LiveClient(app(kind)) as client:
        page = await client.open("/")
        await page.click("a[aria-label='7: Web 7']")
        assert page.find("output").text == "('Web', '7', 7.0, 7)"
        assert page.find(".pv-chart-plot")["role"] == "group"
