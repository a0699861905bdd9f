"""Content of the page: what the answers of the workers say, as text and numbers for the template."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from pyview.dashboard.charts import Chart, chart, recent, sum_of
from pyview.dashboard.messages import MAX_ROWS, ClassTimes, Query, Sort, WorkerAnswer, WorkerReport
from pyview.dashboard.text import (
    age_text,
    count_text,
    duration_text,
    percent_text,
    rate_text,
    size_text,
)
from pyview.dashboard.views import first_of
from pyview.dashboard.worker import NoAnswer
from pyview.observability.durations import Durations
from pyview.process.measured import MAX_SLOWEST

PER_PAGE: Final = 25
_ID_LENGTH: Final = 6  # characters of a worker's id that tell it apart

COLUMNS: Final[dict[Sort, str]] = {
    "view": "View",
    "page": "Page",
    "user": "User",
    "waiting": "Waiting",
    "components": "Components",
    "timers": "Timers",
}
NUMBERS: Final[frozenset[Sort]] = frozenset({"waiting", "components", "timers"})


@dataclass(slots=True)
class Choice:
    """Choice of the dashboard's user for the list of views. `page` counts from 0."""

    text: str = ""
    sort: Sort = "view"
    descending: bool = False
    page: int = 0

    @property
    def query(self) -> Query:
        """The query that brings all rows up to the end of the page."""
        limit = min(MAX_ROWS, (self.page + 1) * PER_PAGE)
        return Query.model_construct(text=self.text, sort=self.sort, descending=self.descending, limit=limit)

    def sort_by(self, column: Sort) -> None:
        """Sort by a column; the other way round, if it is that one already. Large numbers come first."""
        self.descending = not self.descending if column == self.sort else column in NUMBERS
        self.sort, self.page = column, 0


class Column(NamedTuple):
    name: Sort
    label: str
    is_number: bool
    order: str
    """Value of `aria-sort`."""


class WorkerRow(NamedTuple):
    """One worker. `cells` is empty for one that has not answered."""

    name: str
    is_own: bool
    cells: dict[str, str]


class TimesRow(NamedTuple):
    view: str
    messages: str
    handler: str
    render: str
    join: str
    longest: str


class ShownRow(NamedTuple):
    view: str
    page: str
    user: str
    waiting: int
    components: int
    timers: int
    nested: bool
    detached: bool
    worker: str


class Tile(NamedTuple):
    """One number. `id` is that of its element, "" for none; `note` explains it."""

    label: str
    value: str
    note: str = ""
    id: str = ""
    chart: Chart | None = None


def shown(
    own: WorkerAnswer, others: Sequence[WorkerAnswer | NoAnswer], names: dict[str, str], choice: Choice
) -> dict[str, Any]:
    """Return the context of the page. `names` are those of workers that have answered before, by id."""
    answers = [own, *(each for each in others if isinstance(each, WorkerAnswer))]
    silent = [each.id for each in others if isinstance(each, NoAnswer)]
    reports = [each.report for each in answers]
    rows, matching = _rows(answers, choice)
    start = choice.page * PER_PAGE
    return {
        "own_name": name_of(own.report),
        "tiles": _tiles(reports),
        "rates": _rates(reports),
        "workers": [
            *(WorkerRow(name_of(each), each.id == own.report.id, _worker_cells(each)) for each in reports),
            *(WorkerRow(names.get(each, each[:_ID_LENGTH]), False, {}) for each in silent),
        ],
        "classes": _classes(reports),
        "times": _times(reports),
        "slowest": _slowest(reports),
        "text": choice.text,
        "columns": _columns(choice),
        "worker_columns": WORKER_COLUMNS,
        "several": len(answers) > 1,
        "rows": rows,
        "matching": count_text(matching),
        "first": count_text(start + 1 if rows else 0),
        "last": count_text(start + len(rows)),
        "has_previous": choice.page > 0,
        "has_next": matching > start + len(rows) and start + PER_PAGE < MAX_ROWS,
        "is_cut_off": matching > MAX_ROWS,
    }


def name_of(report: WorkerReport) -> str:
    return f"{report.host}:{report.pid} ({report.id[:_ID_LENGTH]})"


# Numbers


def _tiles(reports: Sequence[WorkerReport]) -> list[Tile]:
    def total(read: Callable[[WorkerReport], int]) -> str:
        return count_text(sum(map(read, reports)))

    sizes = [each.memory for each in reports if each.memory is not None]
    memory = size_text(sum(sizes) if sizes else None, is_peak=any(each.memory_is_peak for each in reports))
    delays = [each.delay for each in reports if each.delay is not None]
    several = len(reports) > 1
    return [
        Tile("Open views", total(lambda each: each.open_views), id="views"),
        Tile("Wait for their page", total(lambda each: each.detached), "connection lost"),
        Tile("First pages", total(lambda each: each.first_views), "wait for their join"),
        Tile("WebSockets", total(lambda each: each.sockets)),
        Tile("Long polls", total(lambda each: each.polls)),
        Tile(
            "Signed-in users",
            total(lambda each: each.users),
            "counted by each worker" if several else "",
            "users",
        ),
        Tile("Waiting messages", total(lambda each: each.waiting)),
        Tile("Memory", memory),
        Tile("Loop delay", duration_text(max(delays, default=None)), "longest in 3 s"),
    ]


