"""Documented import path, kept for users. Names of `pyview.pubsub.memory`."""

from pyview.pubsub.memory import PubSub, Subscriber

__all__ = ["PubSub", "Subscriber"]
