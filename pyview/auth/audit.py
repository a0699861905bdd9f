"""Audit trail: one structured log line for each sign-in, sign-out, download and refusal.

Every line is a record on the logger `pyview.security` with a readable sentence and, as attributes of the record
(`extra`), the fields `event`, `client`, `user`, `subject` and `reason`. It never contains passwords, cookies, tokens,
sessions, query strings, or the values of a form or an event. A user is named by the key of `pyview.auth.user_key`.
"""

import logging
from enum import Enum

from starlette.types import Scope

from pyview.auth.connection import client_address
from pyview.auth.identity import user_of
from pyview.auth.user_key import shown_key
from pyview.observability.rate_limited_warnings import RateLimitedWarnings
from pyview.sessions.tracking import SessionEvent

AUDIT = "pyview.audit"
"""Key in a scope: the `Audit` of the application."""

_MAX_FIELD = 200  # characters


class AuditEvent(Enum):
    """Kind of an audit record. The value is the record's `event`."""

    LOGIN = "auth.login"
    LOGOUT = "auth.logout"
    DENIED = "auth.denied"
    DOWNLOADED = "file.downloaded"
    REVOKED = "auth.revoked"
    RATE_LIMITED = "auth.rate_limited"
    CSRF_REFUSED = "csrf.refused"
    ORIGIN_REFUSED = "origin.refused"
    REQUEST_REFUSED = "request.refused"


# Sign-in and sign-out need a valid account, and a download needs the link that a view has made. Any client can cause
# all other events, so they are rate-limited per client: otherwise one client could fill the log.
_NOT_LIMITED = frozenset({AuditEvent.LOGIN, AuditEvent.LOGOUT, AuditEvent.DOWNLOADED})

_SESSION_EVENTS = {
    SessionEvent.SIGNED_IN: AuditEvent.LOGIN,
    SessionEvent.SIGNED_OUT: AuditEvent.LOGOUT,
    SessionEvent.REVOKED: AuditEvent.REVOKED,
}


class Audit:
    """Audit trail of one application."""

    __slots__ = ("_logger", "_warnings")

    def __init__(self, warnings: RateLimitedWarnings | None = None) -> None:
        self._logger = logging.getLogger("pyview.security")
        self._warnings = warnings or RateLimitedWarnings(self._logger)

    def record(
        self, event: AuditEvent, scope: Scope, reason: str, *, subject: str = "", user: str | None = None
    ) -> None:
        """Log `event` for the connection of `scope`.

        `reason` is a sentence without secrets. `subject` is what the event is about, such as the name of a view. `user`
        is the key of the user, if that is not the user of the connection.
        """
        client = client_address(scope)
        if event not in _NOT_LIMITED and not self._warnings.admits(f"{client} {event.value}"):
            return
        key = shown_key(user_of(scope)) if user is None else user
        extra = {"event": event.value, "client": client, "user": key, "subject": subject, "reason": reason}
        self._logger.log(_level(event, key), "%s: %s", event.value, _sentence(extra), extra=extra)


def audit_of(scope: Scope) -> Audit:
    """Return the audit trail of the application that serves `scope`."""
    found = scope.get(AUDIT)
    return found if isinstance(found, Audit) else Audit()


def record_session_event(event: SessionEvent, scope: Scope, user: str | None = None) -> None:
    """Log a sign-in or sign-out that the session tracker has detected."""
    audit_of(scope).record(_SESSION_EVENTS[event], scope, event.value, user=user)


def _level(event: AuditEvent, user: str) -> int:
    # A visitor who must sign in first is normal. A user without the right to see a page is worth a warning.
    is_normal = event in _NOT_LIMITED or (event is AuditEvent.DENIED and not user)
    return logging.INFO if is_normal else logging.WARNING


def _sentence(fields: dict[str, str]) -> str:
    subject = f", {_quoted(fields['subject'])}" if fields["subject"] else ""
    user = _quoted(fields["user"]) if fields["user"] else "a visitor"
    return f"{fields['reason']} ({user} from {fields['client']}{subject})"


def _quoted(text: str) -> str:
    # repr() keeps it on one line, whatever characters it has: no forged log lines.
    return repr(text[:_MAX_FIELD])
