"""From a value to its output: live values, which render themselves, and the text of all others.

A live value, such as a component or a nested view, may be written anywhere in a template: `{{ value }}`. In the tree,
its slot holds whatever its `render` retains. In a page that is rendered to text it leaves a mark, which its HTML
replaces afterwards, because the HTML may have to be awaited.

Any other value becomes exactly the text that Jinja2's `escape` or `str` would write. Values whose text is never wanted,
such as a coroutine or a method that was not called, raise an error.
"""

import datetime
import decimal
import secrets
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from types import (
    AsyncGeneratorType,
    BuiltinMethodType,
    CoroutineType,
    FunctionType,
    GeneratorType,
    MappingProxyType,
    MethodType,
)
from typing import Any, ClassVar, Final, Self

import markupsafe
from jinja2.utils import internalcode
from markupsafe import Markup, escape

from pyview.template.sources import TemplateLine, calling_line
from pyview.template.tree.nodes import Diff, RenderPass

__all__ = ["Markup", "converted", "escape_text", "escaped", "plain", "text_slot", "written", "written_plain"]


class LiveValueInText(TypeError):
    """A live value was converted to text, which cannot be updated."""


class Live:
    """Base class of live values. Each render makes new ones; their state is what `render` retains."""

    __slots__ = ()

    uncached: ClassVar[int] = 1
    """1 for a value that must be rendered at each render of its page, 0 if an equal one may be skipped."""

    def render(self, render_pass: RenderPass, previous: Any) -> tuple[Any, Any]:
        """Render the value into its slot. Return (what to retain, what changed or None).

        `previous` is the former content of the slot, of any kind. The change is a text, an integer or the diff of a
        node; see `pyview.template.tree.nodes`.
        """
        raise NotImplementedError

    @classmethod
    async def prepare(cls, values: Sequence[Any], host: Any) -> None:
        """Prepare the HTML of all values of this class in one page that is rendered to text."""

    async def html(self, host: Any) -> str:
        """Return the HTML for a page that is rendered to text. `host` is the socket of the view or component."""
        raise NotImplementedError

    @property
    def described(self) -> str:
        """Name of the value in error messages."""
        return type(self).__name__

    def __html__(self) -> str:
        """Return the mark of this value in a page that is rendered to text. Raises `LiveValueInText` anywhere else."""
        page = _PAGE.get()
        if page is None:
            raise LiveValueInText(
                f"{self.described} was converted to text, by a filter, a captured block or a macro in an expression. "
                "Write it directly into the page: {{ ... }}, with nothing around it."
            )
        return page.mark(self)

    def __str__(self) -> str:
        return self.__html__()


class TextPage:
    """The live values of one page that is rendered to text, each with its mark.

    Used as a context manager: templates that are rendered to text inside the block leave their marks here. `host` is
    the owner of the live values, `environment` the template environment of the application.
    """

    __slots__ = ("_secret", "_token", "_values", "environment", "host")

    def __init__(self, host: Any, environment: Any = None) -> None:
        self.host = host
        self.environment = environment
        self._secret = ""
        self._values: dict[str, Live] = {}

    def __enter__(self) -> Self:
        self._token = _PAGE.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        _PAGE.reset(self._token)

    def mark(self, value: Live) -> str:
        # Without the secret, text of a user could look like a mark, and be replaced by the HTML of a live value.
        self._secret = self._secret or secrets.token_hex(8)
        mark = f"[live {self._secret} {len(self._values)}]"
        self._values[mark] = value
        return mark

    async def filled(self, text: str) -> str:
        """Return `text` with each mark replaced by the HTML of its live value, made in the order of the marks."""
        kinds: dict[type[Live], list[Live]] = {}
        for value in self._values.values():
            kinds.setdefault(type(value), []).append(value)
        for kind, values in kinds.items():
            await kind.prepare(values, self.host)
        for mark, value in self._values.items():
            text = text.replace(mark, await value.html(self.host), 1)
        return text

    def __bool__(self) -> bool:
        return bool(self._values)


# Jinja2 and MarkupSafe call `__html__` without arguments, so the page cannot be passed to it. A context
# variable keeps the pages of other threads and tasks apart.
_PAGE: Final[ContextVar[TextPage | None]] = ContextVar("page", default=None)


def page_environment() -> Any:
    """Return the template environment of the page that is being rendered to text, None outside of one."""
    page = _PAGE.get()
    return None if page is None else page.environment


# `internalcode` removes the frame from tracebacks, so that an error shows the line of the template.
@internalcode
def store_live(render_pass: RenderPass, slots: list[Any], position: int, diff: Diff, value: Live) -> None:
    """Render a live value into a slot, and put its change into the diff around it."""
    render_pass.uncached += value.uncached
    slot, change = value.render(render_pass, slots[position])
    if change is not None:
        slots[position] = slot
        diff[str(position)] = change


