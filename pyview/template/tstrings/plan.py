"""One template string of the program: its static text, read once, and how each of its slots is rendered."""

from collections.abc import Callable
from typing import Any, Final

from pyview.template.compiler.single_root import is_single_root
from pyview.template.tree.change import DIRTY, EQUAL_IS_SAME, TRUST_OBJECTS, ChangeRule
from pyview.template.tree.nodes import ALWAYS, Diff, Fresh, Node, Segment, new_node
from pyview.template.tree.numbers import number_text
from pyview.template.tree.output import text_slot
from pyview.template.tree.rows import RowSegment
from pyview.template.tstrings.content import Strings, content_text, render_content
from pyview.template.tstrings.scanner import scan

_CONVERSIONS: Final[dict[str, Callable[[Any], str]]] = {"r": repr, "s": str, "a": ascii}
_ITEM, _POSITION, _LENGTH = 4, 8, 16


class Plan:
    """What all nodes of one template string share. A node holds its slots, then what each was made from."""

    __slots__ = ("row_segment", "segment", "strings", "writes")

    def __init__(self, template: Any, rule: ChangeRule) -> None:
        """Raises TemplateStringError."""
        strings: tuple[str, ...] = template.strings
        found = scan(strings, [each.expression for each in template.interpolations])
        self.strings = strings
        self.writes = found.writes
        self.segment = Segment("t-string", found.statics, ALWAYS, root=is_single_root(strings))
        self.row_segment = row_segment(found.statics, rule)
        for segment in (self.segment, self.row_segment):
            segment.rule = rule
            segment.blank = [None] * len(self.writes) + [DIRTY] * len(self.writes)

    def render(self, strings: Strings, fresh: Fresh, previous: Any, template: Any) -> tuple[Any, Any]:
        """The slot that holds this template string: (node, what changed)."""
        if previous.__class__ is Node and previous.segment is self.segment:
            return previous, self.update(strings, fresh, template, previous) or None
        diff: Diff = {}
        node = new_node(self.segment, fresh, diff)
        diff.update(self.update(strings, fresh, template, node))
        return node, diff

    def update(self, strings: Strings, fresh: Fresh, template: Any, node: list[Any]) -> Diff:
        """Render what is not provably the same as before; what changed."""
        rule, diff = self.segment.rule, {}
        at = len(self.writes)
        for i, part in enumerate(template.interpolations):
            value = part.value
            if part.conversion or part.format_spec:
                value = converted(part)
            seen = node[at + i]
            if value is seen:
                continue
            if type(value) in EQUAL_IS_SAME:  # by far the most frequent
                if type(value) is type(seen) and value == seen:
                    continue
                node[at + i] = value
            elif rule.same(value, seen):
                continue
            else:
                node[at + i] = rule.token(value, TRUST_OBJECTS)
            visits = fresh.visits
            slot, change = self._render(strings, fresh, i, node[i], value)
            if change is not None:
                node[i] = slot
                diff[number_text(i)] = change
            if fresh.visits != visits:
                node[at + i] = DIRTY  # holds a live value that must not be passed over
        return diff

    def _render(self, strings: Strings, fresh: Fresh, i: int, previous: Any, value: Any) -> tuple[Any, Any]:
        write = self.writes[i]
        if write is None:
            return render_content(strings, fresh, previous, value)
        return text_slot(previous, write(value))

    def text(self, strings: Strings, template: Any) -> str:
        """The HTML of this template string."""
        statics = self.segment.statics
        pieces = [statics[0]]
        for i, (write, part) in enumerate(zip(self.writes, template.interpolations, strict=True)):
            value = converted(part) if part.conversion or part.format_spec else part.value
            pieces.append(content_text(strings, value) if write is None else write(value))
            pieces.append(statics[i + 1])
        return "".join(pieces)


def converted(part: Any) -> Any:
    """The value of an interpolation by its conversion and format: `{price!s:>10}`."""
    value = part.value
    if part.conversion:
        value = _CONVERSIONS[part.conversion](value)
    return format(value, part.format_spec) if part.format_spec else value


def row_segment(statics: list[str], rule: ChangeRule) -> RowSegment:
    """A segment of rows that follow from their items; all of them are rendered again if `ALWAYS` is set."""
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
