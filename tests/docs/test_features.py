"""Each row of docs/features.md names tests that exist."""

import ast
import re
from functools import cache

import pytest

from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "features.md"
ROWS = [
    line.strip("| ").split(" | ")
    for line in PAGE.read_text().splitlines()
    if line.startswith("| ") and not line.startswith("| Phoenix LiveView |")
]


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / "tests" / file).read_text())
    functions = (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return frozenset(node.name for node in functions)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_feature_names_existing_tests(row: list[str]) -> None:
    claim = row[1]
    proofs = re.findall(r"`([\w/.]+)::(\w+)`", row[2] if len(row) > 2 else "")
    assert proofs or claim.startswith("*left out*: "), f"{row[0]}: no proof"
    for file, test in proofs:
        assert test in names_in(file), f"{row[0]}: there is no {test} in tests/{file}"


def test_the_table_is_complete() -> None:
    assert len(ROWS) > 150
