"""Registered users and their roles."""

import unicodedata
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from starlette.authentication import BaseUser

from examples.auth_db.database import Account, Database
from examples.auth_db.passwords import Passwords
from pyview.pubsub.memory import PubSub

TOPIC = "users"
LONGEST_NAME = 30
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200


class NotAccepted(ValueError):
    """Input is not accepted. The text is for the user."""


@dataclass(frozen=True, slots=True)
class User(BaseUser):
    """``role`` is "member", "support" or "admin"."""

    id: UUID
    name: str
    role: str
    suspended: bool

    @property
    def identity(self) -> str:
        return str(self.id)

    @property
    def display_name(self) -> str:
        return self.name

    @classmethod
    def of(cls, account: Account) -> "User":
        return cls(account.id, account.name, account.role, account.suspended)


class Users:
    """All registered users."""

    def __init__(self, database: Database, passwords: Passwords, pubsub: PubSub) -> None:
        self._database = database
        self._passwords = passwords
        self._pubsub = pubsub

    async def seed(self, name: str, password_hash: str, role: str) -> None:
        """Add an account at start-up."""
        async with self._database.begin() as db:
            db.add(Account(name, key_of(name), password_hash, role))

    async def register(self, name: str, password: str) -> User:
        tidy = tidied(name)
        account = Account(tidy, key_of(tidy), await self._passwords.hashed(accepted(password)))
        try:
            async with self._database.begin() as db:
                db.add(account)
        except IntegrityError:
            raise NotAccepted(f"The name {tidy} is taken. Please choose another one.") from None
        await self._pubsub.broadcast(TOPIC, "registered")
        return User.of(account)

    async def authenticate(self, name: str, password: str) -> User | None:
        """Return the user; None for a wrong password, an unknown name and a suspended account alike."""
        async with self._database.begin() as db:
            account = await db.scalar(select(Account).where(Account.key == key_of(name)))
        fits = await self._passwords.fits(password, None if account is None else account.password_hash)
        return User.of(account) if account and fits and not account.suspended else None

    async def change_password(self, user: User, password: str) -> None:
        password_hash = await self._passwords.hashed(accepted(password))
        async with self._database.begin() as db:
            account = await db.get_one(Account, user.id)
            account.password_hash = password_hash

    async def suspend(self, user_id: UUID, suspended: bool) -> User:
        async with self._database.begin() as db:
            account = await db.get(Account, user_id)
            if account is None:
                raise NotAccepted("This account does not exist.")
            account.suspended = suspended
        await self._pubsub.broadcast(TOPIC, "suspended")
        return User.of(account)

    async def all(self) -> tuple[User, ...]:
        async with self._database.begin() as db:
            return tuple(map(User.of, await db.scalars(select(Account).order_by(Account.key))))


def tidied(name: str) -> str:
    """Raises ``NotAccepted`` for a name that is too short, too long or unprintable."""
    tidy = " ".join(unicodedata.normalize("NFKC", name).split())
    if not 2 <= len(tidy) <= LONGEST_NAME or not tidy.isprintable():
        raise NotAccepted(f"A name has 2 to {LONGEST_NAME} characters.")
    return tidy


def key_of(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).split()).casefold()


def accepted(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise NotAccepted(
            f"A password has at least {SHORTEST_PASSWORD} characters. A short sentence works well."
        )
    return password
