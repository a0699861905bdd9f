"""Presence: who is where, over all pages and workers.

`socket.presence` tracks a view under a key, lists who is there, and tells views of who comes and goes.
"""

from pyview.presence.presence import DIFF_EVENT, Presence, ViewPresence
from pyview.presence.state import Meta, PresenceDiff, Present

__all__ = ["DIFF_EVENT", "Meta", "Presence", "PresenceDiff", "Present", "ViewPresence"]
