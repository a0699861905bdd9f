"""What the browser and the server tell a view, and which of its methods hears it."""

from pyview.events.decorators import (
    DuplicateHandler,
    EventReference,
    UnknownEvent,
    UnknownInfo,
    UnknownOutcome,
    event,
    info,
    outcome,
)
from pyview.events.dispatch import async_caller, compile_view, event_caller, info_caller
from pyview.events.info_event import InfoEvent
from pyview.events.mixins import AutoEventDispatch, BaseEventHandler, event_references
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
    "UnknownOutcome",
    "async_caller",
    "compile_view",
    "event",
    "event_caller",
    "event_references",
    "event_requirements",
    "info",
    "info_caller",
    "outcome",
    "params_requirements",
]
