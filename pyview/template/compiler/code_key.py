"""Key of an environment for compiled code: environments with the same key may share the code of a source."""

from collections.abc import Hashable
from typing import Final

from jinja2.environment import Environment

from pyview.template.compiler.purity import pure_functions

SYNTAX: Final = (
    "block_start_string",
    "block_end_string",
    "variable_start_string",
    "variable_end_string",
    "comment_start_string",
    "comment_end_string",
    "line_statement_prefix",
    "line_comment_prefix",
    "trim_blocks",
    "lstrip_blocks",
    "newline_sequence",
    "keep_trailing_newline",
)
"""The options of an environment that the parser reads, in the order of its parameters."""

_OTHERS: Final = ("autoescape", "finalize", "optimized", "undefined")


class _Same:
    """Compares an object by identity: callables of an application may have no hash."""

    __slots__ = ("_of",)

    def __init__(self, of: object) -> None:
        self._of = of

    def __hash__(self) -> int:
        return id(self._of)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other._of is self._of


def code_key(environment: Environment) -> Hashable:
    """Return the key of an environment. Its class stands for the code generator and the rules for `a.b`."""
    syntax = tuple(getattr(environment, name) for name in SYNTAX)
    others = tuple(_Same(getattr(environment, name)) for name in _OTHERS)
    functions = tuple(
        (name, _Same(function)) for pairs in pure_functions(environment) for name, function in pairs
    )
    return type(environment), syntax, others, tuple(environment.extensions), functions
