"""Nodes of the retained tree: segments and their slots, units and their inputs, and the statics of a message.

A *segment* is the constant part of a template's body, shared by all views: its *statics* are the texts around its
slots. A *node* is one rendered body of one view: a list of its slots, which LiveView calls *dynamics*. A slot holds a
text, another node or a comprehension. A *unit* is a node that remembers its inputs and is skipped if they did not
change.
"""

import re
from collections import Counter
from typing import Any, TypeAlias

from pyview.template.tree.change import BUILTINS, DIRTY, EQUAL_IS_SAME, LARGEST_SNAPSHOT, ChangeRule

Diff: TypeAlias = dict[str, Any]
"""The part of a wire message for one node: position -> new text or nested diff; `s`: statics, `k`: rows, `r`: root."""


class RenderPass(list["tuple[Segment, Diff]"]):
    """State of one render, and the list of its new nodes, whose statics are sent with the message.

    `owner` is the owner of the live values: the socket of the view or of the component. `nested` are the ids of the
    nested views that this render has reached. `environment` is the template environment. `uncached` counts the rendered
    live values that have to be rendered every time: what contains one must not be skipped.
    """

    # Each event makes a pass. With slots for what each sets, and defaults of the class for the rest, it takes three
    # fifths of the time.
    __slots__ = ("__dict__", "environment", "owner")

    owner: Any
    environment: Any
    asked_owner = False
    """True if a part of the page belongs to its view: its HTML may be right for no other one."""

    nested: dict[str, None] | None = None
    uncached = 0
    streams: "dict[str, Any] | None" = None
    """The streams in the message, by their names on the wire."""

    items: "list[Any] | None" = None
    """A `ShownItems` for each stream of the render whose items contain nested views."""

    @property
    def host(self) -> Any:
        """The owner, for a live value that needs it."""
        self.asked_owner = True
        return self.owner


MASK_VARIABLE = re.compile(r"_c\d+")
"""Name of a variable in generated code that holds a body's mask: the bits of what has changed since the last render."""

ALWAYS = 1
"""Bit of every expression that must be evaluated at each render. It is set in the mask of each render."""

NEW = 2
"""Bit of expressions that never change, but are not known at compile time. Only `EVERYTHING` contains it."""

EVERYTHING = -1
"""All bits: the mask of a new node."""


class Segment:
    """Constant part of one body of a template, the same for all of its nodes in all views.

    `statics` are the texts around the slots, `blank` is a list of empty slots to copy. `mask` holds the bits that the
    slots depend on. For a unit, `names` are the context names that it reads, and `bits` the bits of its parameters and
    names, in the order of the node's inputs. `root` is True if the body is always exactly one element. `trust` says
    which values may be compared by snapshots. `fingerprint` names template and body in messages.
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
        # True if its statics are one element whatever its slots hold. Set when a component first renders it.
        self.one_element = False
        self.trust = trust

    @property
    def template(self) -> str:
        """Name of the body's template."""
        return self.fingerprint.rpartition("#")[0]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.fingerprint} {self.statics!r}>"


# The node is the list, not an object around one: every open page keeps its whole tree in memory.
class Node(list[Any]):
    """One rendered body of one view: a list of its slots, each a text, a `Node`, a `Comprehension` or a `Wrapped`."""

    __slots__ = ("segment",)

    segment: Segment


class Wrapped:
    """A slot with additional state, such as the inputs of its last render. `slot` is its content."""

    __slots__ = ("slot",)

    slot: Any


def unwrapped(slot: Any) -> Any:
    """Return the content of a slot without its wrappers."""
    while isinstance(slot, Wrapped):
        slot = slot.slot
    return slot


class Unit(Node):
    """A node that remembers the tokens of its inputs: a page, a block, a macro call, an included file."""

    __slots__ = ("inputs",)

    inputs: list[Any]


def new_node(segment: Segment, render_pass: RenderPass, diff: Diff) -> Node:
    """Return an empty node of a segment, and put the statics into its diff."""
    node = Node(segment.blank)
    node.segment = segment
    send_statics(segment, render_pass, diff)
    return node


def send_statics(segment: Segment, render_pass: RenderPass, diff: Diff) -> None:
    """Put a segment's statics into the diff of a new node."""
    # The client replaces a node that comes with statics, and merges one that comes without.
    diff["s"] = segment.statics
    # The client skips the element of a root that no diff has touched, and marks its first tag for that.
    if segment.root:
        diff["r"] = 1
    render_pass.append((segment, diff))


def new_unit(segment: Segment, values: tuple[Any, ...], render_pass: RenderPass, diff: Diff) -> Unit:
    """Return an empty unit whose inputs are `values`."""
    unit = Unit(segment.blank)
    unit.segment = segment
    # Tokens are taken before the slots are rendered: the template may change its inputs while it renders.
    trust = segment.trust
    token = segment.rule.token
    unit.inputs = [token(value, trust) for value in values]
    send_statics(segment, render_pass, diff)
    return unit


def changed(unit: Unit, i: int, value: Any) -> int:
    """Return the bit of the unit's input number `i` if it may have changed, else 0.

    Generated code calls this only if the input is another object than before: it compares identities without a call.
    """
    inputs, segment = unit.inputs, unit.segment
    before = inputs[i]
    if type(value) in EQUAL_IS_SAME:  # by far the most frequent
        if type(value) is type(before) and value == before:
            return 0
        # The token is renewed before the slots are rendered. If the render fails, the whole tree is dropped,
        # so no change is lost.
        inputs[i] = value
    elif before is DIRTY and type(value) in BUILTINS and len(value) > LARGEST_SNAPSHOT:
        pass  # a long container stays dirty: a loop compares its rows one by one
    elif segment.rule.same(value, before):
        return 0
    else:
        inputs[i] = segment.rule.renewed(value, before, segment.trust)
    return segment.bits[i]


def share_statics(diff: Diff, render_pass: RenderPass) -> Diff:
    """Move statics that several new nodes use into the table `diff["p"]`. Change and return the diff."""
    if len(render_pass) < 2:
        return diff
    uses = Counter(segment for segment, _ in render_pass)
    # A number and a table entry would make the message longer than statics that are used once.
    if len(uses) == len(render_pass):
        return diff
    numbers = {segment: number for number, segment in enumerate(each for each, n in uses.items() if n > 1)}
    for segment, node in render_pass:
        number = numbers.get(segment)
        if number is not None:
            node["s"] = number
    # The client looks numbers up in the table of the same message only, and keeps no table.
    diff["p"] = {str(number): segment.statics for segment, number in numbers.items()}
    return diff
