"""Why a socket ends, as its close code says it: RFC 6455, 7.4, and the IANA registry for 1012 and 1013.

Never 1000 for an error or for a limit: the client takes that for the end of the page and loads it again over HTTP.
After any other code it comes back by itself, with growing pauses.
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
"""The client's: the page is left. What the browser sends by itself (1001, or nothing at all) says nothing of that."""
SIGNED_OUT = 4001
TIMEOUT = 4408
"""Ours, after HTTP 408: nothing came that should have come."""


class CloseReason(NamedTuple):
    """A close code and, for the log, one sentence."""

    code: int
    why: str


_NO_RETURN = frozenset({NORMAL, POLICY, TOO_BIG, RESTART, GOODBYE, SIGNED_OUT})


def may_return(code: int, reason: str = "") -> bool:
    """Whether the page behind a socket that ended like this may come back and find its view.

    1005 and 1006 are what servers call a lost connection. The client closes with 1000 only to say goodbye, or when its
    heartbeat has no answer (phoenix.js, `heartbeatTimeout`).
    """
    return code not in _NO_RETURN or reason == "heartbeat timeout"
