"""Positions of a Jinja2 template's slots in its HTML, whichever branches are taken before them.

A template is read like HTML with unknown parts. After an `{% if %}`, each branch may have ended at another position, so
a slot has several possible positions.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from jinja2 import nodes

from pyview.template.html_scanner import PLACEHOLDER, Scanner
from pyview.template.unsafe_values import SLOT, ValueSoFar

_MOST_POSITIONS = 16
"""Number of ways through the branches in one tag that are followed: those with the shortest values.

Each `{% if %}` in a tag may double their number.
"""

_IN_VALUE = frozenset({'"', "'", "value", "bare"})
_IN_TAG = _IN_VALUE | {"name", "tag", "slash"}


@dataclass(slots=True, eq=False)
class Written:
    """A statement that writes content from elsewhere: a block, an included file, a call block."""

    node: nodes.Block | nodes.Include | nodes.CallBlock
    positions: tuple[Scanner, ...]


@dataclass(slots=True, eq=False)
class Slot:
    """A slot, `output.nodes[index]`, with its possible positions. `after` is the text that follows it directly."""

    output: nodes.Output
    index: int
    positions: tuple[Scanner, ...]
    after: str
    escaped: bool

    @property
    def expression(self) -> nodes.Expr:
        return self.output.nodes[self.index]


def values_at(positions: Iterable[Scanner]) -> Iterator[ValueSoFar]:
    """Yield the part of an attribute's value before each position that is in a value."""
    for position in positions:
        if position.where in _IN_VALUE:
            name, text = (
                position.attribute.replace(PLACEHOLDER, SLOT),
                position.known_value.replace(PLACEHOLDER, SLOT),
            )
            yield ValueSoFar(position.name, name, text)


def slots_of(tree: nodes.Template) -> Iterator[Slot]:
    """Return the slots of a template in their order. A file, a macro and a block are taken to begin between tags."""
    return (one for one in _positions_from((Scanner(),), tree) if isinstance(one, Slot))


def positions_of(tree: nodes.Template) -> Iterator[Slot | Written]:
    """Return the slots, and the statements that write content from elsewhere.

    A file, a macro or a block may also be written into a tag, `<b {{ attributes_of(x) }}>`, so both are followed.
    """
    return _positions_from((Scanner(), Scanner(where="tag", spaced=True)), tree)


def _positions_from(begin: tuple[Scanner, ...], tree: nodes.Template) -> Iterator[Slot | Written]:
    walk = _SlotWalk(begin)
    # Text beside the blocks of a template that extends another is never shown, so its slots have no position.
    if tree.find(nodes.Extends) is None:
        yield from walk.through(tree.body)
    else:
        for node in _shown_by_parent(tree):
            yield from _SlotWalk(begin).through([node])


def _shown_by_parent(node: nodes.Node) -> Iterator[nodes.Node]:
    """Yield the nodes of a template that extends another which are rendered: its parent shows them."""
    for child in node.iter_child_nodes():
        if isinstance(child, (nodes.Block, nodes.Macro, nodes.AssignBlock)):
            yield child
        else:
            yield from _shown_by_parent(child)


class _SlotWalk:
    """Walk through the statements of a body.

    Its text begins at one of `begin`. The walk has reached one of `positions`, at first one of `begin`.
    """

    def __init__(
        self, begin: tuple[Scanner, ...], positions: Sequence[Scanner] = (), *, escaped: bool = True
    ) -> None:
        self._begin = begin
        self._escaped = escaped
        self.positions = list(positions) or [one.fork() for one in begin]

    def through(self, statements: Sequence[nodes.Node]) -> Iterator[Slot | Written]:
        for node in statements:
            yield from self._visit(node)

    def _visit(self, node: nodes.Node) -> Iterator[Slot | Written]:
        match node:
            case nodes.Output():
                yield from self._output(node)
            case nodes.If():
                yield from self._fork([node.body, *(one.body for one in node.elif_), node.else_])
            case nodes.For():
                yield from self._fork([node.body, []])
                yield from self._fork([node.else_, []])
            case nodes.Macro() | nodes.AssignBlock():
                yield from _SlotWalk(self._begin, escaped=self._escaped).through(node.body)
            case nodes.CallBlock():
                yield from _SlotWalk(self._begin, escaped=self._escaped).through(node.body)
                yield self._written(node)
            case nodes.Include():
                yield self._written(node)
            case nodes.Block():
                # Another template may replace the block, so both its content and the block as a whole are
                # looked at.
                yield Written(node, tuple(one.fork() for one in self.positions))
                yield from self.through(node.body)
            case nodes.ScopedEvalContextModifier():
                yield from self._with_escaping(node)
            case nodes.Stmt():
                yield from self.through(getattr(node, "body", ()))

    def _output(self, node: nodes.Output) -> Iterator[Slot]:
        for index, part in enumerate([*node.nodes]):
            if isinstance(part, nodes.TemplateData):
                self._read(part.data)
                continue
            following = node.nodes[index + 1] if index + 1 < len(node.nodes) else None
            after = following.data if isinstance(following, nodes.TemplateData) else ""
            positions = tuple(one.fork() for one in self.positions)
            yield Slot(node, index, positions, after, self._escaped)
            self._read(PLACEHOLDER)

    def _written(self, node: nodes.Include | nodes.CallBlock) -> Written:
        written = Written(node, tuple(one.fork() for one in self.positions))
        self._read(PLACEHOLDER)
        return written

    def _read(self, text: str) -> None:
        for one in self.positions:
            # The scanner is a generator of tags. It moves on only as far as it is read.
            for _ in one.read(text, 1):
                pass
        self.positions = _different(self.positions)

    def _fork(self, branches: Sequence[Sequence[nodes.Node]]) -> Iterator[Slot | Written]:
        ends: list[Scanner] = []
        for branch in branches:
            walk = _SlotWalk(self._begin, [one.fork() for one in self.positions], escaped=self._escaped)
            yield from walk.through(branch)
            ends += walk.positions
        # Only the beginning of a URL, a binding or a command is dangerous, so the shortest values matter
        # most.
        self.positions = sorted(_different(ends), key=lambda one: len(one.value))[:_MOST_POSITIONS]

    def _with_escaping(self, node: nodes.ScopedEvalContextModifier) -> Iterator[Slot | Written]:
        before = self._escaped
        for option in node.options:
            if option.key == "autoescape" and isinstance(option.value, nodes.Const):
                self._escaped = bool(option.value.value)
        yield from self.through(node.body)
        self._escaped = before


def _different(positions: Sequence[Scanner]) -> list[Scanner]:
    """Return one of each group of positions at which scanning goes on in the same way."""
    return list({_key(one): one for one in reversed(positions)}.values())[::-1]


def _key(position: Scanner) -> tuple[object, ...]:
    # Between tags, it makes no difference which tag came before.
    if position.where not in _IN_TAG and position.where != "raw":
        return (position.where,)
    in_tag = position.attribute, position.value, position.type, position.spaced, position.closes
    return (position.where, position.name, *in_tag)
