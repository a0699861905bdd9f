"""CSV and Excel files from rows."""

import csv
import io
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from pyview.downloads import csv_file, xlsx_file
from pyview.downloads.content import download_of, opened


@dataclass
class Tea:
    name: str
    grams: int | None


class Row(NamedTuple):
    name: str
    grams: int | None


class Model(BaseModel):
    name: str
    grams: int | None


async def text_of(rows: Any, columns: Any = None, **options: Any) -> str:
    return b"".join([part async for part in csv_file(rows, columns, **options)]).decode("utf-8-sig")


async def sheet_of(rows: Iterable[Any], columns: Any = None) -> list[tuple[Any, ...]]:
    file = await opened(download_of(xlsx_file(rows, columns), "file.xlsx", None))
    content = b"".join([part async for part in file.chunks])
    return list(openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True))


ROWS: list[list[Any]] = [
    [Tea("Assam", 250), Tea("Sencha", None)],
    [Row("Assam", 250), Row("Sencha", None)],
    [Model(name="Assam", grams=250), Model(name="Sencha", grams=None)],
    [{"name": "Assam", "grams": 250}, {"name": "Sencha", "grams": None}],
]


@pytest.mark.parametrize("rows", ROWS, ids=lambda rows: type(rows[0]).__name__)
async def test_the_columns_are_the_fields_of_the_first_row(rows: list[Any]) -> None:
    assert await text_of(rows) == "name,grams\r\nAssam,250\r\nSencha,\r\n"
    assert await sheet_of(rows) == [("name", "grams"), ("Assam", 250), ("Sencha", None)]


async def test_columns_choose_and_name() -> None:
    rows = [Tea("Assam", 250)]
    assert await text_of(rows, ["grams"]) == "grams\r\n250\r\n"
    assert (
        await text_of(rows, {"grams": "Weight", "name": "Tea"}, delimiter=";")
        == "Weight;Tea\r\n250;Assam\r\n"
    )
    assert await text_of([(1, 2)], ["a", "b"]) == "a,b\r\n1,2\r\n"
    assert await sheet_of(rows, {"grams": "Weight"}) == [("Weight",), (250,)]


async def test_without_rows_there_are_the_headings() -> None:
    assert await text_of([], ["a", "b"]) == "a,b\r\n"
    assert await text_of([]) == ""
    assert await sheet_of([], ["a", "b"]) == [("a", "b")]


async def test_rows_may_come_one_by_one() -> None:
    async def rows() -> AsyncIterator[Tea]:
        for number in range(1200):
            yield Tea(str(number), number)

    parts = [part async for part in csv_file(rows())]
    assert len(parts) == 4  # the mark, and three batches
    assert b"".join(parts).count(b"\n") == 1201


@pytest.mark.parametrize("text", ["=1+1", "+49", "-x", "@sum", "\t=1", "\r=1"])
async def test_formulas_are_texts(text: str) -> None:
    assert (await text_of([{"a": text}])).splitlines()[1].strip('"').startswith("'")
    assert await sheet_of([{"a": text}]) == [("a",), (text.replace("\r", "_x000D_"),)]
    assert "'" not in await text_of([{"a": text}], formulas=True)


async def test_negative_numbers_stay_numbers() -> None:
    assert await text_of([{"a": -5, "b": Decimal("-1.50")}]) == "a,b\r\n-5,-1.50\r\n"


async def test_cells_of_a_sheet_have_types() -> None:
    moment = datetime(2026, 11, 29, 12, 30, tzinfo=UTC)
    row = {
        "a": True,
        "b": 1.5,
        "c": date(2026, 11, 29),
        "d": moment,
        "e": 10**20,
        "f": float("nan"),
        "g": ["x"],
    }
    (_, values) = await sheet_of([row])
    assert values[:2] == (True, 1.5)
    assert values[2] == datetime(2026, 11, 29)
    assert values[3] == moment.replace(tzinfo=None)
    assert values[4:] == (str(10**20), "nan", "['x']")


async def test_rows_without_names_ask_for_columns() -> None:
    with pytest.raises(TypeError, match=r"pass columns=\[...\] with their names"):
        await text_of([[1, 2]])


@given(
    st.lists(st.fixed_dictionaries({"a": st.text(), "b": st.integers() | st.none()}), min_size=1, max_size=20)
)
async def test_a_reader_of_csv_gets_the_values_back(rows: list[dict[str, Any]]) -> None:
    text = await text_of(rows, formulas=True)
    read = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [(row["a"], row["b"]) for row in read] == [
        (row["a"].encode("utf-8", "replace").decode(), "" if row["b"] is None else str(row["b"]))
        for row in rows
    ]