def store_all(render_pass: RenderPass, slots: list[Any], diff: Diff) -> tuple[list[Any], Diff]:
    """Render the live values among the new slots of a row. Change and return the slots and the diff."""
    for position, value in enumerate(slots):
        if isinstance(value, Live):
            slots[position] = None
            del diff[str(position)]
            store_live(render_pass, slots, position, diff, value)
    return slots, diff


def called_text(value: Any) -> Any:
    """Return what a call block writes into a page that is rendered to text: the result, or the mark of a live value."""
    # Jinja2 does not escape the result of a call block, so nothing else would call `__html__`.
    return value.__html__() if isinstance(value, Live) else value


# Pages contain many small numbers, and every open page keeps its texts: so these texts are shared.
SMALL: Final = 1024

TEXTS: Final = tuple(map(str, range(SMALL)))
"""The texts of the numbers below `SMALL`."""


def number_text(number: int) -> str:
    """Return the decimal text of an `int`. For a small one, the text is always the same object."""
    return TEXTS[number] if 0 <= number < SMALL else repr(number)


def number_texts(count: int) -> Iterable[str]:
    """Return the texts of the first `count` numbers from 0."""
    return TEXTS[:count] if count <= SMALL else map(number_text, range(count))


_CALL: Final = "a template calls it with parentheses: {{ name() }}"

_ADVICE: Final[Mapping[type, str]] = MappingProxyType(
    {
        GeneratorType: "loop over it, or convert it to a list: {{ rows|list }}",
        AsyncGeneratorType: "read it in a handler, and put its values into the context",
        CoroutineType: "await it in a handler, and put the result into the context",
        MethodType: _CALL,
        FunctionType: _CALL,
        BuiltinMethodType: _CALL,
    }
)

UNPRINTABLE: Final = frozenset(_ADVICE)
"""Types whose text, such as `<coroutine object ...>`, means nothing to a user."""


class UnprintableValue(TypeError):
    """A page prints a value whose text means nothing to a user."""

    def __init__(self, value: Any, place: TemplateLine | None = None) -> None:
        where = f"{place}: " if place is not None else ""
        name = getattr(value, "__qualname__", "")
        kind = type(value).__name__.replace("_", " ")
        super().__init__(f"{where}the page prints a {kind} ({name}); {_ADVICE[type(value)]}")


# Generated code takes every value whose class is not exactly `str` for a live value. So a subclass, such as
# Markup, becomes a plain text.
_to_text = str.__str__


def _escape_text(text: str) -> str:
    return _to_text(escape(text))


# MarkupSafe's inner function returns a plain string. If there is nothing to escape, it returns its argument, so pages
# share their text with the data. The name is private to MarkupSafe, so there is a fallback.
escape_text: Callable[[str], str] = getattr(markupsafe, "_escape_inner", _escape_text)


def escaped(value: Any) -> Any:
    """Return the text of a value with autoescape on; a live value itself."""
    cls = type(value)
    if cls is str:
        return escape_text(value)
    # Not `isinstance`: True is an int too, and would be written as 1.
    if cls is int:
        # As `number_text` does. A call of it for each number would cost more than the text.
        return TEXTS[value] if 0 <= value < SMALL else repr(value)
    if cls is float:
        # Nothing in the text of a float has to be escaped.
        return repr(value)
    return value if isinstance(value, Live) else _escaped_other(value)


# Nothing in the text of these has to be escaped. Exactly these: a subclass may have a text of its own.
_HARMLESS: Final[frozenset[type]] = frozenset(
    {
        *(float, bool, type(None), decimal.Decimal, uuid.UUID),
        *(datetime.datetime, datetime.date, datetime.time, datetime.timedelta),
    }
)


def _escaped_other(value: Any) -> str:
    cls = type(value)
    if cls in _HARMLESS:
        return str(value)
    if cls in UNPRINTABLE:
        raise UnprintableValue(value, calling_line())
    if cls is Markup:
        return _to_text(value)
    # `escape` alone would do. It makes a `Markup` of every text, which takes longer than the text itself.
    return _to_text(escape(value) if hasattr(value, "__html__") else escape_text(str(value)))


def plain(value: Any) -> Any:
    """Return the text of a value with autoescape off; a live value itself."""
    return value if isinstance(value, Live) else written_plain(value)


def written(value: Any) -> str:
    """Return the text of a value with autoescape on, in a page that is rendered to text; for a live value, its mark."""
    cls = type(value)
    # First, because generated code converts most texts and integers itself.
    if cls is float:
        return repr(value)
    if cls is str:
        return escape_text(value)
    return number_text(value) if cls is int else _escaped_other(value)


def written_plain(value: Any) -> str:
    """Return the text of a value with autoescape off, in a page that is rendered to text."""
    if type(value) in UNPRINTABLE:
        raise UnprintableValue(value, calling_line())
    text = str(value)
    return text if type(text) is str else _to_text(text)


def converted(autoescape: bool, value: Any) -> Any:
    """Return the text of a value if autoescape is not known at compile time."""
    return escaped(value) if autoescape else plain(value)


def text_slot(previous: Any, text: str) -> tuple[str, str | None]:
    """Return the slot of a text: (text, what changed)."""
    return text, (None if text == previous else text)
