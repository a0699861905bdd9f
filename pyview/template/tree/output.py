"""Values that render themselves: components, nested views, templates within templates.

A live value stands in a template where any other value may stand: `{{ value }}`. In the tree its slot holds whatever
`render` retains. In a page that is made as text it leaves a mark, and its HTML is put there afterwards, because making
it may have to wait for something.

The texts of small numbers, made once: pages are full of them, and every open page keeps the texts that it shows.

Values whose text no page wants: a generator, a coroutine, a method that was not called.

From a value to the text in the page: exactly what Jinja2's own `escape` or `str` would have written.
"""

import secrets
from collections.abc import Callable, Mapping
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
    """A live value was made part of a text, where nothing can keep it alive."""


class Live:
    """The base of live values. They are made anew at every render; what lasts is what `render` retains."""

    __slots__ = ()

    uncached: ClassVar[int] = 1
    """1 for a value that has to be rendered at every render of its page, 0 where equal ones may be passed over."""

    def render(self, render_pass: RenderPass, previous: Any) -> tuple[Any, Any]:
        """The slot: (what to retain, what changed or None). `previous` is what the slot held before, of any kind.

        What changed is a text, an integer or the diff of a node; see `pyview.template.tree.nodes`.
        """
        raise NotImplementedError

    async def html(self, host: Any) -> str:
        """What stands in a page that is made as text, for `host`."""
        raise NotImplementedError

    @property
    def described(self) -> str:
        """What errors call it."""
        return type(self).__name__

    def __html__(self) -> str:
        """The mark of this value in a page that is made as text. Raises `LiveValueInText` anywhere else."""
        page = _PAGE.get()
        if page is None:
            raise LiveValueInText(
                f"{self.described} was made part of a text (a filter, a captured block, a macro within an expression). "
                "Write it where it belongs in the page: {{ ... }}, with nothing around it."
            )
        return page.mark(self)

    def __str__(self) -> str:
        return self.__html__()


class TextPage:
    """The live values of one page that is made as text, each with the mark it left there.

    What is rendered to text within it (`with`) belongs to it; its live values are those of `host`. `environment` is the
    template environment of the application.
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
        # Nobody can put a mark into a page whose secret he does not know.
        self._secret = self._secret or secrets.token_hex(8)
        mark = f"[live {self._secret} {len(self._values)}]"
        self._values[mark] = value
        return mark

    async def filled(self, text: str) -> str:
        """`text` with the HTML of every live value in the place of its mark, made in the order of the marks."""
        for mark, value in self._values.items():
            text = text.replace(mark, await value.html(self.host), 1)
        return text

    def __bool__(self) -> bool:
        return bool(self._values)


_PAGE: Final[ContextVar[TextPage | None]] = ContextVar("page", default=None)


def page_environment() -> Any:
    """The template environment of the page that is being made as text; None where none is."""
    page = _PAGE.get()
    return None if page is None else page.environment


@internalcode
def store_live(render_pass: RenderPass, slots: list[Any], position: int, diff: Diff, value: Live) -> None:
    """Render a live value into a slot, and put what changed into the diff around it."""
    render_pass.uncached += value.uncached
    slot, change = value.render(render_pass, slots[position])
    if change is not None:
        slots[position] = slot
        diff[str(position)] = change


def called_text(value: Any) -> Any:
    """What a call block writes into a page that is made as text: what was called, or the mark of a live value."""
    return value.__html__() if isinstance(value, Live) else value


SMALL: Final = 1024

_TEXTS: Final = tuple(map(str, range(SMALL)))


def number_text(number: int) -> str:
    """The decimal text of an `int`; of a small one that is not negative, always the same object."""
    return _TEXTS[number] if 0 <= number < SMALL else repr(number)


_CALL: Final = "a template calls it with parentheses: {{ name() }}"

_ADVICE: Final[Mapping[type, str]] = MappingProxyType(
    {
        GeneratorType: "loop over it, or make a list of it: {{ rows|list }}",
        AsyncGeneratorType: "read it in a handler, and put what it gave into the context",
        CoroutineType: "await it in a handler, and put the result into the context",
        MethodType: _CALL,
        FunctionType: _CALL,
        BuiltinMethodType: _CALL,
    }
)

UNPRINTABLE: Final = frozenset(_ADVICE)
"""The types of such values."""


class UnprintableValue(TypeError):
    """A value was printed into a page whose text says nothing to a reader."""

    def __init__(self, value: Any, place: TemplateLine | None = None) -> None:
        where = f"{place}: " if place is not None else ""
        name = getattr(value, "__qualname__", "")
        kind = type(value).__name__.replace("_", " ")
        super().__init__(f"{where}the page prints a {kind} ({name}); {_ADVICE[type(value)]}")


_to_text = str.__str__


def _escape_text(text: str) -> str:
    return _to_text(escape(text))


# MarkupSafe's inner function returns a plain string and, when there is nothing to escape, the very one it was given,
# so that pages share their text with the data. The name is private, hence the other way round it.
escape_text: Callable[[str], str] = getattr(markupsafe, "_escape_inner", _escape_text)


def escaped(value: Any) -> Any:
    """The text of a value where autoescape is on; a live value as it is."""
    cls = type(value)
    if cls is str:
        return escape_text(value)
    if cls is int:
        return number_text(value)
    if cls is float:
        return repr(value)
    return value if isinstance(value, Live) else _escaped_other(value)


def _escaped_other(value: Any) -> str:
    if type(value) in UNPRINTABLE:
        raise UnprintableValue(value, calling_line())
    return _to_text(escape(value))


def plain(value: Any) -> Any:
    """The text of a value where autoescape is off; a live value as it is."""
    return value if isinstance(value, Live) else written_plain(value)


def written(value: Any) -> str:
    """The text of a value in a page that is made as text, where autoescape is on; of a live value, its mark."""
    cls = type(value)
    if cls is str:
        return escape_text(value)
    return number_text(value) if cls is int else _escaped_other(value)


def written_plain(value: Any) -> str:
    """The text of a value in a page that is made as text, where autoescape is off."""
    if type(value) in UNPRINTABLE:
        raise UnprintableValue(value, calling_line())
    text = str(value)
    return text if type(text) is str else _to_text(text)


def converted(autoescape: bool, value: Any) -> Any:
    """The text of a value where autoescape is only known when rendering."""
    return escaped(value) if autoescape else plain(value)


def text_slot(previous: Any, text: str) -> tuple[str, str | None]:
    """A slot that holds text: (text, what changed)."""
    return text, (None if text == previous else text)
