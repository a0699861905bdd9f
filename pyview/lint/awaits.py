"""Calls of a socket's coroutine methods without `await`: nothing comes of them."""

import ast
import inspect
from collections.abc import Iterator
from typing import Final

from pyview.components.socket import ComponentSocket
from pyview.lint.finding import Finding
from pyview.lint.modules import Module
from pyview.presence.presence import ViewPresence
from pyview.socket.socket import ConnectedLiveViewSocket


def _coroutines(cls: type) -> frozenset[str]:
    methods = (name for name in dir(cls) if not name.startswith("_"))
    return frozenset(
        name for name in methods if inspect.iscoroutinefunction(inspect.getattr_static(cls, name))
    )


_OF_SOCKET: Final = _coroutines(ConnectedLiveViewSocket) | _coroutines(ComponentSocket)
_OF_PRESENCE: Final = _coroutines(ViewPresence)


def forgotten_awaits(module: Module) -> Iterator[Finding]:
    """Statements of a module that call such a method and leave it at that."""
    sockets = {"socket", *_annotated(module.tree)}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            called = node.value.func
            if isinstance(called, ast.Attribute) and _is_coroutine(called, sockets):
                text = (
                    f"{ast.unparse(called)}(...) does nothing without await: await {ast.unparse(called)}(...)"
                )
                yield Finding(module.file, node.lineno, "missing-await", text)


def _annotated(tree: ast.Module) -> Iterator[str]:
    """The names of parameters that are sockets by their annotation."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation is not None:
            said = ast.unparse(node.annotation).partition("[")[0].rpartition(".")[2]
            if said in ("LiveViewSocket", "ConnectedLiveViewSocket", "ComponentSocket"):
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
