"""Live components: parts of a view with their own state, events and template."""

from pyview.components.component import (
    ComponentMeta,
    DuplicateComponent,
    LiveComponent,
    NotOneElement,
    TooManyComponents,
)
from pyview.components.registry import ComponentRegistry
from pyview.components.socket import ComponentSocket
from pyview.template.component_tag import Slots, live_component, slots

__all__ = [
    "ComponentMeta",
    "ComponentRegistry",
    "ComponentSocket",
    "DuplicateComponent",
    "LiveComponent",
    "NotOneElement",
    "Slots",
    "TooManyComponents",
    "live_component",
    "slots",
]
