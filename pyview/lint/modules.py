"""The Python modules that views and components are written in, each read once."""

import ast
import inspect
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType


@dataclass(frozen=True)
class Module:
    """A module of the application."""

    name: str
    file: str
    tree: ast.Module

    @cached_property
    def texts(self) -> frozenset[str]:
        """The texts and the names of attributes in it, but those with which its handlers are declared."""
        nodes = list(ast.walk(self.tree))
        functions = (one for one in nodes if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
        decorators = (one for function in functions for one in function.decorator_list)
        declared = {id(inner) for decorator in decorators for inner in ast.walk(decorator)}
        written = {
            one.value
            for one in nodes
            if isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in declared
        }
        return frozenset(written | {one.attr for one in nodes if isinstance(one, ast.Attribute)})


class Modules:
    """Reads modules, and keeps what it has read."""

    def __init__(self) -> None:
        self._read: dict[str, Module | None] = {}

    def of(self, classes: Iterable[type]) -> list[Module]:
        """Those in which the classes and their bases are written, as far as their source is there."""
        names = dict.fromkeys(
            base.__module__ for cls in classes for base in cls.__mro__ if base is not object
        )
        others = {"pyview", *sys.stdlib_module_names}
        own = (name for name in names if name.partition(".")[0] not in others and name in sys.modules)
        return [found for found in map(self._module, own) if found is not None]

    def _module(self, name: str) -> Module | None:
        if name not in self._read:
            self._read[name] = _module(sys.modules[name])
        return self._read[name]


def _module(module: ModuleType) -> Module | None:
    try:
        file, tree = inspect.getsourcefile(module), ast.parse(inspect.getsource(module))
    except (OSError, TypeError, SyntaxError):
        return None
    return Module(module.__name__, str(file), tree)
