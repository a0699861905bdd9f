"""Check at start-up: the classes of users that an authentication backend creates must have a key field.

The check reads the backend's code without running it. It reports only certain problems: a class that may get its fields
in a way that the check cannot read counts as correct.
"""

import dis
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import CodeType
from typing import Any, get_args, get_type_hints
from uuid import UUID

from starlette.authentication import BaseUser, UnauthenticatedUser
from starlette.middleware import Middleware

from pyview.auth.findings import CheckMessage, Severity
from pyview.auth.middleware_order import argument, is_authentication
from pyview.auth.user_key import KEY_NAMES

_DYNAMIC = frozenset({"setattr", "vars", "__dict__", "__setattr__", "update"})


def user_classes(middleware: Sequence[Middleware]) -> Iterator[CheckMessage]:
    """Yield a message for each class of users without a key field, of the backends among `middleware`."""
    for found in filter(is_authentication, middleware):
        backend = argument(found, "backend", None)
        for user_class in _made_by(getattr(backend, "authenticate", None)):
            if not _may_have_key(user_class):
                yield _finding(user_class, backend)


def _finding(user_class: type[Any], backend: Any) -> CheckMessage:
    return CheckMessage(
        Severity.WEAK,
        f"{type(backend).__qualname__} signs in users of the class {user_class.__qualname__}, which has no "
        f"unique field: their sign-in will fail. Give the class a field that is unique and never changes, one of "
        f"{', '.join(KEY_NAMES)}, such as: identity = property(lambda self: str(self.id)).",
    )


def _made_by(authenticate: Any) -> list[type[Any]]:
    """Return the classes of users in the method's annotation, and the subclasses of `BaseUser` that its code names."""
    function = inspect.unwrap(getattr(authenticate, "__func__", authenticate)) if authenticate else None
    if not inspect.isfunction(function):
        return []
    found = (*_annotated(function), *_named(function))
    return list(dict.fromkeys(one for one in found if not _is_visitor(one)))


def _is_visitor(user_class: type[Any]) -> bool:
    """Return True if users of the class are never signed in: `is_authenticated` is always False."""
    if issubclass(user_class, UnauthenticatedUser):
        return True
    found = inspect.getattr_static(user_class, "is_authenticated", True)
    return found is False or (isinstance(found, property) and _is_false(found.fget))


def _is_false(getter: Any) -> bool:
    # Code without names reads no attribute and calls nothing, so it is safe to run.
    if not inspect.isfunction(getter) or getter.__code__.co_names:
        return False
    try:
        return getter(None) is False
    except Exception:
        return False


def _annotated(function: Callable[..., Any]) -> Iterator[type[Any]]:
    try:
        returned = get_type_hints(function).get("return")
    except Exception:  # an annotation that is only defined for type checkers
        return
    for pair in (returned, *get_args(returned)):
        parts = get_args(pair)
        if len(parts) == 2:
            users = (parts[1], *get_args(parts[1]))
            yield from (
                user for user in users if inspect.isclass(user) and user not in (BaseUser, type(None))
            )


def _named(function: Any) -> Iterator[type[Any]]:
    known = {**function.__globals__, **inspect.getclosurevars(function).nonlocals}
    for name in (*function.__code__.co_names, *function.__code__.co_freevars):
        found = known.get(name)
        if inspect.isclass(found) and issubclass(found, BaseUser) and found is not BaseUser:
            yield found


def _may_have_key(user_class: type[Any]) -> bool:
    if issubclass(user_class, (str, int, UUID, Mapping)) or user_class is object:
        return True
    return hasattr(user_class, "__getattr__") or any(map(_may_give_key, user_class.__mro__))


def _may_give_key(part: type[Any]) -> bool:
    """Return True if one class of the MRO has a key field, or code that may set one dynamically."""
    if part in (object, BaseUser):
        return False
    codes = list(_codes(part))
    if any(not _DYNAMIC.isdisjoint(code.co_names) for code in codes):
        return True
    assigned = (name for code in codes for name in _assigned(code))
    return not {*vars(part), *_annotations(part), *assigned}.isdisjoint(KEY_NAMES)


def _annotations(part: type[Any]) -> Iterable[str]:
    try:
        return inspect.get_annotations(part)
    except Exception:  # an annotation that is only defined for type checkers
        return KEY_NAMES


def _assigned(code: CodeType) -> Iterator[str]:
    return (str(found.argval) for found in dis.get_instructions(code) if found.opname == "STORE_ATTR")


def _codes(part: type[Any]) -> Iterator[CodeType]:
    for member in vars(part).values():
        function = getattr(member, "__func__", member)
        if inspect.isfunction(function):
            yield function.__code__
