"""The content that a caller puts into a component: one slot, or many entries of it, each with attributes."""

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeAlias, dataclass_transform

from jinja2.runtime import Macro

from pyview.template.tree.live import Live
from pyview.template.tree.macro import LiveMacro, bound
from pyview.template.tree.nodes import Fresh
from pyview.template.tstrings.content import content_text
from pyview.template.tstrings.plans import environment_of, page_plans

Content: TypeAlias = Any
"""What may stand between tags: text, Markup, a template string, a live value, a list of these; or a function of the
slot's arguments that returns such."""


class Shown(Live):
    """Shows `content`, for the arguments that the component gives."""

    __slots__ = ("arguments", "content")

    visits = 0

    def __init__(self, content: Content, arguments: tuple[Any, ...]) -> None:
        self.content = content
        self.arguments = arguments

    def render(self, fresh: Fresh, previous: Any) -> tuple[Any, Any]:
        if type(self.content) is LiveMacro:
            return self.content.render(fresh, previous, self.arguments, {})
        result: tuple[Any, Any] = environment_of(fresh).plans.content(fresh, previous, self._value())
        return result

    def __html__(self) -> str:
        return content_text(page_plans(), self._value())

    async def html(self, host: Any) -> str:
        return self.__html__()

    def __pyview_parts__(self) -> tuple[Any, ...]:
        return (self.content, *self.arguments)

    def _value(self) -> Any:
        content = self.content
        is_function = callable(content) and not hasattr(content, "__html__")
        return content(*self.arguments) if is_function else content


class _Entry(Live):
    """What all entries of slots have."""

    __slots__ = ()

    visits = 0
    content: Content

    def __call__(self, *arguments: Any) -> Shown:
        """The content, for the arguments that a slot's function takes."""
        return Shown(self.content, arguments)

    def render(self, fresh: Fresh, previous: Any) -> tuple[Any, Any]:
        return Shown(self.content, ()).render(fresh, previous)

    def __html__(self) -> str:
        return Shown(self.content, ()).__html__()

    async def html(self, host: Any) -> str:
        return self.__html__()


class NoContent(_Entry):
    """A slot that was left empty. It is false, and shows nothing."""

    __slots__ = ()

    content = None

    def __bool__(self) -> bool:
        return False

    def __pyview_parts__(self) -> tuple[Any, ...]:
        return ()


class GivenSlot(_Entry):
    """An entry as a Jinja2 template gives it, with attributes that nobody has checked yet."""

    __slots__ = ("attributes", "content")

    def __init__(self, content: Content, attributes: Mapping[str, Any]) -> None:
        self.content = content
        self.attributes = dict(attributes)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.attributes[name]
        except KeyError:
            raise AttributeError(f"this slot has no attribute {name!r}") from None

    def __pyview_parts__(self) -> tuple[Any, ...]:
        return (self.content, *self.attributes, *self.attributes.values())


def given(macro: Macro, /, **attributes: Any) -> GivenSlot:
    """What `{% call slot("name", attribute=...) %}` becomes, within the call of a component."""
    return GivenSlot(macro, attributes)


def collection() -> list[GivenSlot]:
    """A new list for the entries of a slot of which some stand in an if, a for or a with."""
    return []


def collect(entries: list[GivenSlot], macro: Macro, /, **attributes: Any) -> None:
    """Add what `{% call slot(...) %}` becomes there. It keeps the variables of a loop as they are now."""
    entries.append(GivenSlot(bound(macro), attributes))


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(dataclasses.field,))
class _Declared(_Entry):
    """Makes frozen dataclasses of its subclasses."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        dataclasses.dataclass(frozen=True, kw_only=True)(cls)


class SlotEntry(_Declared):
    """One entry of a slot. A subclass declares the entry's attributes; it is a frozen dataclass by itself::

        class Column(SlotEntry):
            label: str
            width: int | None = None

        Column(lambda user: user.name, label="Name")

    In the component, `{entry}` shows the content, `{entry(row)}` shows it for an argument, and `entry.label` is what
    the caller said.
    """

    content: Content = dataclasses.field(default=None, kw_only=False)

    def __pyview_parts__(self) -> tuple[Any, ...]:
        return tuple(vars(self).values())
