"""Where people are signed in, and how that ends."""

import secrets
import time
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import joinedload
from starlette.requests import HTTPConnection

from examples.auth_db.browsers import named
from examples.auth_db.database import Database, Device
from examples.auth_db.people import Person
from pyview.auth import end_sessions
from pyview.auth.connection import client_address
from pyview.pubsub.memory import PubSub
from pyview.stores.revocations import Revocations

SESSION_SECONDS = 14 * 86400
MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One line of "your devices"."""

    id: str
    name: str
    address: str
    signed_in_at: float
    seen_at: float

    @property
    def signed_in(self) -> str:
        return ago(time.time() - self.signed_in_at)

    @property
    def seen(self) -> str:
        return ago(time.time() - self.seen_at)


class Devices:
    """The devices of all people. What ends one deletes its row, and then sends away the pages that are open there."""

    def __init__(self, database: Database, revocations: Revocations, pubsub: PubSub) -> None:
        self._database = database
        self._pubsub = pubsub
        self.revocations = revocations

    async def add(self, person: Person, connection: HTTPConnection) -> str:
        """Sign somebody in where they are; what the session is to hold as ``device``."""
        name, address = named(connection.headers.get("user-agent", "")), client_address(connection.scope)
        device = Device(secrets.token_urlsafe(16), person.id, name, address)
        async with self._database.begin() as db:
            db.add(device)
        return device.id

    async def person_at(self, device_id: str, session_key: str) -> Person | None:
        """Who is signed in there, None where that has ended. Counts as use."""
        async with self._database.begin() as db:
            device = await db.get(Device, device_id, options=[joinedload(Device.account)])
        idle = 0.0 if device is None else time.time() - device.seen_at
        if device is None or device.account.suspended or idle > SESSION_SECONDS:
            return None
        moved = session_key not in ("", device.session_key)
        if (moved or idle > MINUTE) and not await self._seen(device, session_key):
            return None
        person = Person.of(device.account)
        if moved:
            await self._tell(person)
        return person

    async def _seen(self, device: Device, session_key: str) -> bool:
        """False where it has been ended meanwhile. A write, so not for each request."""
        values = {"seen_at": time.time(), "session_key": session_key or device.session_key}
        async with self._database.begin() as db:
            seen = update(Device).where(Device.id == device.id).values(values).returning(Device.id)
            return await db.scalar(seen) is not None

    async def of(self, person: Person) -> tuple[SignedIn, ...]:
        """Where somebody is signed in, the latest first."""
        since = time.time() - SESSION_SECONDS
        theirs = select(Device).where(
            Device.account_id == person.id, Device.session_key != "", Device.seen_at >= since
        )
        async with self._database.begin() as db:
            found = await db.scalars(theirs.order_by(Device.signed_in_at.desc()))
            return tuple(SignedIn(d.id, d.name, d.address, d.signed_in_at, d.seen_at) for d in found)

    async def end(self, person: Person, device_id: str) -> None:
        """Sign somebody out there; what is not theirs is left alone."""
        await self._end(person, Device.id == device_id)

    async def end_others(self, person: Person, kept: str) -> None:
        await self._end(person, Device.id != kept)

    async def end_all(self, person: Person, by: HTTPConnection) -> None:
        """Sign somebody out everywhere; ``by``, for the log: who wanted that."""
        async with self._database.begin() as db:
            await db.execute(delete(Device).where(Device.account_id == person.id))
        await end_sessions(self, person, by.scope)

    async def _end(self, person: Person, which: ColumnElement[bool]) -> None:
        ended = delete(Device).where(Device.account_id == person.id, which).returning(Device.session_key)
        async with self._database.begin() as db:
            session_keys = (await db.scalars(ended)).all()
        until = time.time() + SESSION_SECONDS
        for session_key in filter(None, session_keys):
            await self.revocations.revoke(session_key, until)
        await self._tell(person)

    async def _tell(self, person: Person) -> None:
        await self._pubsub.broadcast(topic_of(person), "devices")


def topic_of(person: Person) -> str:
    """Where it is told that somebody's devices have changed."""
    return f"devices:{person.id}"


def ago(seconds: float) -> str:
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        count = int(seconds // size)
        if count:
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"
