"""Rows made by a function that is only called for those that changed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from types import BuiltinFunctionType, CellType, FunctionType, MethodType, ModuleType
from typing import Any, Final, TypeVar

from pyview.template.tree.change import TRUST_OBJECTS, ChangeRule
from pyview.template.tree.comprehension import Key, comprehension, field_key
from pyview.template.tree.immutable import is_template_class
from pyview.template.tree.nodes import ALWAYS, Diff, RenderPass, Wrapped
from pyview.template.tree.output import Live, text_slot
from pyview.template.tree.stream import StreamRows, rows_of
from pyview.template.tstrings.compiled import (
    CompiledTString,
    CompiledTStrings,
    content_text,
    environment_of,
    page_tstrings,
)

T = TypeVar("T")

_CONSTANTS: Final = (type, ModuleType, BuiltinFunctionType)
"""What a global is trusted to stay; so are functions."""

_NOTHING: Final = object()


def each(
    rows: Iterable[T], render: Callable[[T], Any], *, key: str | int | Callable[[T], Any] | None = None
) -> "Each":
    """Rows of a page: `{each(users, lambda user: t"<li>{user.name}</li>", key="id")}`.

    `render` is called for the rows that changed, and for all when something else changed that it reads: variables
    around it, default arguments, globals that are no functions, classes or modules. What it returns must follow from
    these: it may not read a clock, for instance. It returns a template string, or anything else that may stand in one.

    With a `key`, a field of the rows or a function of a row, rows are followed when they move: nothing of a moved row
    is sent again. Without, they are told apart by their position.
    """
    find = field_key(key) if isinstance(key, str | int) else key
    return Each(rows, render, find)


def stream_for(stream: Iterable[tuple[str, T]], render: Callable[[str, T], Any]) -> "Each":
    """A stream in a page: `{stream_for(users, lambda dom_id, user: t"<li id={dom_id}>{user.name}</li>")}`.

    The element around it has an id and `phx-update="stream"`. `render` is called for the items that are on their way to
    the browser, which keeps them; see `pyview.Stream`.
    """
    return Each(stream, lambda entry: render(*entry), None)


class _OtherStrings(Exception):
    """A row is another template string than the others: they cannot share their static text."""


class _Rows(Wrapped):
    """The rows as they were rendered: with a common plan or none, by which code, from which inputs."""

    __slots__ = ("code", "compiled", "inputs", "uncached")

    def __init__(self, compiled: CompiledTString | None, code: Any) -> None:
        self.compiled = compiled
        self.code = code
        self.slot = None
        self.inputs: list[Any] = []
        self.uncached = True

    def is_unchanged(self, inputs: list[Any], rule: ChangeRule) -> bool:
        """Whether rows have to be looked at only where they are others than before."""
        before, self.inputs = self.inputs, [rule.token(value, TRUST_OBJECTS) for value in inputs]
        return not self.uncached and len(inputs) == len(before) and rule.all_same(inputs, before)


class Each(Live):
    """A live value of rows. See `each`."""

    __slots__ = ("_key", "_render", "_rows")

    uncached = 0

    def __init__(self, rows: Iterable[Any], render: Callable[[Any], Any], key: Key | None) -> None:
        self._rows = rows
        self._render = render
        self._key = key

    def render(self, render_pass: RenderPass, previous: Any) -> tuple[Any, Any]:
        tstrings: CompiledTStrings = environment_of(render_pass).tstrings
        items: Sequence[Any] = self._rows if isinstance(self._rows, list | tuple) else rows_of(self._rows)
        code = getattr(self._render, "__code__", None)
        if not isinstance(previous, _Rows) or previous.code is not code:
            if not items:
                return text_slot(previous, "")
            previous = _Rows(self._compiled(tstrings, items), code)
        mark = len(render_pass)
        try:
            return self._update(tstrings, render_pass, previous, items)
        except _OtherStrings:
            del render_pass[mark:]
            return self._update(tstrings, render_pass, _Rows(None, code), items)

    def _compiled(self, tstrings: CompiledTStrings, items: Sequence[Any]) -> CompiledTString | None:
        if isinstance(items, StreamRows):
            return None  # what the browser keeps cannot be sent again should a later item have another shape
        row = self._render(items[0])
        return tstrings.compiled(row) if is_template_class(type(row)) else None

    def _update(
        self, tstrings: CompiledTStrings, render_pass: RenderPass, held: _Rows, items: Sequence[Any]
    ) -> tuple[Any, Any]:
        uncached = render_pass.uncached
        mask = 0 if held.is_unchanged([*inputs_of(self._render, tstrings)], tstrings.rule) else ALWAYS
        segment = tstrings.rows if held.compiled is None else held.compiled.row_segment
        row = self._row(tstrings, held.compiled)
        held.slot, change = comprehension(render_pass, held.slot, segment, items, row, mask, None, self._key)
        held.uncached = render_pass.uncached != uncached
        return held, change

    def _row(self, tstrings: CompiledTStrings, compiled: CompiledTString | None) -> Callable[..., Diff]:
        render = self._render

        def mixed(render_pass: RenderPass, item: Any, slots: list[Any], mask: int) -> Diff:
            return tstrings.mixed_row(render_pass, render(item), slots)

        if compiled is None:
            return mixed
        common = compiled

        def alike(render_pass: RenderPass, item: Any, slots: list[Any], mask: int) -> Diff:
            template = render(item)
            if not is_template_class(type(template)) or template.strings != common.strings:
                raise _OtherStrings
            return common.update(tstrings, render_pass, template, slots)

        return alike

    def __html__(self) -> str:
        tstrings = page_tstrings()
        return "".join([content_text(tstrings, self._render(item)) for item in self._rows])

    async def html(self, host: Any) -> str:
        return self.__html__()


def inputs_of(function: Any, tstrings: CompiledTStrings) -> Iterator[Any]:
    """What a function reads besides its arguments: variables around it, defaults, globals."""
    pending, seen = [function], set[int]()
    while pending:
        each = pending.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, MethodType):
            pending += [each.__self__, each.__func__]
        elif getattr(type(each), "__pyview_constant__", False):
            continue
        elif isinstance(each, FunctionType):
            yield each.__code__
            pending += map(_content, each.__closure__ or ())
            pending += [*(each.__defaults__ or ()), *(each.__kwdefaults__ or {}).values()]
            yield from _globals_of(each, tstrings)
        else:
            yield each


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not bound yet
        return _NOTHING


def _globals_of(function: FunctionType, tstrings: CompiledTStrings) -> Iterator[Any]:
    found = function.__globals__
    for name in tstrings.names_read(function.__code__):
        value = found.get(name, _NOTHING)
        is_constant = isinstance(value, (*_CONSTANTS, FunctionType)) or hasattr(value, "__pyview_constant__")
        if not is_constant and value is not _NOTHING:
            yield value
