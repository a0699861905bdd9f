"""Where the slots of a template come from: the expression of each, its line, and the names that it reads.

A diff names slots by their positions only. The compiler knows what is at each position, so a tool that explains a diff
compiles the template once more and keeps what the compiler knew.
"""

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

from jinja2 import nodes

from pyview.template.compiler.compiler import Body, SlotSource
from pyview.template.compiler.generator import LiveCodeGenerator
from pyview.template.compiler.guards import unguarded
from pyview.template.environment import LiveEnvironment
from pyview.template.tree.nodes import ALWAYS

_LONGEST_TEXT: Final = 120
_PARAMETER: Final = re.compile(r"^l_\d+_")


@dataclass(frozen=True, slots=True)
class SlotOrigin:
    """Origin of one slot: `line` and `text` in the template.

    `reads` are names of the context and parameters of macros. `always`: it is rendered each time, since the compiler
    cannot tell when it changes. `reads_row`: it reads the item or the position of a loop.
    """

    line: int
    text: str
    reads: tuple[str, ...]
    always: bool
    reads_row: bool


class SlotPosition(NamedTuple):
    """The number of a body in its template, and the position of a slot in it."""

    body: int
    slot: int


def slot_origins(
    environment: LiveEnvironment, source: str, name: str | None
) -> dict[SlotPosition, SlotOrigin]:
    """Return the origins of all slots of a template. Raises TemplateSyntaxError."""
    tree = environment._parse(source, name, None)
    texts = _Texts(environment, source, tree)
    generator = LiveCodeGenerator(environment, name, None, optimized=environment.optimized)
    generator.visit(tree)
    names = _Names(generator.bodies)
    return {
        SlotPosition(body.number, position): _origin(body, slot, names, texts)
        for body in generator.bodies
        for position, slot in body.origins.items()
    }


def _origin(body: Body, slot: SlotSource, names: "_Names", texts: "_Texts") -> SlotOrigin:
    return SlotOrigin(
        slot.node.lineno,
        texts.of(slot.node),
        names.read_by(body, slot.mask),
        bool(slot.mask & ALWAYS),
        names.reads_row(body, slot.mask),
    )


class _Names:
    """The names behind the bits of a template. Units that are nested in one another share a supply of bits."""

    def __init__(self, bodies: Iterable[Body]) -> None:
        self._names: dict[int, dict[int, str]] = defaultdict(dict)
        self._rows: dict[int, int] = defaultdict(int)
        for body in bodies:
            supply, scope = id(body.scope.bits), body.scope
            names = self._names[supply]
            names.update({bit: name for name, (_, bit) in scope.names.items()})
            names.update({bit: _PARAMETER.sub("", ref) for ref, bit in scope.parameters.items()})
            if body.rows is not None:
                self._rows[supply] |= body.rows.every()

    def read_by(self, body: Body, mask: int) -> tuple[str, ...]:
        names = self._names[id(body.scope.bits)]
        return tuple(dict.fromkeys(name for bit, name in names.items() if bit & mask))

    def reads_row(self, body: Body, mask: int) -> bool:
        return bool(mask & self._rows[id(body.scope.bits)])


class _Texts:
    """The source of the nodes of a template: `{{ ... }}` for an expression, the tag for a statement, else its line."""

    def __init__(self, environment: LiveEnvironment, source: str, tree: nodes.Template) -> None:
        self._lines = source.splitlines()
        expressions, self._tags = _spans(environment, source)
        self._expressions: dict[int, str] = {}
        for node in _printed(tree):
            # In the order of the source, since one line may have many expressions.
            found = expressions.get(node.lineno)
            if found and id(node) not in self._expressions:
                self._expressions[id(node)] = found.popleft()

    def of(self, node: nodes.Node) -> str:
        plain = unguarded(node) if isinstance(node, nodes.Expr) else node
        text = self._expressions.get(id(plain)) or self._tag(plain) or self._line(node.lineno)
        return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"

    def _tag(self, node: nodes.Node) -> str | None:
        found = self._tags.get((node.lineno, _KEYWORDS.get(type(node), "")), ())
        return found[0] if len(found) == 1 else None

    def _line(self, number: int) -> str:
        return self._lines[number - 1].strip() if 0 < number <= len(self._lines) else ""


_KEYWORDS: Final[Mapping[type[nodes.Node], str]] = MappingProxyType(
    {
        nodes.If: "if",
        nodes.For: "for",
        nodes.Include: "include",
        nodes.Block: "block",
        nodes.CallBlock: "call",
        nodes.FilterBlock: "filter",
    }
)

Expressions = dict[int, deque[str]]
Tags = dict[tuple[int, str], list[str]]


def _spans(environment: LiveEnvironment, source: str) -> tuple[Expressions, Tags]:
    """Return the expressions by the line of their first token, and the tags by their line and keyword."""
    expressions: Expressions = defaultdict(deque)
    tags: Tags = defaultdict(list)
    text, line, first = "", 0, ""
    for number, kind, value in environment.lex(source):
        if kind in ("variable_begin", "block_begin"):
            text, line, first = value, 0, ""
            continue
        text += value
        if kind == "variable_end":
            expressions[line].append(" ".join(text.split()))
        elif kind == "block_end":
            tags[line, first].append(" ".join(text.split()))
        elif kind != "whitespace" and not line:
            line, first = number, value
    return expressions, tags


def _printed(tree: nodes.Template) -> Iterator[nodes.Expr]:
    """Yield the expressions that the template prints, in the order of the source."""
    for output in tree.find_all(nodes.Output):
        for child in output.nodes:
            if not isinstance(child, nodes.TemplateData):
                yield unguarded(child)
