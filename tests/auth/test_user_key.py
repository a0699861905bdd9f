"""The key of a user: unique fields only, otherwise an error that says what to add."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType, SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from starlette.authentication import BaseUser, SimpleUser, UnauthenticatedUser

from pyview.auth.user_key import UnknownUser, shown_key, user_key, user_keys


class Exotic:
    """A user class that is not derived from Starlette's."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


class Moody(BaseUser):
    """Implements nothing, as Starlette's base class allows."""


class Named(BaseUser):
    """A user with a display name only."""

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def display_name(self) -> str:
        return "Ann Smith"


class Detached:
    """An ORM row with a closed session: reading its id raises."""

    email = "ann@example.org"

    @property
    def id(self) -> int:
        raise LookupError("not bound to a session")


class ObjectId:
    """An id with a text form, like that of MongoDB."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __str__(self) -> str:
        return self._text


class Reference:
    """A value with Python's default text form: a memory address."""


class Failing:
    def __str__(self) -> str:
        raise ValueError("no text")


@dataclass(frozen=True)
class Key:
    table: str
    number: int


@pytest.mark.parametrize(
    "user", [None, UnauthenticatedUser(), Exotic(is_authenticated=False, id=1)], ids=repr
)
def test_a_visitor_has_no_key(user: Any) -> None:
    assert user_key(user) == ""
    assert user_keys(user) == ()


@pytest.mark.parametrize(
    ("user", "key"),
    [
        (SimpleUser("alice"), "identity:alice"),
        (Exotic(id=3), "id:3"),
        (Exotic(id=0), "id:0"),
        (Exotic(id=UUID(int=3)), f"id:{UUID(int=3)}"),
        (Exotic(id=ObjectId("65f0c2")), "id:65f0c2"),
        (Exotic(pk=Key("staff", 3)), "pk:Key(table='staff', number=3)"),
        (Exotic(user_id=3), "user_id:3"),
        (Exotic(uid="u3"), "uid:u3"),
        (Exotic(uuid=UUID(int=3)), f"uuid:{UUID(int=3)}"),
        (Exotic(id=None, user_id=3), "user_id:3"),
        (Exotic(id=True, username="ann"), "username:ann"),
        (Exotic(identity=lambda: 1, email="a@b.example"), "email:a@b.example"),
        (Exotic(identity="", email="a@b.example"), "email:a@b.example"),
        (Detached(), "email:ann@example.org"),
        ({"id": 3, "name": "x"}, "id:3"),
        ({"sub": "auth0|3", "name": "x"}, "sub:auth0|3"),
        (MappingProxyType({"email": "a@b.example", "uid": 3}), "uid:3"),
        (SimpleNamespace(id=3), "id:3"),
        ("alice", "value:alice"),
        (7, "value:7"),
        (UUID(int=7), f"value:{UUID(int=7)}"),
    ],
    ids=repr,
)
def test_a_user_with_a_unique_field_has_a_key(user: Any, key: str) -> None:
    assert user_key(user) == key


@pytest.mark.parametrize(
    "user",
    [
        Moody(),
        Named(),
        SimpleUser(""),
        SimpleUser("  "),
        Exotic(),
        Exotic(display_name="Ann", name="Ann"),
        Exotic(id=None),
        Exotic(id=True),
        Exotic(id=""),
        Exotic(id=Reference()),
        Exotic(id=[Reference()]),
        Exotic(id=Failing()),
        Exotic(identity=f"{Reference()}"),
        Exotic(username=ObjectId("65f0c2")),
        {},
        {"name": "x"},
        {"id": None},
        "",
        True,
        SimpleUser,
        Detached,
        object(),
    ],
    ids=lambda user: str(type(user)),
)
def test_a_user_without_a_unique_field_raises(user: Any) -> None:
    with pytest.raises(UnknownUser, match="identity, id, pk, user_id, uid, uuid, sub, username, email"):
        user_key(user)
    assert "without a key" in shown_key(user)


def test_the_error_says_what_to_add() -> None:
    with pytest.raises(UnknownUser) as caught:
        user_key(Named())
    assert "a user of the class tests.auth.test_user_key.Named is signed in" in str(caught.value)
    assert "identity = property(lambda self: str(self.id))" in str(caught.value)
    with pytest.raises(UnknownUser, match="Got no text form in identity, username"):
        user_key(SimpleUser(""))
    with pytest.raises(UnknownUser, match="Give the mapping one of these keys"):
        user_key({"name": "Ann"})


def test_the_error_has_no_user_data() -> None:
    with pytest.raises(UnknownUser) as caught:
        user_key({"name": "s3cret", "token": "s3cret"})
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Exotic(id=5), Exotic(user_id=5)),
        (Exotic(id="user_id:5"), Exotic(user_id=5)),
        (SimpleUser("5"), Exotic(id=5)),
        ("id:5", Exotic(id=5)),
        ({"sub": "5"}, {"id": "5"}),
    ],
    ids=repr,
)
def test_keys_of_different_fields_differ(one: Any, other: Any) -> None:
    assert user_key(one) != user_key(other)


@pytest.mark.parametrize("value", [5, "5"])
@pytest.mark.parametrize(
    "user", [Exotic(id=5), Exotic(id="5"), {"sub": "5"}, SimpleUser("5"), 5, "5"], ids=repr
)
def test_a_plain_value_stands_for_every_field(value: Any, user: Mapping[str, Any]) -> None:
    assert user_key(user) in user_keys(value)


def test_a_user_has_one_key() -> None:
    assert user_keys(SimpleUser("5")) == ("identity:5",)
