"""Check of the user classes in a backend's code: each one needs a key field."""

from dataclasses import dataclass
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.authentication import (
    AuthCredentials,
    AuthenticationBackend,
    BaseUser,
    SimpleUser,
    UnauthenticatedUser,
)
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import HTTPConnection

from pyview import PyView
from pyview.cli.check import check


class Named(BaseUser):
    """A user with a display name and no unique field."""

    def __init__(self, row: Any) -> None:
        self.row = row

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def display_name(self) -> str:
        return f"{self.row.name} {self.row.id}"


class Renamed(Named):
    """A subclass without a field of its own."""


class Numbered(Named):
    def __init__(self, row: Any) -> None:
        super().__init__(row)
        self.user_id = row.id


class Unique(Named):
    @property
    def identity(self) -> str:
        return str(self.row.id)


class Loose(Named):
    def __init__(self, **fields: Any) -> None:
        vars(self).update(fields)


class Lazy(Named):
    def __getattr__(self, name: str) -> Any:
        return getattr(self.row, name)


@dataclass
class Row:
    sub: str
    name: str


class Plain:
    def __init__(self, name: str) -> None:
        self.name = name


class Guest(UnauthenticatedUser):
    pass


class Visitor(Named):
    @property
    def is_authenticated(self) -> bool:
        return False


class Passer(Named):
    is_authenticated = False


def backend_of(user_class: Any) -> type[AuthenticationBackend]:
    """Return a backend with the class in its code."""

    class Backend(AuthenticationBackend):
        async def authenticate(self, conn: HTTPConnection) -> Any:
            return AuthCredentials(["authenticated"]), user_class(conn.session["user_id"])

    return Backend


class OfNames(AuthenticationBackend):
    async def authenticate(self, conn: HTTPConnection) -> Any:
        return AuthCredentials(), Named(conn.session.get("user_id"))


class OfPlain(AuthenticationBackend):
    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, Plain] | None:  # type: ignore[override]
        return None


class OfGuestsAndNames(AuthenticationBackend):
    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, Guest | Renamed]:
        return AuthCredentials(), Guest()


class OfRows(AuthenticationBackend):
    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, Row] | None:  # type: ignore[override]
        return None


class OfAnybody(AuthenticationBackend):
    async def authenticate(self, conn: HTTPConnection) -> "tuple[AuthCredentials, BaseUser] | Nothing":  # type: ignore[name-defined]  # noqa: F821
        return None


def reported(backend: type[AuthenticationBackend]) -> list[str]:
    app = PyView(secret="t3st-s3cret-of-at-least-thirty-two-bytes")
    app.add_middleware(AuthenticationMiddleware, backend=backend())
    texts = [finding.text for finding in check(app, production=True).refusals]
    return [text for text in texts if "has no unique field" in text]


@pytest.mark.parametrize(
    ("backend", "name"),
    [
        (OfNames, "OfNames signs in users of the class Named"),
        (OfPlain, "users of the class Plain"),
        (OfGuestsAndNames, "users of the class Renamed"),
        (backend_of(Renamed), "users of the class Renamed"),
    ],
    ids=str,
)
def test_a_class_without_a_key_is_reported(backend: type[AuthenticationBackend], name: str) -> None:
    [text] = reported(backend)
    assert name in text
    assert "identity = property(lambda self: str(self.id))" in text


@pytest.mark.parametrize(
    "backend",
    [
        *map(backend_of, [SimpleUser, Numbered, Unique, Loose, Lazy, Guest, Visitor, Passer, dict, str]),
        OfRows,
        OfAnybody,
        AuthenticationBackend,
    ],
    ids=str,
)
def test_a_class_that_may_have_a_key_is_not_reported(backend: type[AuthenticationBackend]) -> None:
    assert reported(backend) == []


def test_the_backend_of_the_host_application_is_checked_too() -> None:
    host_app, app = Starlette(), PyView()
    host_app.add_middleware(AuthenticationMiddleware, backend=OfNames())
    app.authenticate_with(host_app)
    assert any("class Named" in finding.text for finding in check(app, production=True).refusals)