def _rates(reports: Sequence[WorkerReport]) -> list[Tile]:
    def rate(label: str, note: str, read: Callable[[WorkerReport], list[float]]) -> Tile:
        series = sum_of([read(each) for each in reports])
        return Tile(label, rate_text(recent(series)), note, chart=chart(label, series))

    failures = sum_of([each.failures for each in reports])
    cpu = sum_of([each.cpu for each in reports])
    return [
        rate("Events", "per second", lambda each: each.events),
        rate("Broadcasts delivered", "per second", lambda each: each.broadcasts),
        rate("Joins", "per second", lambda each: each.joins),
        Tile(
            "Failures",
            rate_text(round(sum(failures))),
            "in the last minute",
            chart=chart("Failures", failures),
        ),
        Tile("CPU", percent_text(recent(cpu)), "of one processor", chart=chart("CPU", cpu, "%")),
    ]


def _worker_cells(report: WorkerReport) -> dict[str, str]:
    return {
        "Open views": count_text(report.open_views),
        "Wait for their page": count_text(report.detached),
        "First pages": count_text(report.first_views),
        "WebSockets": count_text(report.sockets),
        "Long polls": count_text(report.polls),
        "Events/s": rate_text(recent(report.events)),
        "Failures/min": rate_text(round(sum(report.failures))),
        "CPU": percent_text(recent(report.cpu)),
        "Memory": size_text(report.memory, is_peak=report.memory_is_peak),
        "Loop delay": duration_text(report.delay),
        "Open files": _files_text(report),
        "Uptime": age_text(report.uptime),
        "Versions": f"Python {report.python}, PyView {report.version}",
    }


WORKER_COLUMNS: Final = (
    "Open views", "Wait for their page", "First pages", "WebSockets", "Long polls", "Events/s", "Failures/min", "CPU",
    "Memory", "Loop delay", "Open files", "Uptime", "Versions",
)  # fmt: skip


def _files_text(report: WorkerReport) -> str:
    if report.files is None:
        return "unknown"
    return f"{report.files:,} of {report.file_limit:,}" if report.file_limit else f"{report.files:,}"


def _classes(reports: Sequence[WorkerReport]) -> list[tuple[str, str]]:
    total: Counter[str] = Counter()
    for report in reports:
        total.update(dict(report.classes))
    return [(name, count_text(count)) for name, count in sorted(total.items())]


# Times


def _times(reports: Sequence[WorkerReport]) -> list[TimesRow]:
    by_view: dict[str, list[ClassTimes]] = {}
    for report in reports:
        for each in report.times:
            by_view.setdefault(each.view, []).append(each)
    rows = [_times_row(view, several) for view, several in by_view.items()]
    return [row for _, row in sorted(rows, key=lambda pair: -pair[0])]


def _times_row(view: str, several: Sequence[ClassTimes]) -> tuple[float, TimesRow]:
    """Return the row, and the number to sort it by."""
    handler, render, join = (
        Durations.sum_of(getattr(each, part).durations() for each in several)
        for part in ("handler", "render", "join")
    )
    longest = max(each.longest for each in (handler, render, join))
    row = TimesRow(
        view,
        count_text(handler.count),
        _median_and_p95(handler),
        _median_and_p95(render),
        _median_and_p95(join),
        duration_text(longest),
    )
    return longest, row


def _median_and_p95(durations: Durations) -> str:
    median, p95 = durations.quantile(0.5), durations.quantile(0.95)
    return duration_text(None) if median is None else f"{duration_text(median)} / {duration_text(p95)}"


def _slowest(reports: Sequence[WorkerReport]) -> list[tuple[str, str, str]]:
    longest: dict[tuple[str, str], float] = {}
    for report in reports:
        for each in report.slowest:
            key = each.view, each.message
            longest[key] = max(longest.get(key, 0.0), each.seconds)
    ordered = sorted(longest.items(), key=lambda item: -item[1])[:MAX_SLOWEST]
    return [(view, message, duration_text(seconds)) for (view, message), seconds in ordered]


# The list of views


def _rows(answers: Sequence[WorkerAnswer], choice: Choice) -> tuple[list[ShownRow], int]:
    """Return the rows of the page, and the number of all that match."""
    every = [
        ShownRow(
            row.view,
            row.page,
            row.user,
            row.waiting,
            row.components,
            row.timers,
            row.nested,
            row.detached,
            name_of(answer.report),
        )
        for answer in answers
        for row in answer.rows
    ]
    ordered = first_of(every, choice.query)
    start = choice.page * PER_PAGE
    return ordered[start : start + PER_PAGE], sum(answer.matching for answer in answers)


def _columns(choice: Choice) -> list[Column]:
    def order(name: Sort) -> str:
        if name != choice.sort:
            return "none"
        return "descending" if choice.descending else "ascending"

    return [Column(name, label, name in NUMBERS, order(name)) for name, label in COLUMNS.items()]
