"""Read the Python modules of views and components, and find coroutine calls without `await` in them."""

import ast
import inspect
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Final

from pyview.components.socket import ComponentSocket
from pyview.lint.finding import Finding
from pyview.presence.view_presence import ViewPresence
from pyview.socket.socket import ConnectedLiveViewSocket


@dataclass(frozen=True)
class Module:
    """A module of the application."""

    name: str
    file: str
    tree: ast.Module

    @cached_property
    def texts(self) -> frozenset[str]:
        """The string constants and attribute names of the module.

        Those in decorators are left out: `@event("save")` declares a handler and does not use the event.
        """
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
    """Reads modules, each of them once."""

    def __init__(self) -> None:
        self._read: dict[str, Module | None] = {}

    def of(self, classes: Iterable[type]) -> list[Module]:
        """Return the modules of the classes and of their bases, of those whose source is available."""
        names = dict.fromkeys(
            base.__module__ for cls in classes for base in cls.__mro__ if base is not object
        )
        # Only modules of the application: mistakes in other packages are not for its developer.
        others = {"pyview", *sys.stdlib_module_names}
        own = (name for name in names if name.partition(".")[0] not in others and name in sys.modules)
        return [found for found in map(self._module, own) if found is not None]

    def _module(self, name: str) -> Module | None:
        if name not in self._read:
            self._read[name] = _parse(sys.modules[name])
        return self._read[name]


def _parse(module: ModuleType) -> Module | None:
    try:
        file, tree = inspect.getsourcefile(module), ast.parse(inspect.getsource(module))
    except (OSError, TypeError, SyntaxError):
        return None
    return Module(module.__name__, str(file), tree)


def _coroutines(cls: type) -> frozenset[str]:
    methods = (name for name in dir(cls) if not name.startswith("_"))
    return frozenset(
        name for name in methods if inspect.iscoroutinefunction(inspect.getattr_static(cls, name))
    )


_OF_SOCKET: Final = _coroutines(ConnectedLiveViewSocket) | _coroutines(ComponentSocket)
_OF_PRESENCE: Final = _coroutines(ViewPresence)


def missing_awaits(module: Module) -> Iterator[Finding]:
    """Report statements that call a coroutine method of a socket and discard the coroutine."""
    # The source alone does not tell types, so a socket is known by the usual name or by its annotation.
    sockets = {"socket", *_annotated(module.tree)}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = node.value.func
            if isinstance(called, ast.Attribute) and _is_coroutine(called, sockets):
                text = f"{ast.unparse(called)}(...) does nothing without await: write await {ast.unparse(called)}(...)"
                yield Finding(module.file, node.lineno, "missing-await", text)


def _annotated(tree: ast.Module) -> Iterator[str]:
    """Yield the names of parameters that are annotated as sockets."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation is not None:
            annotation = ast.unparse(node.annotation).partition("[")[0].rpartition(".")[2]
            if annotation in ("LiveViewSocket", "ConnectedLiveViewSocket", "ComponentSocket"):
                yield node.arg


def _is_coroutine(called: ast.Attribute, sockets: set[str]) -> bool:
    owner = called.value
    if isinstance(owner, ast.Attribute) and owner.attr == "presence":
        return called.attr in _OF_PRESENCE and _is_socket(owner.value, sockets)
    return called.attr in _OF_SOCKET and _is_socket(owner, sockets)


def _is_socket(node: ast.expr, sockets: set[str]) -> bool:
    match node:
        case ast.Name(id=name):
            return name in sockets
        case ast.Attribute(attr=name):
            return name == "socket"
        case _:
            return False
