"""Strategies for rendered states, and functions that send them: whole, or as the difference to the one before.

It follows section 10 of the protocol in the plainest way, so that what the client makes of it can be foretold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Union

from hypothesis import strategies as st

Json = dict[str, Any]
Value = Union[str, "Node", "Items", "Cid"]


@dataclass(frozen=True)
class Node:
    """The number of a template and its dynamic parts. Templates with an even number are one element."""

    template: int
    parts: tuple[Value, ...]


@dataclass(frozen=True)
class Items:
    """A comprehension: the template of its entries, and the key and the dynamic parts of each entry."""

    template: int
    entries: tuple[tuple[int, tuple[Value, ...]], ...]


@dataclass(frozen=True)
class Cid:
    number: int


@dataclass(frozen=True)
class State:
    root: Node
    components: Mapping[int, Node] = field(default_factory=dict)


def statics(template: int, size: int) -> list[str]:
    inner = [f" {template}.{i} " for i in range(size + 1)]
    if template % 2 == 0:
        inner[0], inner[-1] = f"<div class='{template}'>{inner[0]}", f"{inner[-1]}</div>"
    return inner


# --- sending whole ---


def whole(state: State) -> Json:
    tree = whole_node(state.root)
    tree.pop("r", None)
    if state.components:
        tree["c"] = {str(cid): whole_node(node) for cid, node in state.components.items()}
    return tree


def whole_node(node: Node) -> Json:
    flag = {"r": 1} if node.template % 2 == 0 else {}
    return {**_parts(node.parts), "s": statics(node.template, len(node.parts)), **flag}


def whole_value(value: Value) -> Any:
    if isinstance(value, Node):
        return whole_node(value)
    if isinstance(value, Items):
        entries = {str(i): _parts(parts) for i, (_, parts) in enumerate(value.entries)}
        return {"s": statics(value.template, SIZE), "k": {**entries, "kc": len(value.entries)}}
    return value.number if isinstance(value, Cid) else value


def _parts(parts: tuple[Value, ...]) -> Json:
    return {str(i): whole_value(part) for i, part in enumerate(parts)}


# --- sending the difference ---


def difference(old: State, new: State) -> Json:
    """Return the diff. A new root drops all components. A new component shares statics with an old one if possible."""
    if _form(old.root) != _form(new.root):
        return whole(new)
    diff = _changed(old.root.parts, new.root.parts)
    components = {str(cid): _component(old, cid, node) for cid, node in new.components.items()}
    changed = {cid: tree for cid, tree in components.items() if tree}
    return {**diff, "c": changed} if changed else diff


def _component(old: State, cid: int, node: Node) -> Json:
    before = old.components.get(cid)
    if before is not None and _form(before) == _form(node):
        return _changed(before.parts, node.parts)
    source = next((other for other, tree in old.components.items() if _form(tree) == _form(node)), None)
    if source is None:
        return whole_node(node)
    return {**_shared(old.components[source].parts, node.parts), "s": -source}


def _changed(old: tuple[Value, ...], new: tuple[Value, ...]) -> Json:
    pairs = enumerate(zip(old, new, strict=True))
    return {str(i): value_difference(before, after) for i, (before, after) in pairs if before != after}


def value_difference(old: Value, new: Value) -> Any:
    if isinstance(old, Node) and isinstance(new, Node) and _form(old) == _form(new):
        return _changed(old.parts, new.parts)
    if isinstance(old, Items) and isinstance(new, Items) and old.template == new.template:
        return {"k": _entries(old, new)}
    return whole_value(new)


def _shared(old: tuple[Value, ...], new: tuple[Value, ...]) -> Json:
    """Return every dynamic part, because the client copies those of the other component."""
    return {
        str(i): _shared_value(before, after) for i, (before, after) in enumerate(zip(old, new, strict=True))
    }


def _shared_value(old: Value, new: Value) -> Any:
    if isinstance(old, Node) and isinstance(new, Node) and _form(old) == _form(new):
        return _shared(old.parts, new.parts)
    return whole_value(new)


def _entries(old: Items, new: Items) -> Json:
    places = {key: i for i, (key, _) in enumerate(old.entries)}
    entries = {str(i): _entry(old, places.get(key), i, parts) for i, (key, parts) in enumerate(new.entries)}
    sent = {i: entry for i, entry in entries.items() if entry != {}}
    moved = any(not isinstance(entry, dict) for entry in sent.values())
    return {**sent, "kc": len(new.entries), **({"km": True} if moved else {})}


def _entry(old: Items, place: int | None, here: int, parts: tuple[Value, ...]) -> Any:
    if place is None:
        return _parts(parts)
    diff = _changed(old.entries[place][1], parts)
    if place == here:
        return diff
    return [place, diff] if diff else place


def _form(node: Node) -> tuple[int, int]:
    return node.template, len(node.parts)


# --- templates ---


def with_templates(message: Json) -> Json:
    """Return the message with its statics in one table; those of components stay in place."""
    table: dict[str, list[str]] = {}
    body = {key: value for key, value in message.items() if key != "c"}
    numbered = _numbered(body, table)
    components = {"c": message["c"]} if "c" in message else {}
    return {**numbered, **components, **({"p": table} if table else {})}


def _numbered(node: Any, table: dict[str, list[str]]) -> Any:
    if isinstance(node, list):
        return [_numbered(one, table) for one in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _number(value, table) if key == "s" else _numbered(value, table) for key, value in node.items()
    }


def _number(texts: Any, table: dict[str, list[str]]) -> int:
    number = next((key for key, known in table.items() if known == texts), str(len(table)))
    table[number] = texts
    return int(number)


# --- generating ---

SIZE = 2
DEPTH = 2
TEXTS = st.sampled_from(["", "a", "b", " ", "&amp;", "&lt;p>", "\u00e9"])


def values(cids: list[int], depth: int = DEPTH) -> st.SearchStrategy[Value]:
    """Generate mostly text, nested no deeper than `depth`, so that examples are generated fast."""
    leaves = TEXTS if not cids else st.one_of(TEXTS, st.sampled_from(cids).map(Cid))
    if depth == 0:
        return leaves
    inner = values(cids, depth - 1)
    return st.one_of(leaves, nodes(inner), items(inner))


def nodes(inner: st.SearchStrategy[Value]) -> st.SearchStrategy[Node]:
    return st.builds(Node, st.integers(0, 3), st.tuples(*[inner] * SIZE))


def items(inner: st.SearchStrategy[Value]) -> st.SearchStrategy[Items]:
    entry = st.tuples(st.integers(0, 4), st.tuples(*[inner] * SIZE))
    entries = st.lists(entry, max_size=3, unique_by=lambda one: one[0]).map(tuple)
    return st.builds(Items, st.sampled_from([9, 11]), entries)


CIDS: tuple[tuple[int, ...], ...] = ((), (1,), (2, 1), (1, 2, 3))
_ROOTS = {cids: nodes(values(list(cids))) for cids in CIDS}
_COMPONENT = nodes(values([], 1)).map(lambda node: Node(node.template * 2, node.parts))


@st.composite
def states(draw: st.DrawFn) -> State:
    """Generate a page with up to three components, which contain no other components."""
    cids = draw(st.sampled_from(CIDS))
    root = draw(_ROOTS[cids])
    return State(Node(root.template, _once(root.parts, set())), {cid: draw(_COMPONENT) for cid in cids})


def _once(parts: tuple[Value, ...], seen: set[int]) -> tuple[Value, ...]:
    """Remove repeated components: each can be in one place only."""
    return tuple(_once_value(part, seen) for part in parts)


def _once_value(value: Value, seen: set[int]) -> Value:
    if isinstance(value, Node):
        return Node(value.template, _once(value.parts, seen))
    if isinstance(value, Items):
        return Items(value.template, tuple((key, _once(parts, seen)) for key, parts in value.entries))
    if isinstance(value, Cid):
        repeated = value.number in seen
        seen.add(value.number)
        return "again" if repeated else value
    return value
