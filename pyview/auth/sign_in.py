"""Signing in and out with Starlette's session, for routes. Writing `request.session` yourself does the same."""

import time
from collections.abc import Iterable
from typing import Any, Protocol

from starlette.requests import Request
from starlette.types import Scope

from pyview.auth.audit import AuditEvent, audit_of
from pyview.auth.user_key import user_keys
from pyview.sessions.session import LONGEST_COOKIE
from pyview.sessions.tracking import (
    REMEMBERED,
    SESSION_ID,
    SIGNED_IN_AT,
    USER_DIGEST,
    digest,
    user_revocation_key,
)
from pyview.stores.health import StoreUnavailable
from pyview.stores.revocations import Revocations


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

    `user` is what the authentication backend makes of them, for example `SimpleUser("alice")`, or the value of the
    field that names them: `"alice"`, or the id. Other users notice nothing. Signing in again works at once. Raises
    `ValueError` if no user is signed in, `UnknownUser` for a user without a unique field.
    """
    await end_sessions(request.app, request.user if user is None else user, request.scope)


async def end_sessions(app: Revoking, user: Any, scope: Scope | None = None) -> None:
    """`logout_everywhere` where there is no request, as in a background task. `scope`: of the request where there is
    one, for the audit trail.

    Raises `StoreUnavailable` while the store of revocations is away. It counts all the same: at this worker at once, at
    the others as soon as the store is back.
    """
    keys = user_keys(user)
    if not keys:
        raise ValueError(f"logout_everywhere expected a signed-in user, got {type(user).__qualname__}")
    connection = {} if scope is None else scope
    try:
        await _revoke_users(app.revocations, keys)
    finally:  # a store that is away takes it later
        audit_of(connection).record(
            AuditEvent.REVOKED, connection, "all sessions of a user were ended", user=keys[0]
        )


async def _revoke_users(revocations: Revocations, keys: Iterable[str]) -> None:
    """Revoke all that signed in before now under one of `keys`. Raises `StoreUnavailable`, after all were tried: this
    worker keeps to each of them, and writes it later."""
    now, away = time.time(), None
    for key in keys:
        try:
            await revocations.revoke(user_revocation_key(digest(key)), now + LONGEST_COOKIE, not_before=now)
        except StoreUnavailable as error:
            away = error
    if away is not None:
        raise away
