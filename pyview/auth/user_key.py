"""Key of a signed-in user: a text that is unique for the user and the same at every sign-in.

It comes from a field that is unique and never changes. A class, a display name or the memory address of an object could
be shared by several users, so none of these is ever a key.
"""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from starlette.authentication import UnauthenticatedUser

ID_NAMES = ("identity", "id", "pk", "user_id", "uid", "uuid", "sub")
"""Fields with a value of any type that has a text form, such as the `ObjectId` of a database."""

TEXT_NAMES = ("username", "email")
"""Fields that are read last. Their value is text."""

KEY_NAMES = (*ID_NAMES, *TEXT_NAMES)

_PLAIN = (str, int, UUID)
# The default text form of an object has its memory address: it differs for each object and at each start.
_ADDRESS = re.compile(r"<.* at 0x[0-9a-fA-F]+>", re.DOTALL)


class UnknownUser(RuntimeError):
    """A signed-in user has no unique field."""

    def __init__(self, user: Any) -> None:
        super().__init__(
            f"{_described(user)} is signed in, but has no unique field. Expected a field that is unique "
            f"and never changes: one of {', '.join(KEY_NAMES)}. {_unusable(user)}{_advice(user)} "
            "For a visitor who is not signed in, return None as the user."
        )


def is_signed_in(user: Any) -> bool:
    """Return True if `user` is signed in: neither None, nor a user with `is_authenticated = False`."""
    if user is None or isinstance(user, UnauthenticatedUser):
        return False
    return _attribute(user, "is_authenticated") is not False


def user_key(user: Any) -> str:
    """Return the key of a user, "" if `user` is not signed in.

    A user that is text, a number or a UUID is its own key. For others it is the first of `KEY_NAMES` with a value, as
    attribute or, for a mapping, as key. Raises `UnknownUser` for a user without one.
    """
    if not is_signed_in(user):
        return ""
    if isinstance(user, _PLAIN):
        return f"value:{_known(user, user)}"
    for name in KEY_NAMES:
        text = _field(user, name)
        if text:
            return f"{name}:{text}"
    raise UnknownUser(user)


def user_keys(user: Any) -> tuple[str, ...]:
    """Return the keys under which `user` may have signed in.

    A plain value such as 7 or "ann" is the value of a field, but not of a known one. So it stands for every field.
    Raises `UnknownUser`.
    """
    key = user_key(user)
    if not key or not isinstance(user, _PLAIN):
        return (key,) if key else ()
    text = key.removeprefix("value:")
    return (key, *(f"{name}:{text}" for name in KEY_NAMES))


def shown_key(user: Any) -> str:
    """Return the key for a log; never raises."""
    try:
        return user_key(user)
    except UnknownUser:
        return f"a {type(user).__qualname__} without a key"


def _known(value: Any, user: Any) -> str:
    text = _text(value)
    if not text:
        raise UnknownUser(user)
    return text


def _field(user: Any, name: str) -> str:
    # A class is not a user: `User.id` is a descriptor, the same for all users.
    if isinstance(user, type):
        return ""
    value = user.get(name) if isinstance(user, Mapping) else _attribute(user, name)
    return _text(value) if name in ID_NAMES or isinstance(value, _PLAIN) else ""


def _text(value: Any) -> str:
    """Return the text form of a value, "" if it does not identify a user."""
    if value is None or isinstance(value, bool) or callable(value) or _has_no_text(value):
        return ""
    try:
        text = str(value)
    except Exception:
        return ""
    return "" if not text.strip() or _ADDRESS.search(text) else text


def _has_no_text(value: Any) -> bool:
    kind: Any = type(value)
    return bool(kind.__str__ is object.__str__ and kind.__repr__ is object.__repr__)


def _attribute(user: Any, name: str) -> Any:
    """Return an attribute, None if reading it raises.

    Starlette's `BaseUser` raises `NotImplementedError` for what a subclass leaves out; an ORM may raise anything.
    """
    try:
        return getattr(user, name, None)
    except Exception:
        return None


def _described(user: Any) -> str:
    # The user's fields may be secret, and the class is enough to find the error.
    kind = user if isinstance(user, type) else type(user)
    prefix = "the class" if isinstance(user, type) else "a user of the class"
    return f"{prefix} {kind.__module__}.{kind.__qualname__}"


def _unusable(user: Any) -> str:
    if isinstance(user, (type, *_PLAIN)):
        return ""
    has_value = (
        user.__contains__ if isinstance(user, Mapping) else lambda name: _attribute(user, name) is not None
    )
    found = [name for name in KEY_NAMES if has_value(name)]
    return f"Got no text form in {', '.join(found)}. " if found else ""


def _advice(user: Any) -> str:
    if isinstance(user, Mapping):
        return 'Give the mapping one of these keys, such as {"id": row.id, ...}.'
    if isinstance(user, _PLAIN):
        return "Return the user's id instead."
    return "Give the class one of these as an attribute, such as: identity = property(lambda self: str(self.id))."
