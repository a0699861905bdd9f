"""What `LiveComponent.template` gets besides the context."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pyview.components.socket import ComponentSocket
from pyview.meta import PyViewMeta
from pyview.template.component_tag import Slots


@dataclass(frozen=True, slots=True)
class ComponentMeta:
    """`cid` is the component's number in its view, `slots` the content it was given, by name. `socket` is the
    component's own socket, `parent_meta.socket` that of its view."""

    cid: int
    parent_meta: PyViewMeta
    slots: Slots = field(default_factory=Slots)
    _socket: ComponentSocket[Any] | None = None

    @property
    def socket(self) -> ComponentSocket[Any]:
        if self._socket is None:
            raise RuntimeError(
                "this ComponentMeta was made without a socket: ComponentMeta(cid, parent_meta, slots, socket)"
            )
        return self._socket

    @property
    def flash(self) -> Mapping[str, Any]:
        """The component's own messages."""
        return self.socket.flash

    @property
    def myself(self) -> int:
        """What `phx-target` names."""
        return self.cid
