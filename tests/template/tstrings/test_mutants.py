"""The law finds all bugs that are planted in the rendering of template strings."""

import time
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest

from pyview.template.tree import change
from pyview.template.tree.nodes import RenderPass
from pyview.template.tstrings import compiled, each
from tests.template.tstrings.test_law import follow

SECONDS = 20

Plant = Callable[[pytest.MonkeyPatch], None]


def equal_means_same(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(compiled, "EQUAL_IS_SAME", frozenset())
    patch.setattr(change.ChangeRule, "same", lambda self, value, token: value == token)


def functions_read_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(each, "inputs_of", lambda function, tstrings: iter(()))


def components_ignore_their_slots(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(import_module("pyview.template.component"), "_parts", _only_the_type)


def _only_the_type(value: Any, tstrings: Any) -> Iterator[Any]:
    yield type(value).__name__


def lists_of_anything_share_statics(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        compiled.CompiledTStrings,
        "_common",
        lambda self, items: self.compiled(items[0]) if items and hasattr(items[0], "strings") else None,
    )


def rows_of_other_shapes_are_forced_into_the_first(patch: pytest.MonkeyPatch) -> None:
    original = each.Each._row

    def row(self: each.Each, tstrings: Any, common: Any) -> Any:
        if common is None:
            return original(self, tstrings, common)

        def forced(render_pass: RenderPass, item: Any, slots: list[Any], mask: int) -> Any:
            template = self._render(item)
            known = hasattr(template, "strings") and len(template.interpolations) == len(common.writes)
            return common.update(tstrings, render_pass, template, slots) if known else {}

        return forced

    patch.setattr(each.Each, "_row", row)


def text_is_not_escaped(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(compiled, "escape_text", lambda text: text)


def conversions_are_forgotten(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(compiled, "converted", lambda part: part.value)


PLANTS: list[Plant] = [
    equal_means_same,
    functions_read_nothing,
    components_ignore_their_slots,
    lists_of_anything_share_statics,
    rows_of_other_shapes_are_forced_into_the_first,
    text_is_not_escaped,
    conversions_are_forgotten,
]


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_the_law_finds(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    begin, number = time.monotonic(), 0
    while time.monotonic() - begin < SECONDS:
        try:
            follow(f"mutants/{number}")
        except Exception:  # a crash is found, too
            return
        number += 1
    pytest.fail(f"{plant.__name__} was not found in {number} pages")
