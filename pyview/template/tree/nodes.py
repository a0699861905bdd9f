"""What one view retains between two renders: nodes of slots, and what the nodes were made from.

The inputs of a unit: remembered when it is made, compared at every render.

Statics travel once: those used more than once in a message go into its table of templates, `p`.
"""

import re
from collections import Counter
from typing import Any, TypeAlias

from pyview.template.tree.change import BUILTINS, DIRTY, EQUAL_IS_SAME, LARGEST_SNAPSHOT, ChangeRule

Diff: TypeAlias = dict[str, Any]
"""The part of a wire message for one node: position -> new text or nested diff, `s` for statics, `k` for rows."""


class RenderPass(list["tuple[Segment, Diff]"]):
    """The nodes that are new in a message: their statics travel with it, once each.

    `host` is what the live values of the page belong to: the socket of the view, or of the component. `nested` are the
    ids of the views inside it that this render has come by. `environment` is the template environment. `visits` counts
    live values that have to be rendered every time.
    """

    host: Any = None
    nested: dict[str, None] | None = None
    environment: Any = None
    uncached = 0
    streams: "dict[str, Any] | None" = None
    """The streams that the message shows, by their names on the wire."""

    items: "list[Any] | None" = None
    """A `ShownItems` for each stream of the render whose items hold nested views."""


MASK_VARIABLE = re.compile(r"_c\d+")
"""The name of a variable of generated code that holds the mask of changes of a body."""

ALWAYS = 1
"""The bit of everything that has to be evaluated at every render. It is set in every mask of changes."""

NEW = 2
"""The bit of what is constant, but only known when rendering. It is set only when a node is made: in `EVERYTHING`."""

EVERYTHING = -1
"""All bits: nothing of the node was ever rendered."""


class Segment:
    """One body of a template: what is the same in all its nodes, for all views. Its identity is the fingerprint.

    `mask` holds the bits of all that its slots depend on. For a unit (a body that compares its own inputs), `names`
    are the context names it reads and `bits` the bits of parameters and names, in the order of the node's inputs.
    """

    __slots__ = (
        "bits",
        "blank",
        "fingerprint",
        "mask",
        "names",
        "one_element",
        "root",
        "rule",
        "statics",
        "trust",
    )

    rule: ChangeRule

    def __init__(
        self,
        fingerprint: str,
        statics: list[str],
        mask: int,
        *,
        bits: tuple[int, ...] = (),
        names: tuple[str, ...] = (),
        root: bool = False,
        trust: int = 0,
    ) -> None:
        self.fingerprint = fingerprint
        self.statics = statics
        self.blank: list[Any] = [None] * (len(statics) - 1)
        self.mask = mask
        self.bits = bits
        self.names = names
        self.root = root
        # Found out when a component first renders it: its statics are one element, whatever its slots hold.
        self.one_element = False
        self.trust = trust

    @property
    def template(self) -> str:
        """The template that the body is of."""
        return self.fingerprint.rpartition("#")[0]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.fingerprint} {self.statics!r}>"


class Node(list[Any]):
    """The slots of one rendered body: each a text, a `Node` or a `Comprehension`."""

    __slots__ = ("segment",)

    segment: Segment


class Wrapped:
    """A slot that remembers what it was made from, beside `slot`, what it holds."""

    __slots__ = ("slot",)

    slot: Any


def unwrapped(slot: Any) -> Any:
    """What a slot holds in the end."""
    while isinstance(slot, Wrapped):
        slot = slot.slot
    return slot


class Unit(Node):
    """A node that knows its inputs: of a page, a block, a macro call, an included file."""

    __slots__ = ("inputs",)

    inputs: list[Any]


def new_node(segment: Segment, render_pass: RenderPass, diff: Diff) -> Node:
    """An empty node of a segment; its statics are put into the diff that will describe it."""
    node = Node(segment.blank)
    node.segment = segment
    send_statics(segment, render_pass, diff)
    return node


def send_statics(segment: Segment, render_pass: RenderPass, diff: Diff) -> None:
    """Send a segment's statics with the diff of a new node."""
    diff["s"] = segment.statics
    if segment.root:
        diff["r"] = 1
    render_pass.append((segment, diff))


def new_unit(segment: Segment, values: tuple[Any, ...], render_pass: RenderPass, diff: Diff) -> Unit:
    """An empty unit whose inputs are `values`."""
    unit = Unit(segment.blank)
    unit.segment = segment
    trust = segment.trust
    token = segment.rule.token
    unit.inputs = [token(value, trust) for value in values]
    send_statics(segment, render_pass, diff)
    return unit


def changed(unit: Unit, i: int, value: Any) -> int:
    """The bit of the unit's input number `i`, which is another object than at the last render; 0 if it is provably the
    same for all that. The generated code asks only about such inputs: to compare identities takes it no call."""
    inputs, segment = unit.inputs, unit.segment
    before = inputs[i]
    if type(value) in EQUAL_IS_SAME:  # by far the most frequent
        if type(value) is type(before) and value == before:
            return 0
        inputs[i] = value
    elif before is DIRTY and type(value) in BUILTINS and len(value) > LARGEST_SNAPSHOT:
        pass  # a long list stays dirty; its rows will be looked at one by one
    elif segment.rule.same(value, before):
        return 0
    else:
        inputs[i] = segment.rule.renewed(value, before, segment.trust)
    return segment.bits[i]


def share_statics(diff: Diff, render_pass: RenderPass) -> Diff:
    """Replace statics used more than once by their number in `diff["p"]`. The diff is changed and returned."""
    if len(render_pass) < 2:
        return diff
    uses = Counter(segment for segment, _ in render_pass)
    if len(uses) == len(render_pass):
        return diff
    numbers = {segment: number for number, segment in enumerate(each for each, n in uses.items() if n > 1)}
    for segment, node in render_pass:
        number = numbers.get(segment)
        if number is not None:
            node["s"] = number
    diff["p"] = {str(number): segment.statics for segment, number in numbers.items()}
    return diff
