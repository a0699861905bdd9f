"""Rows of template strings, made by a function that is called only for changed rows."""

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
"""Types of globals that are taken to be constant. So are functions."""

_NOTHING: Final = object()


def each(
    rows: Iterable[T], render: Callable[[T], Any], *, key: str | int | Callable[[T], Any] | None = None
) -> "Each":
    """Return rows for a page: `{each(users, lambda user: t"<li>{user.name}</li>", key="id")}`.

    `render` is called for the rows that changed. It is called for all rows if another value that it reads has changed:
    a variable around it, a default argument, a global that is not a function, class or module. Its result must depend
    on these only: it must not read a clock, for instance. It returns a template string, or another value that may stand
    in one.

    With a `key`, a field of the rows or a function of a row, a moved row is not sent again. Without a key, rows are
    identified by their position.
    """
    find = field_key(key) if isinstance(key, str | int) else key
    return Each(rows, render, find)


def stream_for(stream: Iterable[tuple[str, T]], render: Callable[[str, T], Any]) -> "Each":
    """Return the items of a stream: `{stream_for(users, lambda dom_id, user: t"<li id={dom_id}>{user.name}</li>")}`.

    The element around it needs an id and `phx-update="stream"`. `render` is called once for each item that is sent to
    the browser, which keeps the items; see `pyview.Stream`.
    """
    return Each(stream, lambda entry: render(*entry), None)


class _OtherStrings(Exception):
    """A row is another template string than the first, so they cannot share their statics."""


class _Rows(Wrapped):
    """Retained state of rows: their common template string if any, the code of `render`, the tokens of its inputs."""

    __slots__ = ("code", "compiled", "inputs", "uncached")

    def __init__(self, compiled: CompiledTString | None, code: Any) -> None:
        self.compiled = compiled
        self.code = code
        self.slot = None
        self.inputs: list[Any] = []
        self.uncached = True

    def is_unchanged(self, inputs: list[Any], rule: ChangeRule) -> bool:
        """Return True if only changed items have to be rendered: `render` would return the same for the others."""
        # Taken before the rows are rendered, since a row may change what it reads.
        before, self.inputs = self.inputs, [rule.token(value, TRUST_OBJECTS) for value in inputs]
        return not self.uncached and len(inputs) == len(before) and rule.all_same(inputs, before)


class Each(Live):
    """The live value of `each` and `stream_for`."""

    __slots__ = ("_key", "_render", "_rows")

    uncached = 0

    def __init__(self, rows: Iterable[Any], render: Callable[[Any], Any], key: Key | None) -> None:
        self._rows = rows
        self._render = render
        self._key = key

    def render(self, render_pass: RenderPass, previous: Any) -> tuple[Any, Any]:
        tstrings: CompiledTStrings = environment_of(render_pass).tstrings
        items: Sequence[Any] = self._rows if isinstance(self._rows, list | tuple) else rows_of(self._rows)
        # Two functions with the same code differ only in what they read, and that is compared.
        code = getattr(self._render, "__code__", None)
        if not isinstance(previous, _Rows) or previous.code is not code:
            # No row shows which template string the rows are, so nothing is retained yet.
            if not items:
                return text_slot(previous, "")
            previous = _Rows(self._compiled(tstrings, items), code)
        mark = len(render_pass)
        try:
            return self._update(tstrings, render_pass, previous, items)
        except _OtherStrings:
            # The nodes of the failed attempt are not in the message, so their statics must not count.
            del render_pass[mark:]
            return self._update(tstrings, render_pass, _Rows(None, code), items)

    def _compiled(self, tstrings: CompiledTStrings, items: Sequence[Any]) -> CompiledTString | None:
        if isinstance(items, StreamRows):
            return None  # the browser keeps sent items: they cannot be sent again if a later item has another shape
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
    """Yield the values that a function reads besides its arguments: variables around it, defaults, globals."""
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
            # A variable around the function may be a function too, which reads more.
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
