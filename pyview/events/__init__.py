"""Events of the browser, infos of the server and results of async work, and their handlers in a view."""

from pyview.events.decorators import (
    DuplicateHandler,
    EventReference,
    UnknownAsyncResult,
    UnknownEvent,
    UnknownInfo,
    async_result,
    event,
    info,
    outcome,
)
from pyview.events.dispatch import async_caller, callers_of, compile_view, event_caller, info_caller
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
    "UnknownAsyncResult",
    "UnknownEvent",
    "UnknownInfo",
    "async_caller",
    "async_result",
    "callers_of",
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
