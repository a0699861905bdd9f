"""Who has registered, and what they may do."""

import unicodedata
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from starlette.authentication import BaseUser

from examples.auth_db.database import Account, Database
from examples.auth_db.passwords import Passwords
from pyview.pubsub.memory import PubSub

TOPIC = "people"
LONGEST_NAME = 30
SHORTEST_PASSWORD, LONGEST_PASSWORD = 10, 200


class NotAccepted(ValueError):
    """What somebody typed cannot be; says why, in words for them."""


@dataclass(frozen=True, slots=True)
class Person(BaseUser):
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
    def of(cls, account: Account) -> "Person":
        return cls(account.id, account.name, account.role, account.suspended)


class People:
    """Everybody who has registered."""

    def __init__(self, database: Database, passwords: Passwords, pubsub: PubSub) -> None:
        self._database = database
        self._passwords = passwords
        self._pubsub = pubsub

    async def seed(self, name: str, password_hash: str, role: str) -> None:
        """An account that is there from the start."""
        async with self._database.begin() as db:
            db.add(Account(name, key_of(name), password_hash, role))

    async def register(self, name: str, password: str) -> Person:
        tidy = tidied(name)
        account = Account(tidy, key_of(tidy), await self._passwords.hashed(accepted(password)))
        try:
            async with self._database.begin() as db:
                db.add(account)
        except IntegrityError:
            raise NotAccepted(f"There is a {tidy} already. Please choose another name.") from None
        await self._pubsub.broadcast(TOPIC, "registered")
        return Person.of(account)

    async def recognise(self, name: str, password: str) -> Person | None:
        """Who this is; None for a wrong password, an unknown name and a suspended account alike."""
        async with self._database.begin() as db:
            account = await db.scalar(select(Account).where(Account.key == key_of(name)))
        fits = await self._passwords.fits(password, None if account is None else account.password_hash)
        return Person.of(account) if account and fits and not account.suspended else None

    async def change_password(self, person: Person, password: str) -> None:
        password_hash = await self._passwords.hashed(accepted(password))
        async with self._database.begin() as db:
            account = await db.get_one(Account, person.id)
            account.password_hash = password_hash

    async def suspend(self, person_id: UUID, suspended: bool) -> Person:
        async with self._database.begin() as db:
            account = await db.get(Account, person_id)
            if account is None:
                raise NotAccepted("There is nobody like that.")
            account.suspended = suspended
        await self._pubsub.broadcast(TOPIC, "suspended")
        return Person.of(account)

    async def everybody(self) -> tuple[Person, ...]:
        async with self._database.begin() as db:
            return tuple(map(Person.of, await db.scalars(select(Account).order_by(Account.key))))


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
            f"A password has at least {SHORTEST_PASSWORD} characters. A short sentence does well."
        )
    return password
