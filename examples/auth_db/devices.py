"""Devices on which users are signed in, and how to end them."""

import secrets
import time
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import joinedload
from starlette.requests import HTTPConnection

from examples.auth_db.browsers import named
from examples.auth_db.database import Database, Device
from examples.auth_db.users import User
from pyview.auth import end_sessions
from pyview.auth.connection import client_address
from pyview.pubsub.memory import PubSub
from pyview.stores.revocations import Revocations

SESSION_SECONDS = 14 * 86400
MINUTE = 60.0


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One row of the list of devices."""

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
    """The devices of all users. Ending one deletes its row, and then ends its open pages."""

    def __init__(self, database: Database, revocations: Revocations, pubsub: PubSub) -> None:
        self._database = database
        self._pubsub = pubsub
        self.revocations = revocations

    async def add(self, user: User, connection: HTTPConnection) -> str:
        """Sign ``user`` in. Return the value for ``device`` in the session."""
        name, address = named(connection.headers.get("user-agent", "")), client_address(connection.scope)
        device = Device(secrets.token_urlsafe(16), user.id, name, address)
        async with self._database.begin() as db:
            db.add(device)
        return device.id

    async def user_of(self, device_id: str, session_key: str) -> User | None:
        """Return the user of a device, None if it has ended. Counts as use of the device."""
        async with self._database.begin() as db:
            device = await db.get(Device, device_id, options=[joinedload(Device.account)])
        idle = 0.0 if device is None else time.time() - device.seen_at
        if device is None or device.account.suspended or idle > SESSION_SECONDS:
            return None
        is_new_session = session_key not in ("", device.session_key)
        if (is_new_session or idle > MINUTE) and not await self._touch(device, session_key):
            return None
        user = User.of(device.account)
        if is_new_session:
            await self._publish(user)
        return user

    async def _touch(self, device: Device, session_key: str) -> bool:
        """Return False if the device was ended meanwhile. This writes, so it is not called for each request."""
        values = {"seen_at": time.time(), "session_key": session_key or device.session_key}
        async with self._database.begin() as db:
            seen = update(Device).where(Device.id == device.id).values(values).returning(Device.id)
            return await db.scalar(seen) is not None

    async def of(self, user: User) -> tuple[SignedIn, ...]:
        """Return the devices of ``user``, the latest sign-in first."""
        since = time.time() - SESSION_SECONDS
        theirs = select(Device).where(
            Device.account_id == user.id, Device.session_key != "", Device.seen_at >= since
        )
        async with self._database.begin() as db:
            found = await db.scalars(theirs.order_by(Device.signed_in_at.desc()))
            return tuple(SignedIn(d.id, d.name, d.address, d.signed_in_at, d.seen_at) for d in found)

    async def end(self, user: User, device_id: str) -> None:
        """Sign ``user`` out on one device. A device of another user is ignored."""
        await self._end(user, Device.id == device_id)

    async def end_others(self, user: User, kept: str) -> None:
        await self._end(user, Device.id != kept)

    async def end_all(self, user: User, by: HTTPConnection) -> None:
        """Sign ``user`` out on all devices. ``by`` is the connection of the acting user, for the audit log."""
        async with self._database.begin() as db:
            await db.execute(delete(Device).where(Device.account_id == user.id))
        await end_sessions(self, user, by.scope)

    async def _end(self, user: User, which: ColumnElement[bool]) -> None:
        ended = delete(Device).where(Device.account_id == user.id, which).returning(Device.session_key)
        async with self._database.begin() as db:
            session_keys = (await db.scalars(ended)).all()
        until = time.time() + SESSION_SECONDS
        for session_key in filter(None, session_keys):
            await self.revocations.revoke(session_key, until)
        await self._publish(user)

    async def _publish(self, user: User) -> None:
        await self._pubsub.broadcast(topic_of(user), "devices")


def topic_of(user: User) -> str:
    """Return the topic on which changes of the user's devices are published."""
    return f"devices:{user.id}"


def ago(seconds: float) -> str:
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        count = int(seconds // size)
        if count:
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"
