"""Authentication backend. It is called for every request, and to re-check open pages."""

from starlette.authentication import AuthCredentials, AuthenticationBackend, BaseUser, UnauthenticatedUser
from starlette.requests import HTTPConnection

from examples.auth_db.devices import Devices
from examples.auth_db.users import User
from pyview.session import SESSION_ID, session_key


class Guest(UnauthenticatedUser):
    """A visitor who is not signed in. ``connection`` is for the sign-in form."""

    def __init__(self, connection: HTTPConnection) -> None:
        self.connection = connection


class Member(BaseUser):
    """A user who is signed in on one device."""

    def __init__(self, account: User, device_id: str, connection: HTTPConnection) -> None:
        self.account = account
        self.device_id = device_id
        self.connection = connection

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def identity(self) -> str:
        return self.account.identity

    @property
    def display_name(self) -> str:
        return self.account.name


class DeviceAuth(AuthenticationBackend):
    """Finds the user of the session's device in the database.

    A change there takes effect at once: a device that was ended, an account that was suspended, a role that was
    removed.
    """

    def __init__(self, devices: Devices) -> None:
        self._devices = devices

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser]:
        device_id: str = conn.session.get("device", "")
        sid: str = conn.session.get(SESSION_ID, "")
        key = session_key(sid) if sid else ""
        account = await self._devices.user_of(device_id, key) if device_id else None
        if account is None:
            return AuthCredentials(), Guest(conn)
        return AuthCredentials(["authenticated", account.role]), Member(account, device_id, conn)
