"""Where in HTML each slot of a Jinja2 template stands, whichever branches are taken before it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from jinja2 import nodes

from pyview.template.dangers import SLOT, ValueSoFar
from pyview.template.markup_scanner import HOLE, Scanner

_MOST_PLACES = 16
"""So many ways through the branches within one tag are followed: those with the shortest values, which hold least text
before a slot."""

_APART = (nodes.Macro, nodes.AssignBlock)
_IN_VALUE = frozenset({'"', "'", "value", "bare"})


@dataclass(slots=True, eq=False)
class Written:
    """A statement that writes what stands elsewhere: a block, a file, what is called with a body."""

    node: nodes.Block | nodes.Include | nodes.CallBlock
    places: tuple[Scanner, ...]


@dataclass(slots=True, eq=False)
class Slot:
    """A slot: `output.nodes[index]`. `places` are where it may stand, `after` is the text that follows at once."""

    output: nodes.Output
    index: int
    places: tuple[Scanner, ...]
    after: str
    escaped: bool

    @property
    def expression(self) -> nodes.Expr:
        return self.output.nodes[self.index]

    def values(self) -> Iterator[ValueSoFar]:
        """What may stand before it in the value of an attribute."""
        return values_at(self.places)


def values_at(places: Iterable[Scanner]) -> Iterator[ValueSoFar]:
    """What may stand in the value of an attribute before the places that are in one."""
    for place in places:
        if place.where in _IN_VALUE:
            name, text = place.attribute.replace(HOLE, SLOT), place.known_value.replace(HOLE, SLOT)
            yield ValueSoFar(place.name, name, text)


def slots_of(tree: nodes.Template, escaped: bool = True) -> Iterator[Slot]:
    """The slots of a template in their order; `escaped`: as far as it does not say otherwise."""
    return (one for one in places_of(tree, escaped) if isinstance(one, Slot))


def places_of(tree: nodes.Template, escaped: bool = True) -> Iterator[Slot | Written]:
    """The slots, and the statements that write what stands elsewhere."""
    walk = _Walk(escaped)
    if tree.find(nodes.Extends) is None:
        yield from walk.through(tree.body)
    else:  # what is shown of it is shown where its parent says
        shown = (node for node in tree.find_all((nodes.Block, *_APART)) if node in tree.body)
        for node in shown:
            yield from _Walk(escaped).through([node])


class _Walk:
    def __init__(self, escaped: bool, places: Sequence[Scanner] = ()) -> None:
        self._escaped = escaped
        self._places = list(places) or [Scanner()]

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
                yield from _Walk(self._escaped).through(node.body)
            case nodes.CallBlock():
                yield from _Walk(self._escaped).through(node.body)
                yield self._written(node)
            case nodes.Include():
                yield self._written(node)
            case nodes.Block():
                yield Written(node, tuple(one.fork() for one in self._places))
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
            places = tuple(one.fork() for one in self._places)
            yield Slot(node, index, places, after, self._escaped)
            self._read(HOLE)

    def _written(self, node: nodes.Include | nodes.CallBlock) -> Written:
        written = Written(node, tuple(one.fork() for one in self._places))
        self._read(HOLE)
        return written

    def _read(self, text: str) -> None:
        for one in self._places:
            for _ in one.read(text, 1):
                pass
        self._places = _different(self._places)

    def _fork(self, branches: Sequence[Sequence[nodes.Node]]) -> Iterator[Slot | Written]:
        ends: list[Scanner] = []
        for branch in branches:
            walk = _Walk(self._escaped, [one.fork() for one in self._places])
            yield from walk.through(branch)
            ends += walk._places
        self._places = sorted(_different(ends), key=lambda one: len(one.value))[:_MOST_PLACES]

    def _with_escaping(self, node: nodes.ScopedEvalContextModifier) -> Iterator[Slot | Written]:
        before = self._escaped
        for option in node.options:
            if option.key == "autoescape" and isinstance(option.value, nodes.Const):
                self._escaped = bool(option.value.value)
        yield from self.through(node.body)
        self._escaped = before


def _different(places: Sequence[Scanner]) -> list[Scanner]:
    found: list[Scanner] = []
    for one in places:
        if one not in found:
            found.append(one)
    return found
