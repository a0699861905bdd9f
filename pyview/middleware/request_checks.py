"""Checks that refuse HTTP requests before a route runs.

The rules are in `origin`. Sockets check their own handshake.
"""

from collections.abc import Callable

from starlette.responses import PlainTextResponse
from starlette.types import Scope

from pyview.auth.audit import AUDIT, Audit
from pyview.config import SecurityConfig
from pyview.middleware.origin import Refusal, check_form, check_host, check_path
from pyview.sessions.session import ACTIVE
from pyview.socket.connect import BUNDLE

POLL_PATH = "/live/longpoll"
CROSS_SITE_REFUSED = "Refused: this request was sent by a page of another site."


class RequestChecks:
    """Refuses with 400 an ambiguous path or an unknown host, and with 403 a form of another site.

    Forms need no hidden field for it, because browsers themselves send where a request comes from. Request bodies are
    neither read nor delayed.
    """

    def __init__(self, config: SecurityConfig, audit: Audit, bundle: Callable[[], frozenset[str]]) -> None:
        self._config = config
        self._audit = audit
        self._bundle = bundle
        self._passed: list[bytes] = []
        """`Host` headers of the last request whose host was checked and allowed."""

    def prepare(self, scope: Scope) -> None:
        """Put the audit trail (`pyview.auth.audit.audit_of`), and the names of the files that pages load, into the
        scope of everything behind this."""
        scope[AUDIT] = self._audit
        scope[BUNDLE] = self._bundle()

    def refusal(self, scope: Scope) -> PlainTextResponse | None:
        """Return the answer to an HTTP request that is refused, None if it may go on."""
        # The end only, because the application may be mounted under a prefix.
        if scope["path"].endswith(POLL_PATH):
            # A page polls by itself, so a poll is no use of the session. Its connection knows of real input.
            scope[ACTIVE] = False
        refusal = check_path(scope) or self._check_host(scope)
        if refusal is not None:
            self._audit.record(refusal.event, scope, refusal.reason)
            # The log has the reason. The client learns nothing about the configuration.
            return PlainTextResponse("Bad Request", refusal.status)
        refusal = check_form(scope, self._config)
        if refusal is not None:
            self._audit.record(refusal.event, scope, refusal.reason, subject=scope["path"])
            return PlainTextResponse(
                CROSS_SITE_REFUSED, refusal.status, headers={"cache-control": "no-store"}
            )
        return None

    def _check_host(self, scope: Scope) -> Refusal | None:
        if not self._config.allowed_hosts:
            return None
        # Nearly all requests name the same host, and the settings cannot change: the same header passes again. That
        # takes a fifth of the time of the check.
        hosts = [value for key, value in scope["headers"] if key.lower() == b"host"]
        if hosts and hosts == self._passed:
            return None
        refusal = check_host(scope, self._config)
        if refusal is None:
            self._passed = hosts
        return refusal
