"""Applications that a file of Python code defines, by its text."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

APPLICATION: Final = "app"
"""The name that an application has by convention: with it, other names of the file do not matter."""

_CLASSES: Final[tuple[str, ...]] = ("PyView", "FastAPI", "Starlette")
_FACTORIES: Final[tuple[str, ...]] = ("create_app", "make_app", "build_app", APPLICATION)


def applications_of(file: Path) -> list[str]:
    """Return the names of the applications that `file` makes: `["app"]` if that name has a value.

    Other names count if they are assigned a PyView; otherwise a FastAPI, otherwise a Starlette. A file that cannot be
    read as Python is expected to define `app`: its import says what is wrong with it.
    """
    tree = _parsed(file)
    if tree is None:
        return [APPLICATION]
    assigned = dict(_assigned(tree.body))
    if APPLICATION in assigned:
        return [APPLICATION]
    for kind in _CLASSES:
        names = [name for name, made_by in assigned.items() if made_by == kind]
        if names:
            return names
    return []


def factories_of(file: Path) -> list[str]:
    """Return the names of the functions in `file` that return an application, such as `["create_app"]`."""
    tree = _parsed(file)
    if tree is None:
        return [_FACTORIES[0]]
    functions = {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef)}
    usual = [name for name in _FACTORIES if name in functions]
    if usual:
        return usual[:1]
    return [name for name, function in functions.items() if _last_name(function.returns) in _CLASSES]


def _parsed(file: Path) -> ast.Module | None:
    try:
        return ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return None


def _assigned(statements: Iterable[ast.stmt]) -> Iterator[tuple[str, str]]:
    """Yield each name that a module assigns or imports, with the name of the class or function that makes its value."""
    for statement in statements:
        match statement:
            case ast.Assign(targets=targets, value=value):
                yield from ((each.id, _made_by(value)) for each in targets if isinstance(each, ast.Name))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value, annotation=kind):
                yield name, _last_name(kind) or _made_by(value)
            case ast.ImportFrom(names=aliases):
                yield from ((alias.asname or alias.name, "") for alias in aliases)
            case ast.If(body=body, orelse=other) | ast.Try(body=body, orelse=other):
                yield from _assigned([*body, *other])
            case ast.With(body=body):
                yield from _assigned(body)


def _made_by(value: ast.expr) -> str:
    return _last_name(value.func) if isinstance(value, ast.Call) else ""


def _last_name(expression: ast.expr | None) -> str:
    """Return "PyView" for `PyView` and for `pyview.PyView`."""
    match expression:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.Constant(value=str(name)):
            return name
    return ""
