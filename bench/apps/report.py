"""A page from a database: two queries of SQLite, in memory."""

import sqlite3
from typing import Any, TypedDict

from pyview import LiveView, LiveViewSocket
from pyview.template.live_template import LiveTemplate

_BOOKS = sqlite3.connect(":memory:")
_BOOKS.execute("create table books (title text, author text, year integer)")
_BOOKS.executemany(
    "insert into books values (?, ?, ?)", [(f"title {n}", f"author {n % 7}", n) for n in range(200)]
)


class ReportContext(TypedDict):
    rows: list[tuple[str, str]]
    authors: int


class Report(LiveView[ReportContext]):
    template = LiveTemplate.from_string(
        "<ul>{% for title, author in rows %}<li>{{ title }}, {{ author }}</li>{% endfor %}</ul><p>{{ authors }}</p>",
        "report.html",
    )

    async def mount(self, socket: LiveViewSocket[ReportContext], session: Any) -> None:
        rows = _BOOKS.execute("select title, author from books where year % 8 = 3 order by title").fetchall()
        authors = _BOOKS.execute("select count(*), avg(year) from books group by author").fetchall()
        socket.context = {"rows": rows, "authors": len(authors)}
