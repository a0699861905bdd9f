"""Find the names that a view's own code puts into a context without a type.

A context that is a plain dict has no declared names. If every use of the socket and of the context in the class is
one that this module understands, the names that it writes are all there are.
"""

import ast
from collections.abc import Iterable, Iterator, Sequence

from pyview.lint.modules import Module, Modules

_SAFE_METHODS = frozenset(
    {
        *("push_event", "push_patch", "push_navigate", "replace_patch", "replace_navigate", "redirect"),
        *("exec_js", "put_flash", "clear_flash", "subscribe", "unsubscribe", "broadcast", "send_info"),
        *("send_update", "close", "schedule_info", "schedule_info_once", "update_session", "clear_session"),
        *("stream", "stream_configure", "stream_insert", "stream_insert_many", "stream_delete"),
        *("stream_delete_by_dom_id", "allow_upload", "disallow_upload", "consume_uploaded_entries"),
        *("consume_uploaded_entry", "cancel_upload"),
    }
)
"""Methods of a socket that put no names into the context."""

_ATTRIBUTES = frozenset(
    {
        *("connected", "live_title", "flash", "session", "user"),
        *("live_action", "connect_params", "connect_info", "presence"),
    }
)
_READING = frozenset({"get", "keys", "values", "items", "pop", "clear"})


class _Unknown(Exception):
    """The code does something that may put any name into the context."""


def names_in_code(cls: type, modules: Modules) -> frozenset[str] | None:
    """Return the names that the methods of `cls` and of its bases put into the context.

    None if there may be others, or if no method assigns the context.
    """
    read = {module.name: module for module in modules.of([cls])}
    bases = [base for base in cls.__mro__ if base is not object and base.__module__ not in ("typing", "abc")]
    names: set[str] = set()
    assigned = False
    try:
        for base in bases:
            if base.__module__.startswith("pyview."):
                continue
            for function in _methods(base, read.get(base.__module__)):
                found = _ContextWrites(function)
                names |= found.names
                assigned = assigned or found.assigns_context
    except _Unknown:
        return None
    # Without an assignment the context comes from elsewhere, with names that this class does not write.
    return frozenset(names) if assigned else None


def _methods(cls: type, module: Module | None) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    body = _class_body(cls.__qualname__.split("."), module.tree.body) if module is not None else None
    if body is None:
        raise _Unknown
    if any(_aliases_callback(one) for one in body):
        raise _Unknown
    yield from (one for one in body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))


def _aliases_callback(statement: ast.stmt) -> bool:
    """Return True if a callback is a function that is written elsewhere: `mount = shared`."""
    targets = statement.targets if isinstance(statement, ast.Assign) else ()
    names = [one.id for one in targets if isinstance(one, ast.Name)]
    return any(name.startswith("handle_") or name in ("mount", "disconnect", "on_mount") for name in names)


def _class_body(path: Sequence[str], body: Iterable[ast.stmt]) -> list[ast.stmt] | None:
    found = [one for one in body if isinstance(one, ast.ClassDef) and one.name == path[0]]
    # Two classes of one name, such as those in branches of an `if`: the source does not say which one exists.
    if len(found) != 1:
        return None
    return found[0].body if len(path) == 1 else _class_body(path[1:], found[0].body)


class _ContextWrites:
    """The `names` that one method puts into the context. `assigns_context` is True if it assigns `socket.context`."""

    def __init__(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.names: set[str] = set()
        self.assigns_context = False
        self._parents = {child: node for node in ast.walk(function) for child in ast.iter_child_nodes(node)}
        for node in ast.walk(function):
            if isinstance(node, ast.Name) and node.id == "socket":
                self._socket(node)
            elif isinstance(node, ast.Attribute) and node.attr == "context":
                self._context(node)

    def _socket(self, node: ast.Name) -> None:
        used = self._parents[node]
        # The one function that gets the socket and is known only to read it.
        if isinstance(used, ast.Call) and ast.unparse(used.func) == "is_connected":
            return
        if not isinstance(used, ast.Attribute) or not isinstance(node.ctx, ast.Load):
            raise _Unknown  # other code gets the socket and may do anything with it
        called = isinstance(self._parents[used], ast.Call)
        if (
            used.attr != "context"
            and used.attr not in _ATTRIBUTES
            and not (called and used.attr in _SAFE_METHODS)
        ):
            raise _Unknown

    def _context(self, node: ast.Attribute) -> None:
        if not (isinstance(node.value, ast.Name) and node.value.id == "socket"):
            raise _Unknown
        match self._parents[node]:
            case ast.Assign(value=value, targets=[target]) if target is node:
                self.assigns_context = True
                self.names |= _keys(value)
            case ast.AnnAssign(value=ast.expr() as value, target=target) if target is node:
                self.assigns_context = True
                self.names |= _keys(value)
            case ast.AugAssign(value=value, op=ast.BitOr()):
                self.names |= _keys(value)
            case ast.Subscript(slice=key, ctx=context):
                self._item(key, stored=not isinstance(context, ast.Load))
            case ast.Attribute(attr=method) as used:
                self._method(method, self._parents[used])
            case _:
                raise _Unknown

    def _item(self, key: ast.expr, *, stored: bool) -> None:
        # Reading with a computed key adds no name. Writing with one may add any.
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
    """Return the keys of a dict display or a call of `dict`. Raises `_Unknown` for anything else."""
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
