"""Who is at one socket, asked again and again: at joins, before events, on a patrol, when something was revoked."""

import asyncio
import logging

from starlette.types import Scope

from pyview.auth.identity import Identity
from pyview.auth.replay import IdentityPipeline
from pyview.auth.user_key import UnknownUser
from pyview.sessions.session import revocation_keys, session_of

logger = logging.getLogger("pyview.security")


class Presence:
    """The identity behind one connection. `scope` is the handshake's, with session, auth and user as last asked.

    `asked_at` is loop time in seconds, `-inf` before the first time. `ends_at` is the Unix time at which the session
    ends by itself.
    """

    __slots__ = ("_asking", "_handshake", "_pipeline", "asked_at", "ends_at", "identity", "scope")

    def __init__(self, pipeline: IdentityPipeline, handshake: Scope) -> None:
        self._pipeline = pipeline
        self._handshake = handshake
        self._asking: asyncio.Future[None] | None = None
        self.asked_at = float("-inf")
        self.ends_at = float("inf")
        self.scope = handshake
        self.identity = Identity()

    @property
    def revocation_keys(self) -> dict[str, float]:
        """What a revocation of this connection's session may be called."""
        return revocation_keys(session_of(self.scope))

    @property
    def renewable(self) -> bool:
        """Whether a new cookie can be asked about, and not only the handshake's."""
        return self._pipeline.loads_session

    async def renew(self, cookie: str) -> None:
        """Go on as if the handshake had come with this `Cookie` header, and ask who is there."""
        headers = [(name, value) for name, value in self._handshake["headers"] if name != b"cookie"]
        self._handshake = {**self._handshake, "headers": [*headers, (b"cookie", cookie.encode("latin-1"))]}
        self.asked_at = float("-inf")
        await self.refresh(active=True)

    async def refresh(self, *, active: bool = False) -> None:
        """Ask who is there now. All who come while somebody asks share the next question: the answer to the one that
        is under way may be older than what they come for, such as a sign-out.

        `active`: because the reader did something, which counts as use of the session.
        """
        wanted = asyncio.get_running_loop().time()
        while self.asked_at < wanted:
            if self._asking is None:
                await self._ask(active)
            else:
                await asyncio.shield(self._asking)

    async def _ask(self, active: bool) -> None:
        loop = asyncio.get_running_loop()
        asking = self._asking = loop.create_future()
        now = loop.time()
        try:
            scope = await self._pipeline.replay(self._handshake, active=active)
            self.scope, self.identity = self._known(scope)
            self.ends_at = self._pipeline.session_end(self.scope) if self.identity.binding else float("inf")
            self.asked_at = now
        finally:
            self._asking = None
            asking.set_result(None)

    def _known(self, scope: Scope | None) -> tuple[Scope, Identity]:
        """Return who is in the scope of an answer; a stranger where there is no answer, or where it names a user who
        cannot be told from others."""
        if scope is not None:
            try:
                return scope, Identity.from_scope(scope)
            except UnknownUser as error:
                logger.error("a socket counts as signed out: %s", error)
        stranger = _stranger(self._handshake)
        return stranger, Identity.from_scope(stranger)


def _stranger(handshake: Scope) -> Scope:
    """The handshake of somebody who is not signed in: nobody could say who it is."""
    return {key: value for key, value in handshake.items() if key not in ("session", "auth", "user")}
