"""Changes of rows that are compared field by field."""

from dataclasses import dataclass
from typing import Any

import pytest
from markupsafe import Markup

from tests.template.law import Law

TABLE = {
    "main.html": "{% for row in rows %}<p>{{ row.name }}: {{ row.price }}, {{ row.tags }}</p>{% endfor %}"
}


@dataclass
class Line:
    name: Any
    price: Any
    tags: Any


def entries(number: int) -> dict[str, Any]:
    return {"name": f"n{number}", "price": 1000 + number, "tags": None}


def set_field(row: Any, name: str, value: Any) -> None:
    if isinstance(row, dict):
        row[name] = value
    else:
        setattr(row, name, value)


@pytest.fixture(params=[dict, Line])
def rows(request: pytest.FixtureRequest) -> list[Any]:
    return [request.param(**entries(number)) for number in range(40)]


@pytest.fixture
def law(rows: list[Any]) -> Law:
    law = Law(TABLE)
    law.check({"rows": rows})
    return law


def test_only_the_changed_field_of_a_changed_row_is_sent(law: Law, rows: list[Any]) -> None:
    set_field(rows[7], "price", 5)
    assert law.check({"rows": rows}) == {"0": {"k": {"7": {"1": "5"}, "kc": 40}}}
    law.check_nothing({"rows": rows})


@pytest.mark.parametrize(
    ("old", "new"), [(1, True), (1, 1.0), (0.0, -0.0), ("a", Markup("a")), ("<", Markup("<"))]
)
@pytest.mark.parametrize("count", [1, 30])
def test_an_equal_value_that_prints_differently(
    law: Law, rows: list[Any], old: Any, new: Any, count: int
) -> None:
    for value in (old, new, old):
        for row in rows[:count]:
            set_field(row, "price", value)
        law.check({"rows": rows})


def test_a_row_that_loses_a_field_while_another_changes(law: Law, rows: list[Any]) -> None:
    set_field(rows[3], "name", "new")
    if isinstance(rows[3], dict):
        del rows[3]["tags"]
    else:
        del rows[3].tags
    law.check({"rows": rows})
    set_field(rows[3], "tags", "again")
    law.check({"rows": rows})


def test_a_list_that_changes_inside_a_row(law: Law, rows: list[Any]) -> None:
    tags = ["a"]
    set_field(rows[3], "tags", tags)
    law.check({"rows": rows})
    tags.append("b")
    assert law.check({"rows": rows})["0"]["k"].keys() == {"3", "kc"}


def test_rows_that_are_made_again_send_nothing(law: Law, rows: list[Any]) -> None:
    again = [type(row)(**(row if isinstance(row, dict) else vars(row))) for row in rows]
    law.check_nothing({"rows": again})
    set_field(again[30], "name", "new")
    assert law.check({"rows": again})["0"]["k"].keys() == {"30", "kc"}


def test_a_row_of_another_class_with_the_same_values(law: Law, rows: list[Any]) -> None:
    class Loud(type(rows[0])):  # type: ignore[misc]
        def __getattribute__(self, name: str) -> Any:
            return "loud" if name == "name" else super().__getattribute__(name)

    fields = rows[5] if isinstance(rows[5], dict) else vars(rows[5])
    rows[5] = Loud(**fields)
    assert law.check({"rows": rows})["0"]["k"]["5"] == {"0": "loud"}


def test_a_field_that_no_attribute_can_have() -> None:
    law = Law({"main.html": "{% for row in rows %}{{ row['a b'] }}{{ row['class'] }};{% endfor %}"})
    rows = [{"a b": number, "class": "x"} for number in range(20)]
    law.check({"rows": rows})
    rows[4]["a b"] = 5000
    assert law.check({"rows": rows}) == {"0": {"k": {"4": {"0": "5000"}, "kc": 20}}}


def test_an_attribute_that_python_reads_by_another_name() -> None:
    ligature = "\N{LATIN SMALL LIGATURE FI}"
    law = Law({"main.html": f"{{% for row in rows %}}{{{{ row['{ligature}'] }}}};{{% endfor %}}"})
    rows = [Line("n", 1, None) for _ in range(20)]
    for number, row in enumerate(rows):
        row.__dict__.update({ligature: number, "fi": number})
    law.check({"rows": rows})
    setattr(rows[4], ligature, 5000)
    assert law.check({"rows": rows}) == {"0": {"k": {"4": {"0": "5000"}, "kc": 20}}}
