"""Who is at a connection: asked for every request, and for an open page again and again."""

from starlette.authentication import AuthCredentials, AuthenticationBackend, BaseUser, UnauthenticatedUser
from starlette.requests import HTTPConnection

from examples.auth_db.devices import Devices
from examples.auth_db.people import Person
from pyview.session import SESSION_ID, session_key


class Guest(UnauthenticatedUser):
    """Nobody yet, but somewhere: ``connection`` says where a sign-in comes from."""

    def __init__(self, connection: HTTPConnection) -> None:
        self.connection = connection


class Member(BaseUser):
    """Somebody who is signed in, at one of their devices."""

    def __init__(self, person: Person, device_id: str, connection: HTTPConnection) -> None:
        self.person = person
        self.device_id = device_id
        self.connection = connection

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def identity(self) -> str:
        return self.person.identity

    @property
    def display_name(self) -> str:
        return self.person.name


class DeviceAuth(AuthenticationBackend):
    """The session names a device, and the database says whose it is, so that whatever is changed there holds at once:
    a device that was ended, an account that was suspended, a role that was taken away."""

    def __init__(self, devices: Devices) -> None:
        self._devices = devices

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser]:
        device_id: str = conn.session.get("device", "")
        sid: str = conn.session.get(SESSION_ID, "")
        key = session_key(sid) if sid else ""
        person = await self._devices.person_at(device_id, key) if device_id else None
        if person is None:
            return AuthCredentials(), Guest(conn)
        return AuthCredentials(["authenticated", person.role]), Member(person, device_id, conn)
