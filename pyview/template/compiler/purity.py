"""Filters and tests whose result depends on nothing but their arguments."""

from collections.abc import Callable
from typing import Any, Final, TypeAlias, TypeVar

from jinja2 import nodes
from jinja2.environment import Environment
from jinja2.filters import FILTERS as DEFAULT_FILTERS
from jinja2.tests import TESTS as DEFAULT_TESTS
from jinja2.utils import _PassArg

F = TypeVar("F", bound=Callable[..., Any])

IMPURE_FILTERS: Final = frozenset({"random"})
IMPURE_TESTS: Final = frozenset({"sameas"})  # two values that print alike may still be two objects
CLOCKS: Final = frozenset({"now", "today", "utcnow"})  # class methods that any date has, too

# Position of the name of a filter or test among the arguments of a filter that calls it.
_CALLS_FILTER: Final = {"map": 0}
_CALLS_TEST: Final = {"select": 0, "reject": 0, "selectattr": 1, "rejectattr": 1}

_MARK = "__pyview_pure__"


def pure(function: F) -> F:
    """Decorate a custom filter or test (or `finalize`) whose result depends on its arguments only.

    Other custom filters are evaluated at every render, because they may read a clock, a database or the user's
    language.
    """
    setattr(function, _MARK, True)
    return function


def is_marked_pure(function: object) -> bool:
    """Return True if the function was decorated with `pure`, and does not get the context besides its arguments."""
    passes: Any = function
    return getattr(function, _MARK, False) is True and _PassArg.from_obj(passes) is not _PassArg.context


def is_pure_filter(environment: Environment, node: nodes.Filter) -> bool:
    """Return True if a filter is pure, and so is the filter or test that it calls by name."""
    if not _is_pure(environment.filters, DEFAULT_FILTERS, IMPURE_FILTERS, node.name):
        return False
    if node.name in _CALLS_FILTER:
        return _names_pure(
            node, _CALLS_FILTER[node.name], environment.filters, DEFAULT_FILTERS, IMPURE_FILTERS
        )
    if node.name in _CALLS_TEST:
        return _names_pure(node, _CALLS_TEST[node.name], environment.tests, DEFAULT_TESTS, IMPURE_TESTS)
    return True


def is_pure_test(environment: Environment, node: nodes.Test) -> bool:
    """Return True if a test is pure."""
    return _is_pure(environment.tests, DEFAULT_TESTS, IMPURE_TESTS, node.name)


def pure_names(environment: Environment) -> list[str]:
    """Return the names of all pure filters and tests. Compiled code is valid only for an environment with the same."""
    filters, tests = pure_functions(environment)
    return [*(name for name, _ in filters), "|", *(name for name, _ in tests)]


_Named: TypeAlias = tuple[tuple[str, Callable[..., Any]], ...]


def pure_functions(environment: Environment) -> tuple[_Named, _Named]:
    """Return all pure filters, and all pure tests, in the order of their names."""
    return (
        _pure_of(environment.filters, DEFAULT_FILTERS, IMPURE_FILTERS),
        _pure_of(environment.tests, DEFAULT_TESTS, IMPURE_TESTS),
    )


def _pure_of(registered: dict[str, Any], builtin: dict[str, Any], impure: frozenset[str]) -> _Named:
    return tuple(
        (name, registered[name]) for name in sorted(registered) if _is_pure(registered, builtin, impure, name)
    )


def _is_pure(registered: dict[str, Any], builtin: dict[str, Any], impure: frozenset[str], name: str) -> bool:
    function = registered.get(name)
    if function is None:
        return False
    # By identity: an application may register a filter of its own under the name of one of Jinja2.
    return (function is builtin.get(name) and name not in impure) or is_marked_pure(function)


def _names_pure(
    node: nodes.Filter,
    position: int,
    registered: dict[str, Any],
    builtin: dict[str, Any],
    impure: frozenset[str],
) -> bool:
    # The name of the called filter may be in `*args`, where it is not known.
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        return False
    if len(node.args) <= position:
        return True
    name = node.args[position]
    return isinstance(name, nodes.Const) and _is_pure(registered, builtin, impure, str(name.value))
