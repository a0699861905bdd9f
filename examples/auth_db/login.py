"""Check of name and password, with login throttling."""

from starlette.requests import HTTPConnection

from examples.auth_db.users import NotAccepted, User, Users
from pyview.auth.throttle import Attempt, LoginThrottle, ThrottleUnavailable, TooManyAttempts


class Login:
    """Authenticates users and registers new ones, with a limit for both."""

    def __init__(self, users: Users, throttle: LoginThrottle) -> None:
        self._users = users
        self._throttle = throttle

    async def authenticate(self, connection: HTTPConnection, name: str, password: str) -> User:
        """Return the user. Raises ``NotAccepted`` with the same text whatever was wrong."""
        attempt = await self._attempt(connection, name)
        user = await self._users.authenticate(name, password)
        if user is None:
            raise NotAccepted("Wrong name or password.")
        await attempt.succeeded()
        return user

    async def register(self, connection: HTTPConnection, name: str, password: str) -> User:
        """Create an account. Each attempt counts, because "the name is taken" reveals that an account exists."""
        await self._attempt(connection, name)
        return await self._users.register(name, password)

    async def _attempt(self, connection: HTTPConnection, name: str) -> Attempt:
        try:
            return await self._throttle.attempt(connection, name)
        except (TooManyAttempts, ThrottleUnavailable) as refused:
            raise NotAccepted(refused.detail) from refused
