"""Cost of a template update: `python -m bench.template_bench [repeats]`. Microseconds, medians of the best rounds.

Besides warm updates of one view, `cold` updates two hundred views in turn, and writes 256 KiB of other data between
two updates, about as much as a server and the kernel use for one event. So neither the data of a view nor all of the
code is in the processor's caches.
"""

import gc
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from pyview.template.environment import create_environment
from pyview.template.live_template import ContentRendering, LiveTemplate, Rendering

COUNTER = LiveTemplate.from_string(
    '<h1>Counter</h1><p>{{ count }}</p><button phx-click="inc">+</button><button phx-click="dec">-</button>'
)
TABLE = LiveTemplate.from_string(
    "<h1>{{ title }}: {{ total }}</h1><table>{% for row in rows|keyed_by('id') %}"
    '<tr id="row-{{ row.id }}"><td>{{ row.id }}</td><td>{{ row.name }}</td><td>{{ row.price }}</td>'
    "<td>{{ row.qty }}</td></tr>{% endfor %}</table>"
)
NESTED = LiveTemplate.from_string(
    "<h1>{{ title }}: {{ total }}</h1><table>{% for row in rows|keyed_by('id') %}<tr><td>{{ row.product.id }}</td>"
    "<td>{{ row.product.name }}</td><td>{{ row.price }}</td><td>{{ row.qty }}</td></tr>{% endfor %}</table>"
)
WIDE = LiveTemplate.from_string(
    "<h1>{{ title }}: {{ total }}</h1><table>{% for row in rows|keyed_by('id') %}<tr><td>{{ row.id }}</td>"
    "<td>{{ row.name }}</td><td>{{ row.price }}</td><td>{{ row.qty }}</td>"
    + "".join(f"<td>{{{{ row.f{i} }}}}</td>" for i in range(8))
    + "</tr>{% endfor %}</table>"
)
PAGE = LiveTemplate.from_string(
    "<h1>{{ title }}</h1>{% if user.admin %}<b>{{ user.name }}</b>{% if total > 10 %}<i>many</i>{% endif %}{% endif %}"
    "<p>{{ total }} {{ title|upper }}</p>"
)


class StringTemplate:
    """Template string with the interface of a template: `make` is called with the data for each render."""

    def __init__(self, make: Callable[[dict[str, Any]], Any]) -> None:
        self._make = make
        self._environment = create_environment()

    def rendering(self) -> "StringRendering":
        return StringRendering(self._make, ContentRendering(self._environment, None))

    def render(self, data: dict[str, Any]) -> object:
        return ContentRendering(self._environment, None).html(self._make(data))


class StringRendering:
    def __init__(self, make: Callable[[dict[str, Any]], Any], rendering: ContentRendering) -> None:
        self._make = make
        self._rendering = rendering

    def update(self, data: dict[str, Any]) -> object:
        return self._rendering.update(self._make(data))


@dataclass(frozen=True)
class Row:
    id: int
    name: str
    price: float
    qty: int


@dataclass
class MutableRow:
    id: int
    name: str
    price: float
    qty: int


def table(make: Callable[..., Any], count: int = 100) -> dict[str, Any]:
    rows = [make(id=1000 + i, name=f"Product {i}", price=i + 0.5, qty=300 + i) for i in range(count)]
    return {"title": "Products", "total": 4950.0, "rows": rows}


def nested_row(**fields: Any) -> dict[str, Any]:
    """Return a row with its number and name in a dict of their own."""
    return {**fields, "product": {"id": fields["id"], "name": fields["name"]}}


def wide_row(**fields: Any) -> dict[str, Any]:
    return {**fields, **{f"f{i}": f"{fields['name']} {i}" for i in range(8)}}


def bump_dict(data: dict[str, Any], n: int) -> None:
    data["rows"][n % 100]["price"] += 1


def bump_object(data: dict[str, Any], n: int) -> None:
    data["rows"][n % 100].price += 1


def bump_frozen(data: dict[str, Any], n: int) -> None:
    rows = data["rows"]
    rows[n % 100] = replace(rows[n % 100], price=rows[n % 100].price + 1)


def prepend(data: dict[str, Any], n: int) -> None:
    rows = data["rows"]
    rows.insert(0, rows.pop())


def rebuild(data: dict[str, Any], n: int) -> None:
    data["rows"] = [dict(row) for row in data["rows"]]


def nothing(data: dict[str, Any], n: int) -> None:
    pass


def count(data: dict[str, Any], n: int) -> None:
    data["count"] = n


def total(data: dict[str, Any], n: int) -> None:
    data["total"] = n


Case = tuple[
    str, LiveTemplate | StringTemplate, Callable[[], dict[str, Any]], Callable[[dict[str, Any], int], None]
]

