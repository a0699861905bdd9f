"""Rendering of template strings, and of any other content between tags.

The static text of each template string in a program is scanned once, and kept with a function for each of its slots.
"""

import inspect
import linecache
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any, Final, Protocol

from jinja2.runtime import Macro
from markupsafe import escape

from pyview.template.compiler.single_root import is_single_root
from pyview.template.tree.change import DIRTY, EQUAL_IS_SAME, TRUST_OBJECTS, ChangeRule
from pyview.template.tree.comprehension import comprehension
from pyview.template.tree.immutable import is_template_class
from pyview.template.tree.macro import LiveMacro
from pyview.template.tree.nodes import ALWAYS, Diff, Node, RenderPass, Segment, new_node
from pyview.template.tree.output import (
    UNPRINTABLE,
    Live,
    UnprintableValue,
    escape_text,
    number_text,
    page_environment,
    text_slot,
)
from pyview.template.tree.rows import RowSegment
from pyview.template.tstrings.escaping import TemplateStringError
from pyview.template.tstrings.scanner import scan

_to_text = str.__str__


class Strings(Protocol):
    """Renders template strings, one by one and in rows."""

    def render(self, render_pass: RenderPass, previous: Any, template: Any) -> tuple[Any, Any]: ...
    def render_rows(self, render_pass: RenderPass, previous: Any, items: list[Any]) -> tuple[Any, Any]: ...
    def text(self, template: Any) -> str: ...


Content = Callable[[RenderPass, Any, Any], tuple[Any, Any]]


def render_content(strings: Strings, render_pass: RenderPass, previous: Any, value: Any) -> tuple[Any, Any]:
    """Render a value between tags. Return (what to retain, what changed)."""
    cls = type(value)
    if cls is str:
        return text_slot(previous, escape_text(value))
    if cls is int or cls is float:
        return text_slot(previous, repr(value))
    if is_template_class(cls):
        return strings.render(render_pass, previous, value)
    if isinstance(value, Live):
        render_pass.uncached += value.uncached
        return value.render(render_pass, previous)
    if cls is LiveMacro:
        rendered: tuple[Any, Any] = value.render(render_pass, previous, (), {})
        return rendered
    # Exact classes: a subclass, such as a named tuple, may have a text of its own.
    if cls is list or cls is tuple or isinstance(value, Iterator):
        return strings.render_rows(render_pass, previous, [*value])
    return text_slot(previous, _plain_text(value))


def content_text(strings: Strings, value: Any) -> str:
    """Return the same value as HTML for a page that is rendered to text."""
    cls = type(value)
    if cls is str:
        return escape_text(value)
    if cls is int or cls is float:
        return repr(value)
    if is_template_class(cls):
        return strings.text(value)
    if cls is list or cls is tuple or isinstance(value, Iterator):
        return "".join([content_text(strings, each) for each in value])
    return _plain_text(value)


def _plain_text(value: Any) -> str:
    # None prints nothing, as in `{name or None}`: the word "None" would mean nothing to a user.
    if value is None:
        return ""
    if type(value) in UNPRINTABLE:
        raise UnprintableValue(value)
    return _to_text(escape(value() if isinstance(value, Macro) else value))


def blame(error: Exception, function: Any) -> None:
    """Add a note to an error: the function that made the template string, its file and line."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is not None:
        line = _line(error, code.co_filename, code.co_firstlineno)
        error.add_note(f"in {code.co_qualname}(), {code.co_filename}, line {line}")


def _line(error: Exception, filename: str, first: int) -> int:
    """Return the number of the line that the error quotes, else of the function's first line."""
    if not isinstance(error, TemplateStringError):
        return first
    lines = linecache.getlines(filename)
    for number, line in enumerate(lines[first - 1 :], first):
        if error.excerpt in line:
            return number
    return first


_CONVERSIONS: Final[dict[str, Callable[[Any], str]]] = {"r": repr, "s": str, "a": ascii}
# 1 and 2 are `ALWAYS` and `NEW`.
_ITEM, _POSITION, _LENGTH = 4, 8, 16


