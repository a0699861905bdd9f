# future-tstrings
"""The table as a template string, for `bench.template_bench`. Needs Python 3.14 or future-tstrings."""

from string.templatelib import Template
from typing import Any

from pyview import each


def row(row: Any) -> Template:
    return t'<tr id="row-{row.id}"><td>{row.id}</td><td>{row.name}</td><td>{row.price}</td><td>{row.qty}</td></tr>'


def table(data: dict[str, Any]) -> Template:
    return t"<h1>{data['title']}: {data['total']}</h1><table>{each(data['rows'], row, key='id')}</table>"


def eager_table(data: dict[str, Any]) -> Template:
    rows = [row(each) for each in data["rows"]]
    return t"<h1>{data['title']}: {data['total']}</h1><table>{rows}</table>"


def counter(data: dict[str, Any]) -> Template:
    return t"<h1>Counter</h1><p>{data['count']}</p><button phx-click='inc'>+</button><button phx-click='dec'>-</button>"