CASES: list[Case] = [
    ("counter, nothing", COUNTER, lambda: {"count": 1}, nothing),
    ("counter, one scalar", COUNTER, lambda: {"count": 1}, count),
    ("page of ifs, nothing", PAGE, lambda: {**table(dict), "user": {"admin": True, "name": "Ann"}}, nothing),
    ("page of ifs, one scalar", PAGE, lambda: {**table(dict), "user": {"admin": True, "name": "Ann"}}, total),
    ("100 frozen rows, nothing", TABLE, lambda: table(Row), nothing),
    ("100 frozen rows, one", TABLE, lambda: table(Row), bump_frozen),
    ("100 dict rows, nothing", TABLE, lambda: table(dict), nothing),
    ("100 dict rows, one", TABLE, lambda: table(dict), bump_dict),
    ("100 dict rows, last to front", TABLE, lambda: table(dict), prepend),
    ("100 dict rows, made anew", TABLE, lambda: table(dict), rebuild),
    ("100 mutable objects, one", TABLE, lambda: table(MutableRow), bump_object),
    ("100 nested dict rows, one", NESTED, lambda: table(nested_row), bump_dict),
    ("100 dict rows of 12 fields, one", WIDE, lambda: table(wide_row), bump_dict),
    ("1000 frozen rows, one", TABLE, lambda: table(Row, 1000), bump_frozen),
    ("1000 dict rows, one", TABLE, lambda: table(dict, 1000), bump_dict),
]

VIEWS = 200
OTHER = bytes(256 * 1024)


def of_strings() -> list[Case]:
    """Return the same workloads as template strings, if this Python supports them."""
    if sys.version_info < (3, 14) and find_spec("future_tstrings") is None:
        return []
    strings = import_module("bench.template_strings")
    counter, table_of, eager = (
        StringTemplate(make) for make in (strings.counter, strings.table, strings.eager_table)
    )
    return [
        ("t-string: counter, one scalar", counter, lambda: {"count": 1}, count),
        ("  100 frozen rows, nothing", table_of, lambda: table(Row), nothing),
        ("  100 frozen rows, one", table_of, lambda: table(Row), bump_frozen),
        ("  100 mutable objects, one", table_of, lambda: table(MutableRow), bump_object),
        ("  without each(): frozen, one", eager, lambda: table(Row), bump_frozen),
    ]


def views(case: Case, number: int) -> list[tuple[Rendering | StringRendering, dict[str, Any]]]:
    _, template, make, _ = case
    made = [(template.rendering(), make()) for _ in range(number)]
    for rendering, data in made:
        rendering.update(data)
    return made


def rounds(case: Case, number: int, repeats: int, other: bytes = b"") -> Iterator[float]:
    """Return the microseconds per update, without the change of the data and the writing of `other` data."""
    change, made, clock = case[3], views(case, number), time.perf_counter_ns
    written = bytearray(other)
    for n in range(repeats):
        for rendering, data in made:
            change(data, n)
            written[:] = other
            begin = clock()
            rendering.update(data)
            yield (clock() - begin) / 1000


def memory(case: Case) -> float:
    """Return the KiB that a view keeps besides its own data."""
    _, template, make, _ = case
    data = [make() for _ in range(50)]
    renderings = [template.rendering() for _ in data]
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for rendering, each in zip(renderings, data, strict=True):
        rendering.update(each)
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return (after - before) / len(data) / 1024


def first(case: Case, repeats: int) -> Iterator[float]:
    _, template, make, _ = case
    data = make()
    for _ in range(repeats):
        begin = time.perf_counter_ns()
        template.rendering().update(data)
        yield (time.perf_counter_ns() - begin) / 1000


def text(case: Case, repeats: int) -> Iterator[float]:
    _, template, make, _ = case
    data = make()
    for _ in range(repeats):
        begin = time.perf_counter_ns()
        template.render(data)
        yield (time.perf_counter_ns() - begin) / 1000


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print(f"{'':32}{'warm':>9}{'cold':>9}{'first':>9}{'as text':>9}{'KiB':>9}")
    for case in [*CASES, *of_strings()]:
        warm = statistics.median(rounds(case, 1, repeats))
        cold = statistics.median(rounds(case, VIEWS, max(repeats // VIEWS, 3), OTHER))
        whole = statistics.median(first(case, max(repeats // 20, 3)))
        as_text = statistics.median(text(case, max(repeats // 20, 3)))
        print(f"{case[0]:32}{warm:9.2f}{cold:9.2f}{whole:9.1f}{as_text:9.1f}{memory(case):9.1f}")


if __name__ == "__main__":
    main()