class CompiledTString:
    """One template string of the program, for all nodes rendered from it.

    A node of it is longer than usual: it holds its slots, then the token of each slot's value.
    """

    __slots__ = ("row_segment", "segment", "strings", "writes")

    def __init__(self, template: Any, rule: ChangeRule) -> None:
        """Raises TemplateStringError."""
        strings: tuple[str, ...] = template.strings
        found = scan(strings, [each.expression for each in template.interpolations])
        self.strings = strings
        self.writes = found.writes
        # `ALWAYS`, because a template string has no generated code: `update` compares the values itself.
        self.segment = Segment("t-string", found.statics, ALWAYS, root=is_single_root(strings))
        self.row_segment = row_segment(found.statics, rule)
        for segment in (self.segment, self.row_segment):
            segment.rule = rule
            segment.blank = [None] * len(self.writes) + [DIRTY] * len(self.writes)

    def render(
        self, strings: Strings, render_pass: RenderPass, previous: Any, template: Any
    ) -> tuple[Any, Any]:
        """Render this template string. Return (node, what changed)."""
        if previous.__class__ is Node and previous.segment is self.segment:
            return previous, self.update(strings, render_pass, template, previous) or None
        diff: Diff = {}
        node = new_node(self.segment, render_pass, diff)
        diff.update(self.update(strings, render_pass, template, node))
        return node, diff

    def update(self, strings: Strings, render_pass: RenderPass, template: Any, node: list[Any]) -> Diff:
        """Render the slots whose values are not provably unchanged. Return what changed."""
        rule, diff = self.segment.rule, {}
        at = len(self.writes)
        for i, part in enumerate(template.interpolations):
            value = part.value
            if part.conversion or part.format_spec:
                value = converted(part)
            seen = node[at + i]
            if value is seen:  # the token of an immutable value is the value itself
                continue
            if type(value) in EQUAL_IS_SAME:  # by far the most frequent
                # The types too, because 1 and True are equal and print differently.
                if type(value) is type(seen) and value == seen:
                    continue
                node[at + i] = value
            elif rule.same(value, seen):
                continue
            else:
                node[at + i] = rule.token(value, TRUST_OBJECTS)
            uncached = render_pass.uncached
            slot, change = self._render(strings, render_pass, i, node[i], value)
            if change is not None:
                node[i] = slot
                diff[number_text(i)] = change
            if render_pass.uncached != uncached:
                node[at + i] = DIRTY  # the slot contains a live value that must not be skipped
        return diff

    def _render(
        self, strings: Strings, render_pass: RenderPass, i: int, previous: Any, value: Any
    ) -> tuple[Any, Any]:
        write = self.writes[i]
        if write is None:
            return render_content(strings, render_pass, previous, value)
        return text_slot(previous, write(value))

    def text(self, strings: Strings, template: Any) -> str:
        """Return the HTML of this template string."""
        first, *rest = self.segment.statics
        pieces = [first]
        for write, part, static in zip(self.writes, template.interpolations, rest, strict=True):
            value = converted(part) if part.conversion or part.format_spec else part.value
            pieces += content_text(strings, value) if write is None else write(value), static
        return "".join(pieces)


def converted(part: Any) -> Any:
    """Return the value of an interpolation with its conversion and format: `{price!s:>10}`."""
    value = part.value
    if part.conversion:
        value = _CONVERSIONS[part.conversion](value)
    return format(value, part.format_spec) if part.format_spec else value


def row_segment(statics: list[str], rule: ChangeRule) -> RowSegment:
    """Return a segment for rows that depend on their items. All of them are rendered again if `ALWAYS` is set."""
    segment = RowSegment(
        "t-string rows",
        statics,
        _ITEM | ALWAYS,
        item=_ITEM,
        position=_POSITION,
        length=_LENGTH,
        trust=TRUST_OBJECTS,
    )
    segment.rule = rule
    return segment


MOST_KEPT: Final = 4000
"""Most template strings that are kept. If a program has more, the oldest are scanned again."""


