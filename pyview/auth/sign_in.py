"""Signing in and out with Starlette's session, for routes. Writing `request.session` yourself does the same."""

import time
from typing import Any, Protocol

from starlette.requests import Request
from starlette.types import Scope

from pyview.auth.audit import AuditEvent, audit_of
from pyview.auth.identity import user_key
from pyview.revocation.base import Revocations
from pyview.session import (
    LONGEST_COOKIE,
    REMEMBERED,
    SESSION_ID,
    SIGNED_IN_AT,
    USER_DIGEST,
    digest,
    user_revocation_key,
)


class Revoking(Protocol):
    """An application that keeps track of what was revoked: `PyView`."""

    @property
    def revocations(self) -> Revocations: ...


def login(request: Request, user_id: Any, **claims: Any) -> None:
    """Sign `user_id` in: `session["user_id"]`, and whatever else the application wants to remember of them.

    The session gets a new id and a new sign-in time, so that nothing handed out before the sign-in holds any longer.
    What the visitor had in the session stays; to drop it, `request.session.clear()` first.
    """
    for name in (SESSION_ID, SIGNED_IN_AT, USER_DIGEST, REMEMBERED):
        request.session.pop(name, None)
    request.session.update({"user_id": user_id, **claims})


def logout(request: Request) -> None:
    """Sign out: the same as `request.session.clear()`. Copies of the cookie are dead, open pages are sent away."""
    request.session.clear()


async def logout_everywhere(request: Request, user: Any = None) -> None:
    """End every session of `user`, or of the user of this request: on all devices, with all open pages.

    `user` is what the authentication backend makes of them, for example `SimpleUser("alice")`. Other users notice
    nothing. Signing in again works at once. Raises `ValueError` when nobody is signed in.
    """
    await end_sessions(request.app, request.user if user is None else user, request.scope)


async def end_sessions(app: Revoking, user: Any, scope: Scope | None = None) -> None:
    """`logout_everywhere` where there is no request, as in a background task. `scope`: of the request where there is
    one, for the audit trail."""
    key = user_key(user)
    if not key:
        raise ValueError(f"logout_everywhere expected a signed-in user, got {type(user).__qualname__}")
    now = time.time()
    await app.revocations.revoke(user_revocation_key(digest(key)), now + LONGEST_COOKIE, not_before=now)
    connection = {} if scope is None else scope
    audit_of(connection).record(AuditEvent.REVOKED, connection, "all sessions of a user were ended", user=key)
