"""Topics and broadcasts: messages between the views of an application, and to them from other code."""

from pyview.pubsub.from_environment import pubsub_from_environment, shared_pubsub
from pyview.pubsub.memory import MISSED, MemoryPubSub, PubSub

__all__ = ["MISSED", "MemoryPubSub", "PubSub", "pubsub_from_environment", "shared_pubsub"]
