"""What the browser and the server tell a view, and which of its methods hears it."""

from pyview.events.decorators import event, info
from pyview.events.dispatch import compile_view, event_caller, info_caller
from pyview.events.errors import DuplicateHandler, UnknownEvent, UnknownInfo
from pyview.events.info_event import InfoEvent
from pyview.events.mixins import AutoEventDispatch, BaseEventHandler, event_references
from pyview.events.reference import EventReference
from pyview.events.requirements import (
    EventRequirements,
    MisplacedRequirement,
    event_requirements,
    params_requirements,
)

__all__ = [
    "AutoEventDispatch",
    "BaseEventHandler",
    "DuplicateHandler",
    "EventReference",
    "EventRequirements",
    "InfoEvent",
    "MisplacedRequirement",
    "UnknownEvent",
    "UnknownInfo",
    "compile_view",
    "event",
    "event_caller",
    "event_references",
    "event_requirements",
    "info",
    "info_caller",
    "params_requirements",
]
