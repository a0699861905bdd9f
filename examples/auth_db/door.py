"""Lets people in who know their password, and slows down who guesses."""

from starlette.requests import HTTPConnection

from examples.auth_db.people import NotAccepted, People, Person
from pyview.auth.throttle import Attempt, LoginThrottle, ThrottleUnavailable, TooManyAttempts


class Door:
    """Where names and passwords are tried."""

    def __init__(self, people: People, throttle: LoginThrottle) -> None:
        self._people = people
        self._throttle = throttle

    async def recognise(self, connection: HTTPConnection, name: str, password: str) -> Person:
        """Who this is. Raises ``NotAccepted``, in the same words whatever was wrong."""
        attempt = await self._attempt(connection, name)
        person = await self._people.recognise(name, password)
        if person is None:
            raise NotAccepted("This name and this password do not go together.")
        await attempt.succeeded()
        return person

    async def register(self, connection: HTTPConnection, name: str, password: str) -> Person:
        """A new account. Each one counts as an attempt, since a name that is taken tells that there is an account."""
        await self._attempt(connection, name)
        return await self._people.register(name, password)

    async def _attempt(self, connection: HTTPConnection, name: str) -> Attempt:
        try:
            return await self._throttle.attempt(connection, name)
        except (TooManyAttempts, ThrottleUnavailable) as refused:
            raise NotAccepted(refused.detail) from refused