class CompiledTStrings:
    """Renders template strings for one environment. What it keeps depends on the text of the program only."""

    def __init__(self, rule: ChangeRule) -> None:
        self.rule = rule
        self.rows = row_segment(["", ""], rule)
        # The client expects statics at the top of a page, which a text alone does not have.
        self._alone = Segment("content", ["", ""], ALWAYS)
        self._alone.rule = rule
        # Each render makes a new function for a row, but always with the same code object.
        rule.register(CodeType)
        self._names: dict[CodeType, frozenset[str]] = {}
        self._compiled: dict[tuple[str, ...], CompiledTString] = {}

    def compiled(self, template: Any) -> CompiledTString:
        """Return a template string's compiled form. Raises TemplateStringError for unsafe or invalid HTML."""
        # By the static texts: each evaluation makes a new template, but its texts are those of the source.
        compiled = self._compiled.get(template.strings)
        if compiled is None:
            compiled = CompiledTString(template, self.rule)
            _make_room(self._compiled)
            self._compiled[compiled.strings] = compiled
        return compiled

    def names_read(self, code: CodeType) -> frozenset[str]:
        """Return the names that a function's code may look up among its globals."""
        names = self._names.get(code)
        if names is None:
            _make_room(self._names)
            names = self._names[code] = frozenset(_names_in(code))
        return names

    def render(self, render_pass: RenderPass, previous: Any, template: Any) -> tuple[Any, Any]:
        """Render a template string. Return (node, what changed)."""
        return self.compiled(template).render(self, render_pass, previous, template)

    def content(self, render_pass: RenderPass, previous: Any, value: Any) -> tuple[Any, Any]:
        """Render any content between tags. Return (what to retain, what changed)."""
        return render_content(self, render_pass, previous, value)

    def alone(self, render_pass: RenderPass, previous: Any, value: Any) -> tuple[Any, Any]:
        """Render content that is a whole page, as a node with one slot. Return (node, what changed)."""
        diff: Diff = {}
        known = previous.__class__ is Node and previous.segment is self._alone
        node = previous if known else new_node(self._alone, render_pass, diff)
        slot, change = render_content(self, render_pass, node[0], value)
        if change is not None:
            node[0] = slot
            diff["0"] = change
        return node, diff or None

    def text(self, template: Any) -> str:
        """Return the HTML of a template string."""
        return self.compiled(template).text(self, template)

    def render_rows(self, render_pass: RenderPass, previous: Any, items: list[Any]) -> tuple[Any, Any]:
        """Render a list: rows of one template string, or of any content. Return (what to retain, what changed)."""
        # The items of the comprehension are numbers, which need no tokens: each template string compares its own slots.
        numbers = range(len(items))
        compiled = self._common(items)

        def row(render_pass: RenderPass, item: int, slots: list[Any], mask: int) -> Diff:
            return (
                self.mixed_row(render_pass, items[item], slots)
                if compiled is None
                else compiled.update(self, render_pass, items[item], slots)
            )

        segment = self.rows if compiled is None else compiled.row_segment
        return comprehension(render_pass, previous, segment, numbers, row, ALWAYS, None, None)

    def mixed_row(self, render_pass: RenderPass, item: Any, slots: list[Any]) -> Diff:
        """Render a row of any content."""
        slot, change = render_content(self, render_pass, slots[0], item)
        if change is None:
            return {}
        slots[0] = slot
        return {"0": change}

    def _common(self, items: list[Any]) -> CompiledTString | None:
        if not items or not is_template_class(type(items[0])):
            return None
        strings = items[0].strings
        for each in items:
            if not is_template_class(type(each)) or each.strings != strings:
                return None
        return self.compiled(items[0])


class _NoEnvironment:
    """Stands for the environment if there is none."""

    def __init__(self) -> None:
        self.change_rule = ChangeRule()
        self.tstrings = CompiledTStrings(self.change_rule)


def environment_of(render_pass: RenderPass) -> Any:
    """Return the template environment of a render."""
    if render_pass.environment is None:
        render_pass.environment = _NoEnvironment()
    return render_pass.environment


def page_tstrings() -> CompiledTStrings:
    """Return the compiled template strings for the page that is being rendered to text."""
    environment = page_environment()
    return CompiledTStrings(ChangeRule()) if environment is None else environment.tstrings


def _make_room(kept: dict[Any, Any]) -> None:
    if len(kept) >= MOST_KEPT:
        del kept[next(iter(kept))]


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)
