"""What `LiveComponent.template` gets besides the context."""

from dataclasses import dataclass, field

from pyview.meta import PyViewMeta
from pyview.template.component_tag import Slots


@dataclass(frozen=True, slots=True)
class ComponentMeta:
    """`cid` is the component's number in its view, `slots` the content it was given, by name."""

    cid: int
    parent_meta: PyViewMeta
    slots: Slots = field(default_factory=Slots)

    @property
    def myself(self) -> int:
        """What `phx-target` names."""
        return self.cid
