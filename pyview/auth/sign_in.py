"""Sign-in and sign-out with Starlette's session, for routes. Writing `request.session` directly does the same."""

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


class HasRevocations(Protocol):
    """`PyView`, which imports this package."""

    @property
    def revocations(self) -> Revocations: ...


def login(request: Request, user_id: Any, **claims: Any) -> None:
    """Sign `user_id` in: store it as `session["user_id"]`, with `claims` beside it.

    The session gets a new id and a new sign-in time, so that no token from before the sign-in is valid any longer.
    Other content of the session stays; to remove it, call `request.session.clear()` first.
    """
    # Without an id the session tracker creates a new one and revokes the old one: a planted session is worth nothing.
    for name in (SESSION_ID, SIGNED_IN_AT, USER_DIGEST, REMEMBERED):
        request.session.pop(name, None)
    request.session.update({"user_id": user_id, **claims})


def logout(request: Request) -> None:
    """Sign out: the same as `request.session.clear()`. Ends open pages and makes copies of the cookie invalid."""
    request.session.clear()


async def logout_everywhere(request: Request, user: Any = None) -> None:
    """End every session of `user`, by default of the user of this request, on all devices and with all open pages.

    `user` is the object that the authentication backend returns, for example `SimpleUser("alice")`, or the value of its
    key field: `"alice"`, or the id. Other users are not affected. The user may sign in again at once. Raises
    `ValueError` if no user is signed in, `UnknownUser` for a user without a unique field, and `StoreUnavailable` as
    `end_sessions` does.
    """
    await end_sessions(request.app, request.user if user is None else user, request.scope)


async def end_sessions(app: HasRevocations, user: Any, scope: Scope | None = None) -> None:
    """End every session of `user` without a request, for example in a background task.

    `scope` is that of a request, for the audit trail. Raises `StoreUnavailable` if the store of revocations is
    unavailable. It takes effect all the same: at this worker at once, at the others as soon as the store is back.
    """
    keys = user_keys(user)
    if not keys:
        raise ValueError(f"logout_everywhere expected a signed-in user, got {type(user).__qualname__}")
    connection = {} if scope is None else scope
    try:
        await _revoke_users(app.revocations, keys)
    finally:  # also if the store is unavailable: it gets the revocation later
        audit_of(connection).record(
            AuditEvent.REVOKED, connection, "all sessions of a user were ended", user=keys[0]
        )


async def _revoke_users(revocations: Revocations, keys: Iterable[str]) -> None:
    """Revoke all sessions with an earlier sign-in under one of `keys`.

    Raises `StoreUnavailable` only after trying all of them: this worker keeps each one, and writes it later.
    """
    now, unavailable = time.time(), None
    for key in keys:
        try:
            await revocations.revoke(user_revocation_key(digest(key)), now + LONGEST_COOKIE, not_before=now)
        except StoreUnavailable as error:
            unavailable = error
    if unavailable is not None:
        raise unavailable
