"""Bugs to plant in the change tracking. The law must find each of them."""

import operator
from collections.abc import Callable
from typing import Any

import pytest

from pyview.template.compiler import (
    assignments,
    branches,
    dependencies,
    files,
    generator,
    loops,
    macros,
    purity,
    scopes,
)
from pyview.template.compiler.compiler import TreeCompiler
from pyview.template.tree import change, comprehension, immutable, nodes, rows, runtime
from pyview.template.tree import nodes as inputs

Plant = Callable[[pytest.MonkeyPatch], None]
MUTANTS: dict[str, Plant] = {}


def mutant(plant: Plant) -> Plant:
    MUTANTS[plant.__name__] = plant
    return plant


@mutant
def lists_are_immutable(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(immutable, "ATOMS", immutable.ATOMS | {list})


@mutant
def plain_objects_are_immutable(patch: pytest.MonkeyPatch) -> None:
    original = immutable.Immutability._inspect
    patch.setattr(
        immutable.Immutability,
        "_inspect",
        lambda self, cls: immutable._no_parts if cls.__name__ == "Plain" else original(self, cls),
    )


@mutant
def frozen_means_deeply_frozen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(immutable.Immutability, "are_immutable", lambda self, values: True)


@mutant
def equal_is_same(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        change.ChangeRule, "same", lambda self, value, token: value is token or bool(value == token)
    )


@mutant
def negative_zero_is_zero(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(change, "_same_float", operator.eq)


@mutant
def decimals_print_by_value(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(change, "_same_decimal", operator.eq)


@mutant
def snapshots_forget_values(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(change, "_dict_contents", lambda value: (*value,))


@mutant
def snapshots_forget_keys(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(change, "_dict_contents", lambda value: (*value.values(),))


@mutant
def set_ignores_the_if_around_it(patch: pytest.MonkeyPatch) -> None:
    original = dependencies.Dependencies.bind

    def bind(self: Any, *args: Any) -> None:
        conditions, self.conditions = self.conditions, []
        original(self, *args)
        self.conditions = conditions

    patch.setattr(dependencies.Dependencies, "bind", bind)


@mutant
def an_if_that_binds_may_be_skipped(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(branches, "binds_outside", lambda body: False)


@mutant
def an_if_does_not_depend_on_its_test(patch: pytest.MonkeyPatch) -> None:
    original: Any = branches._write_slot
    patch.setattr(branches, "_write_slot", lambda *args: original(*args[:-1], 0))


@mutant
def last_depends_on_position_only(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(scopes, "_BY_LENGTH", frozenset())
    patch.setattr(scopes, "_BY_POSITION", frozenset({*scopes._BY_POSITION, "last", "length", "revindex"}))


@mutant
def neighbours_depend_on_position_only(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        scopes,
        "_BY_POSITION",
        frozenset({"index", "index0", "first", "previtem", "nextitem", "changed"}),
    )


@mutant
def moved_rows_keep_their_index(patch: pytest.MonkeyPatch) -> None:
    original = rows.RowSegment.__init__

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.position = 0

    patch.setattr(rows.RowSegment, "__init__", init)


@mutant
def duplicate_keys_are_not_distinguished(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(comprehension, "unique", lambda keys: [*keys])


@mutant
def rows_forget_the_names_around_them(patch: pytest.MonkeyPatch) -> None:
    original = rows.RowSegment.__init__

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.outer &= nodes.ALWAYS

    patch.setattr(rows.RowSegment, "__init__", init)


@mutant
def columns_do_not_check_the_class(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rows, "_is_stored", lambda cls, name: False)
    patch.setattr(
        rows.RowTokens, "settle", lambda self, row, item: 0 if type(item) is not dict else self.segment.item
    )


@mutant
def rebuilt_columns_are_compared_by_value(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(rows, "FEW", 0)
    patch.setattr(rows, "_all_same", lambda now, then: now == then)


@mutant
def fields_are_mixed_up(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        scopes.RowScope,
        "field",
        lambda self, name: next(iter((self.fields or {"": self.item}).values())),
    )


@mutant
def macro_defaults_depend_on_nothing(patch: pytest.MonkeyPatch) -> None:
    original = macros._write_defaults

    def write_defaults(*args: Any) -> int:
        original(*args)
        return 0

    patch.setattr(macros, "_write_defaults", write_defaults)


@mutant
def macros_do_not_see_what_is_bound_later(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(macros, "_masks_inside", lambda compiler, frame: dict(compiler.dependencies.masks))


@mutant
def macro_calls_depend_on_arguments_only(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(macros, "_mask_of_names", lambda unit, outer: 0)


@mutant
def imported_macros_are_pure(patch: pytest.MonkeyPatch) -> None:
    original = files._bind_imported

    def bind_imported(compiler: TreeCompiler, *args: Any) -> None:
        with pytest.MonkeyPatch.context() as inner:
            inner.setattr(TreeCompiler, "write_set_bit", lambda self, bit, condition: None)
            original(compiler, *args)

    patch.setattr(files, "_bind_imported", bind_imported)


@mutant
def what_a_template_makes_never_changes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(assignments, "_write_mutability_check", lambda *args: 0)


@mutant
def templates_never_change_their_data(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(generator, "trust_of", lambda template: change.TRUST_OBJECTS)


@mutant
def custom_filters_are_pure(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(purity, "_is_pure", lambda registered, builtin, impure, name: True)


@mutant
def autoescape_never_changes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("pyview.template.compiler.outputs.ALWAYS", 0)


@mutant
def names_in_a_loop_test_are_no_inputs(patch: pytest.MonkeyPatch) -> None:
    original = loops._write_test
    patch.setattr(loops, "_write_test", lambda *args: (original(*args)[0], 0))


@mutant
def inputs_are_remembered_after_the_first_render_only(patch: pytest.MonkeyPatch) -> None:
    def changed(unit: nodes.Unit, i: int, value: Any) -> int:
        remembered = unit.inputs[i]
        result = inputs.changed(unit, i, value)
        unit.inputs[i] = remembered
        return result

    patch.setattr(runtime, "changed", changed)
