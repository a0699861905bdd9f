"""Close codes of a socket, and which of them let the page come back to its view.

RFC 6455, 7.4, and the IANA registry for 1012 and 1013. An error or a limit never closes with 1000: the client takes
that for the end of the page and loads it again over HTTP. After any other code it reconnects, with growing pauses.
"""

from typing import NamedTuple

NORMAL = 1000
GOING_AWAY = 1001
NO_STATUS = 1005
ABNORMAL = 1006
POLICY = 1008
TOO_BIG = 1009
RESTART = 1012
OVERLOADED = 1013
GOODBYE = 4000
"""Sent by our client: the user leaves the page. What browsers send by themselves (1001, or nothing) does not tell."""
SIGNED_OUT = 4001
MOVED = 4002
"""Sent by our client: it connects again because the server asked it to, and all its events were answered."""
TIMEOUT = 4408
"""After HTTP 408: the browser did not send something in time."""


class CloseReason(NamedTuple):
    """A close code and, for the log, one sentence."""

    code: int
    text: str


_NO_RETURN = frozenset({NORMAL, POLICY, TOO_BIG, RESTART, GOODBYE, SIGNED_OUT})

_SILENT = "heartbeat timeout"


def may_return(code: int, reason: str = "") -> bool:
    """Return True if the page may come back to its view after its socket closed like this.

    Servers report a lost connection as 1005 or 1006. The client closes with 1000 only when the user leaves, or when its
    heartbeat got no answer (phoenix.js, `heartbeatTimeout`).
    """
    return code not in _NO_RETURN or reason == _SILENT


def is_goodbye(code: int, reason: str = "") -> bool:
    """Return True if the browser closed because the user leaves the page: nothing of it has to be kept.

    A server that stops may close with 1012 by itself. The page then joins at another worker.
    """
    return code in (NORMAL, GOODBYE) and reason != _SILENT
