"""Checks of the handshake of a socket: protocol version, path, host and origin."""

import re
from typing import Any, Final

from starlette.types import Scope

from pyview.config import SecurityConfig
from pyview.middleware.origin import Refusal, check_handshake

_VERSION: Final = re.compile(rb"(?:^|&)vsn=([^&]*)")
_DECIDING: Final = frozenset({b"host", b"origin"})
_LENGTHS: Final = frozenset(map(len, _DECIDING))


class HandshakeChecks:
    """Refuses handshakes of other versions, hosts and origins.

    Path, host and origin of the last accepted one are kept. Nearly all handshakes have the same, and one comparison
    takes a quarter of the time of the checks.
    """

    def __init__(self, config: SecurityConfig) -> None:
        self._config = config
        self._accepted: tuple[Any, ...] | None = None

    def refusal(self, scope: Scope) -> Refusal | None:
        """Return None for a handshake that may be accepted."""
        found = _VERSION.search(scope["query_string"])
        version = found[1] if found else b""
        if not version.startswith(b"2."):
            text = version[:16].decode("latin-1")
            return Refusal(400, f"expected protocol version 2 (vsn=2.0.0), got {text!r}")
        asked = _asked(scope)
        if asked == self._accepted:
            return None
        refusal = check_handshake(scope, self._config)
        if refusal is None:
            self._accepted = asked
        return refusal


def _asked(scope: Scope) -> tuple[Any, ...]:
    """Return all that the checks look at."""
    headers = [
        header for header in scope["headers"] if len(header[0]) in _LENGTHS and header[0].lower() in _DECIDING
    ]
    return scope["path"], scope.get("root_path", ""), scope.get("scheme"), headers
