"""Presence: the users on each topic, over all pages and workers.

`socket.presence` tracks a view under a key, lists the users of a topic, and notifies views of changes.
"""

from pyview.presence.lists import DIFF_EVENT
from pyview.presence.presence import Presence
from pyview.presence.state import Meta, PresenceDiff, Present
from pyview.presence.view_presence import ViewPresence

__all__ = ["DIFF_EVENT", "Meta", "Presence", "PresenceDiff", "Present", "ViewPresence"]
