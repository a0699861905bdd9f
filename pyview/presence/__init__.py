"""Presence: who is where, over all pages and workers.

`socket.presence` tracks a view under a key, lists who is there, and tells views of who comes and goes.
"""

from pyview.presence.entries import Meta, PresenceDiff, Present
from pyview.presence.presence import DIFF_EVENT, Presence
from pyview.presence.view_presence import ViewPresence

__all__ = ["DIFF_EVENT", "Meta", "Presence", "PresenceDiff", "Present", "ViewPresence"]
