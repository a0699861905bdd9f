"""The audit trail: who signed in and out, and what was turned away, one structured line each.

Every line is a record on the logger `pyview.security` with a sentence to read and, as attributes of the record
(`extra`), the fields `event`, `client`, `user`, `subject` and `reason`. It never holds passwords, cookies, tokens,
sessions, queries or what a form or an event carried. A user is named by the key that `pyview.auth.user_key` makes.
"""

import logging
from enum import Enum

from starlette.types import Scope

from pyview.auth.connection import client_address
from pyview.auth.identity import user_of
from pyview.auth.user_key import shown_key
from pyview.observability.rate_limited_warnings import RateLimitedWarnings

AUDIT = "pyview.audit"
_LONGEST = 200


class AuditEvent(Enum):
    """What happened. The value is the `event` of the record."""

    LOGIN = "auth.login"
    LOGOUT = "auth.logout"
    DENIED = "auth.denied"
    REVOKED = "auth.revoked"
    RATE_LIMITED = "auth.rate_limited"
    CSRF_REFUSED = "csrf.refused"
    ORIGIN_REFUSED = "origin.refused"
    REQUEST_REFUSED = "request.refused"


# What anybody can bring about: so many lines a minute from each client, so that nobody floods the log.
_BY_STRANGERS = frozenset(
    {
        AuditEvent.DENIED,
        AuditEvent.REVOKED,
        AuditEvent.RATE_LIMITED,
        AuditEvent.CSRF_REFUSED,
        AuditEvent.ORIGIN_REFUSED,
        AuditEvent.REQUEST_REFUSED,
    }
)
_ORDINARY = frozenset({AuditEvent.LOGIN, AuditEvent.LOGOUT})


class Audit:
    """The audit trail of one application."""

    __slots__ = ("_complaints", "_logger")

    def __init__(self, complaints: RateLimitedWarnings | None = None) -> None:
        self._logger = logging.getLogger("pyview.security")
        self._complaints = complaints or RateLimitedWarnings(self._logger)

    def record(
        self, event: AuditEvent, scope: Scope, reason: str, *, subject: str = "", user: str | None = None
    ) -> None:
        """Log `event` on the connection of `scope`.

        `reason`: a sentence without anything secret. `subject`: what it was about, such as the name of a view.
        `user`: the key of the user it concerns, if that is not the one whom the authentication found.
        """
        client = client_address(scope)
        if event in _BY_STRANGERS and not self._complaints.admits(f"{client} {event.value}"):
            return
        who = shown_key(user_of(scope)) if user is None else user
        extra = {"event": event.value, "client": client, "user": who, "subject": subject, "reason": reason}
        self._logger.log(_level(event, who), "%s: %s", event.value, _sentence(extra), extra=extra)


def audit_of(scope: Scope) -> Audit:
    """The audit trail of the application that serves `scope`."""
    found = scope.get(AUDIT)
    return found if isinstance(found, Audit) else Audit()


def _level(event: AuditEvent, user: str) -> int:
    """A visitor who has to sign in first is no news; a user who goes where he may not is."""
    ordinary = event in _ORDINARY or (event is AuditEvent.DENIED and not user)
    return logging.INFO if ordinary else logging.WARNING


def _sentence(fields: dict[str, str]) -> str:
    about = f", {_shown(fields['subject'])}" if fields["subject"] else ""
    who = _shown(fields["user"]) if fields["user"] else "nobody"
    return f"{fields['reason']} ({who} from {fields['client']}{about})"


def _shown(text: str) -> str:
    """On one line, whatever is in it."""
    return repr(text[:_LONGEST])
