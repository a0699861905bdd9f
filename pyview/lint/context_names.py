"""The names of a context that no type describes, where the view's own code writes all of them down.

Names in templates that the typed context of their view does not have.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import is_dataclass
from difflib import get_close_matches
from typing import Any, TypeVar, get_args, get_origin, get_type_hints, is_typeddict

from jinja2 import meta, nodes

from pyview.lint.finding import Finding
from pyview.lint.modules import Module, Modules
from pyview.lint.owners import TemplateOwner

LOOSE_NAMES = frozenset(
    {"flash", "streams", "inner_content", "myself", "slots", "caller", "self", "super", "loop", "varargs"}
)


def context_type(cls: type) -> Any:
    """`Count` of `class CountView(LiveView[Count])`; None for one that says nothing."""
    for base in cls.__mro__:
        for generic in getattr(base, "__orig_bases__", ()):
            origin = get_origin(generic)
            if isinstance(origin, type) and hasattr(origin, "mount"):
                found = get_args(generic)[0]
                return None if isinstance(found, TypeVar) or found is Any else found
    return None


def names_of_context(context: Any) -> frozenset[str] | None:
    """The names that a context of that type has, None where any could be."""
    if is_typeddict(context):
        return frozenset(_hints(context))
    if is_dataclass(context) or hasattr(context, "__pydantic_fields__"):
        if getattr(context, "model_config", {}).get("extra") == "allow":
            return None
        return frozenset({*_hints(context), *(name for name in dir(context) if not name.startswith("_"))})
    return None


def unknown_names(source: TemplateOwner, known: frozenset[str], where: str) -> Iterator[Finding]:
    """A finding for the first use of each name that nobody gives. `where` says whose context it is."""
    wanted = meta.find_undeclared_variables(source.tree) - known - LOOSE_NAMES - _asked_for(source.tree)
    for name in sorted(wanted):
        close = get_close_matches(name, known, n=1)
        meant = f"; did you mean {close[0]!r}?" if close else ""
        yield Finding(
            source.file,
            source.line(_first_use(source.tree, name)),
            "unknown-name",
            f"{where} has no {name!r}{meant}",
        )


def _hints(context: Any) -> dict[str, Any]:
    try:
        return get_type_hints(context)
    except (NameError, TypeError):
        return dict(getattr(context, "__annotations__", {}))


def _asked_for(tree: nodes.Template) -> set[str]:
    """Names whose absence the template has thought of: `name is defined`, `name|default(...)`."""
    tests = (test.node for test in tree.find_all(nodes.Test) if test.name in ("defined", "undefined"))
    filters = (one.node for one in tree.find_all(nodes.Filter) if one.name in ("default", "d"))
    return {node.name for node in (*tests, *filters) if isinstance(node, nodes.Name)}


def _first_use(tree: nodes.Template, name: str) -> int:
    uses = (one.lineno for one in tree.find_all(nodes.Name) if one.name == name)
    return min(uses, default=1)


_SAFE_METHODS = frozenset(
    {
        *(
            "push_event",
            "push_patch",
            "push_navigate",
            "replace_patch",
            "replace_navigate",
            "redirect",
            "exec_js",
        ),
        *(
            "put_flash",
            "clear_flash",
            "subscribe",
            "unsubscribe",
            "broadcast",
            "send_info",
            "send_update",
            "close",
        ),
        *(
            "schedule_info",
            "schedule_info_once",
            "update_session",
            "clear_session",
            "stream_insert",
            "stream_delete",
        ),
        *("stream", "stream_configure", "stream_insert_many", "stream_delete_by_dom_id", "allow_upload"),
        *("consume_uploaded_entries", "consume_uploaded_entry", "cancel_upload", "disallow_upload"),
    }
)
"""Methods of a socket that put no names into the context."""

_ATTRIBUTES = frozenset(
    {
        "connected",
        "live_title",
        "flash",
        "session",
        "user",
        "live_action",
        "connect_params",
        "connect_info",
        "presence",
    }
)
_READING = frozenset({"get", "keys", "values", "items", "pop", "clear"})


class _Unknown(Exception):
    """Something that is not understood may put names into the context."""


def names_in_code(cls: type, modules: Modules) -> frozenset[str] | None:
    """The names that the methods of `cls` and of its bases put into the context; None if there may be others."""
    read = {module.name: module for module in modules.of([cls])}
    names: set[str] = set()
    whole = False
    try:
        for base in cls.__mro__:
            if (
                base is object
                or base.__module__.startswith("pyview.")
                or base.__module__ in ("typing", "abc")
            ):
                continue
            for function in _methods(base, read.get(base.__module__)):
                found = _Reader(function)
                names |= found.names
                whole = whole or found.assigns
    except _Unknown:
        return None
    return frozenset(names) if whole else None


def _methods(cls: type, module: Module | None) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    body = _class_body(cls.__qualname__.split("."), module.tree.body) if module is not None else None
    if body is None:
        raise _Unknown
    if any(_is_callback(one) for one in body):
        raise _Unknown
    yield from (one for one in body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))


def _is_callback(statement: ast.stmt) -> bool:
    """Return whether it makes a method of something that is written elsewhere: `mount = shared`."""
    targets = statement.targets if isinstance(statement, ast.Assign) else ()
    names = [one.id for one in targets if isinstance(one, ast.Name)]
    return any(name.startswith("handle_") or name in ("mount", "disconnect", "on_mount") for name in names)


def _class_body(path: Sequence[str], body: Iterable[ast.stmt]) -> list[ast.stmt] | None:
    found = [one for one in body if isinstance(one, ast.ClassDef) and one.name == path[0]]
    if len(found) != 1:
        return None
    return found[0].body if len(path) == 1 else _class_body(path[1:], found[0].body)


class _Reader:
    """Reads one method. `names` are those that it puts into the context, `assigns`: it says what the context is."""

    def __init__(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.names: set[str] = set()
        self.assigns = False
        self._around = {child: node for node in ast.walk(function) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and node.id == "socket":
                self._socket(node)
            elif isinstance(node, ast.Attribute) and node.attr == "context":
                self._context(node)

    def _socket(self, node: ast.Name) -> None:
        used = self._around[node]
        if isinstance(used, ast.Call) and ast.unparse(used.func) == "is_connected":
            return
        if not isinstance(used, ast.Attribute) or not isinstance(node.ctx, ast.Load):
            raise _Unknown  # it goes where anything may be done with it
        called = isinstance(self._around[used], ast.Call)
        if (
            used.attr != "context"
            and used.attr not in _ATTRIBUTES
            and not (called and used.attr in _SAFE_METHODS)
        ):
            raise _Unknown

    def _context(self, node: ast.Attribute) -> None:
        if not (isinstance(node.value, ast.Name) and node.value.id == "socket"):
            raise _Unknown
        match self._around[node]:
            case ast.Assign(value=value, targets=[target]) if target is node:
                self.assigns = True
                self.names |= _keys(value)
            case ast.AnnAssign(value=ast.expr() as value, target=target) if target is node:
                self.assigns = True
                self.names |= _keys(value)
            case ast.AugAssign(value=value, op=ast.BitOr()):
                self.names |= _keys(value)
            case ast.Subscript(slice=key, ctx=context):
                self._item(key, stored=not isinstance(context, ast.Load))
            case ast.Attribute(attr=method) as used:
                self._method(method, self._around[used])
            case _:
                raise _Unknown

    def _item(self, key: ast.expr, *, stored: bool) -> None:
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            self.names.add(key.value)
        elif stored:
            raise _Unknown

    def _method(self, name: str, call: ast.AST) -> None:
        if not isinstance(call, ast.Call):
            raise _Unknown
        if name == "update":
            self.names |= {one.arg for one in call.keywords if one.arg is not None}
            if any(one.arg is None for one in call.keywords):
                raise _Unknown
            for given in call.args:
                self.names |= _keys(given)
        elif name == "setdefault" and call.args:
            self._item(call.args[0], stored=True)
        elif name not in _READING:
            raise _Unknown


def _keys(value: ast.expr) -> set[str]:
    """The keys of a dict that is written down. Raises `_Unknown`."""
    match value:
        case ast.Dict(keys=keys):
            known = [
                one.value for one in keys if isinstance(one, ast.Constant) and isinstance(one.value, str)
            ]
            if len(known) == len(keys):
                return set(known)
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=given):
            named = [one.arg for one in given if one.arg is not None]
            if len(named) == len(given):
                return set(named)
    raise _Unknown
