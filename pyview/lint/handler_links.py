"""Where the handlers in a module lead: `socket.push_navigate("/users")` and its like."""

import ast
from collections.abc import Iterator

from pyview.lint.addresses import address
from pyview.lint.holes import ANYTHING, hole_of
from pyview.lint.links import Link
from pyview.lint.modules import Module

_PUSHES = {
    "push_navigate": False,
    "replace_navigate": False,
    "push_patch": True,
    "replace_patch": True,
    "redirect": False,
}
"""The methods of a socket that lead somewhere, and whether the view stays."""


def links_of_module(module: Module) -> Iterator[tuple[str | None, Link]]:
    """Where the handlers of a module lead, each with the class at the top of the module that it is in."""
    for statement in module.tree.body:
        within = statement.name if isinstance(statement, ast.ClassDef) else None
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield from ((within, link) for link in _push(node, node.func, module.file))


def _push(call: ast.Call, method: ast.Attribute, file: str) -> Iterator[Link]:
    if method.attr not in _PUSHES or (method.attr == "redirect" and not _is_socket(method.value)):
        return
    path = (
        call.args[0] if call.args else next((one.value for one in call.keywords if one.arg == "path"), None)
    )
    to = None if path is None else address(_python_text(path))
    if to is not None:
        patches = _PUSHES[method.attr]
        yield Link(f'{method.attr}("{to}")', to, file, call.lineno, patches=patches, raises=patches)


def _is_socket(node: ast.expr) -> bool:
    return ast.unparse(node).rpartition(".")[2] == "socket"


def _python_text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(map(_python_text, parts))
        case ast.FormattedValue(value=inner):
            return hole_of(ast.unparse(inner))
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _python_text(left) + _python_text(right)
        case ast.Name() | ast.Attribute() | ast.Subscript():
            return hole_of(ast.unparse(node))
        case _:
            return ANYTHING
