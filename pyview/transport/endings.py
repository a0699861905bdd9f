"""Why a socket ends, as its close code says it: RFC 6455, 7.4, and the IANA registry for 1012 and 1013.

Never 1000 for an error or for a limit: the client takes that for the end of the page and loads it again over HTTP.
After any other code it comes back by itself, with growing pauses.
"""

from typing import NamedTuple

GOING_AWAY = 1001
POLICY = 1008
TOO_BIG = 1009
RESTART = 1012
OVERLOADED = 1013
SIGNED_OUT = 4001
TIMEOUT = 4408
"""Ours, after HTTP 408: nothing came that should have come."""


class Ending(NamedTuple):
    """A close code and, for the log, one sentence."""

    code: int
    why: str
