"""Messages among the views of an application, and to them from anywhere else."""

from pyview.pubsub.base import PubSub
from pyview.pubsub.environment import pubsub_from_environment, shared_pubsub
from pyview.pubsub.memory import MemoryPubSub

__all__ = ["MemoryPubSub", "PubSub", "pubsub_from_environment", "shared_pubsub"]
