"""Pictures of people as functions. The macros are in `avatars.html`."""

from typing import Any, Literal

from pyview.template.component import component
from pyview.template.declared.signature import Slot
from pyview.ui.source import UI


@component(source=UI + "{{ ui.avatar(name, src, size, **rest) }}")
def avatar(name: str, src: str | None = None, size: Literal["s", "m", "l"] = "m", **rest: Any) -> None:
    """A person's picture, with the initials in its place."""


@component(source=UI + "{% call ui.avatar_group(label, more, **rest) %}{{ children }}{% endcall %}")
def avatar_group(label: str, children: Slot, more: int = 0, **rest: Any) -> None:
    """Avatars that overlap. `more` is how many are not shown."""
