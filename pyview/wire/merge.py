"""Merge a diff into a rendered tree, as the JavaScript client does.

The rules are those of `rendered.js` in the npm package `phoenix_live_view` 1.2: nodes, statics (`s`), templates (`p`),
keyed comprehensions (`k`, `kc`, `km`) and components (`c`). `pyview.wire.diff` computes diffs that this module can
merge; the testing client merges every diff of the server with it. Where the client would throw, or would show the
wrong page without an error, `ProtocolError` says what was sent and why it cannot be shown.

A tree is a dict as JSON decodes it. All functions are pure: they never change their arguments.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Tree = dict[str, Any]
Templates = Mapping[str, Any] | None

STATIC, TEMPLATES, COMPONENTS, ROOT = "s", "p", "c", "r"
KEYED, COUNT, MOVED = "k", "kc", "km"
EVENTS, REPLY, TITLE = "e", "r", "t"


class ProtocolError(Exception):
    """The server sent something that the JavaScript client could not apply, or would apply wrongly."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """A diff, parted into its tree and the values that travel beside the tree.

    `events` are `[name, payload]`, or `[name, payload, True]` for an event that is dispatched before the page is
    patched. `reply` is None if there is none. `title` is None if the title of the page does not change.
    """

    diff: Tree
    title: Any
    reply: Any
    events: list[Any]


def extract(diff: Mapping[str, Any]) -> Extracted:
    """Part a diff into its tree and the top-level title, reply and events."""
    tree = {key: value for key, value in diff.items() if key not in (TITLE, REPLY, EVENTS)}
    return Extracted(tree, diff.get(TITLE), diff.get(REPLY), list(diff.get(EVENTS) or []))


def merge(tree: Mapping[str, Any], diff: Mapping[str, Any]) -> Tree:
    """Return the tree that the client holds after `diff`; `merge({}, rendered)` is the tree of a join.

    Numbered statics are replaced by their templates, so two trees that show the same page compare equal. The title,
    the reply and the events of `diff` are left out, see `extract`. Raises `ProtocolError` if the diff does not fit the
    tree.
    """
    source = extract(diff).diff
    new_components = _inline_components(source.pop(COMPONENTS, {}))
    known = tree.get(COMPONENTS, {})
    if STATIC in source:
        known = {}  # a new root drops every component: the server has to send again what the root mentions
    elif STATIC not in tree and KEYED not in tree:
        raise ProtocolError(f"the first tree must be complete, but it has no statics `s`: {shorten(diff)}")
    body = {key: value for key, value in tree.items() if key != COMPONENTS}
    merged = _merge_node(body, _inline(source, None, "root"), "root")
    components = {**known, **_merge_components(known, new_components)}
    return {**merged, COMPONENTS: components} if components else merged


# --- templates ---


def _inline(node: Tree, templates: Templates, at: str) -> Tree:
    """Return the node with its numbered statics replaced.

    The table of templates belongs to one message: the client does not keep it, so a later diff cannot use it.
    """
    if KEYED in node:
        return _inline_keyed(node, templates, at)
    templates = node.get(TEMPLATES, templates)
    inlined = {
        key: _inline_value(value, templates, f"{at}.{key}") for key, value in node.items() if key != TEMPLATES
    }
    if STATIC in node:
        inlined[STATIC] = statics_of(node[STATIC], templates, at)
    return inlined


def _inline_value(value: Any, templates: Templates, at: str) -> Any:
    return _inline(value, templates, at) if isinstance(value, dict) else value


def _inline_keyed(node: Tree, templates: Templates, at: str) -> Tree:
    # The client never uses the comprehension's own table for its own statics, and prefers an outer table to it in the
    # entries.
    inner = node.get(TEMPLATES) if templates is None else templates
    inlined = {key: value for key, value in node.items() if key != TEMPLATES}
    inlined[KEYED] = {key: _inline_entry(entry, inner, f"{at}.k.{key}") for key, entry in node[KEYED].items()}
    if STATIC in node:
        inlined[STATIC] = statics_of(node[STATIC], templates, at)
    return inlined


def _inline_entry(entry: Any, templates: Templates, at: str) -> Any:
    if isinstance(entry, list):
        return [entry[0], *(_inline_value(part, templates, at) for part in entry[1:])]
    return _inline_value(entry, templates, at)


def statics_of(statics: Any, templates: Templates, at: str) -> list[str]:
    """Return the static texts of a node, looked up in `templates` if `statics` is a number.

    `at` is the path of the node, for the text of the `ProtocolError` that is raised for anything else.
    """
    found = statics
    if is_number(statics):
        if templates is None:
            raise ProtocolError(
                f"at {at}: statics number {statics} without a table of templates `p` in scope"
            )
        found = templates.get(str(statics))
    if not isinstance(found, list) or not found or not all(isinstance(text, str) for text in found):
        raise ProtocolError(
            f"at {at}: statics must be a list of strings, got {shorten(found)} for {shorten(statics)}"
        )
    return found


def _inline_components(components: Mapping[str, Tree]) -> dict[str, Tree]:
    return {cid: _inline_component(cid, component) for cid, component in components.items()}


def _inline_component(cid: str, component: Tree) -> Tree:
    shared = component.get(STATIC)
    if not is_number(shared):
        return _inline(component, None, f"component {cid}")
    # At the top of a component, a number names another component and never a template.
    own = {key: value for key, value in component.items() if key != STATIC}
    return {**_inline(own, None, f"component {cid}"), STATIC: shared}


# --- nodes and comprehensions ---


def _merge_node(target: Tree, source: Tree, at: str) -> Tree:
    if STATIC in source:
        return source
    if KEYED in source:
        return _merge_keyed(target, source, at)
    return {
        **target,
        **{key: _merge_value(target.get(key), new, f"{at}.{key}") for key, new in source.items()},
    }


def _merge_value(old: Any, new: Any, at: str) -> Any:
    if not isinstance(new, dict) or STATIC in new:
        return new
    if isinstance(old, dict):
        return _merge_node(old, new, at)
    # The client stores such a diff without an error, and throws at the next rendering of the page.
    held = "nothing" if old is None else shorten(old)
    raise ProtocolError(
        f"at {at}: a diff without statics `s` over {held}; a new node has to be sent whole: {shorten(new)}"
    )


def _merge_keyed(target: Tree, source: Tree, at: str) -> Tree:
    old = target.get(KEYED)
    if not isinstance(old, dict):
        raise ProtocolError(
            f"at {at}: a diff of a comprehension `k`, but the client holds {shorten(target)} there"
        )
    merged = {**target, KEYED: _merge_entries(old, source[KEYED], at)}
    if "stream" in source:
        # Replaced and not merged: the client keeps only the last inserts and deletes of a stream.
        merged["stream"] = source["stream"]
    return merged


def _merge_entries(old: Tree, new: Tree, at: str) -> Tree:
    count = count_of(new, at)
    check_positions(new, count, at)
    _check_moves(new, at)
    # All entries are made from the old list, never from each other: a move means the position before the
    # diff. The client clones the list for that. Like the client, this drops the entries at `count` and above.
    entries: Tree = {str(i): _merge_entry(old, new.get(str(i)), str(i), f"{at}.k.{i}") for i in range(count)}
    return {**entries, COUNT: count}


def _merge_entry(old: Tree, entry: Any, position: str, at: str) -> Any:
    if entry is None:
        return _old_entry(old, position, at)
    if is_number(entry):
        return _old_entry(old, str(entry), at)
    if isinstance(entry, list):
        return _merge_node(_old_entry(old, str(entry[0]), at), entry[1], at)
    return _merge_node(old.get(position, {}), entry, at)


def _old_entry(old: Tree, position: str, at: str) -> Any:
    if position not in old:
        raise ProtocolError(
            f"at {at}: refers to old position {position}, but the list had {old.get(COUNT)} entries"
        )
    return old[position]


def count_of(keyed: Tree, at: str) -> int:
    """Return the number of entries of a comprehension. Raises `ProtocolError` if `kc` is missing or no number."""
    count = keyed.get(COUNT)
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise ProtocolError(f"at {at}: every `k` needs its number of entries `kc`, got {shorten(keyed)}")
    return count


def check_positions(keyed: Tree, count: int, at: str) -> None:
    """Raise `ProtocolError` for an entry whose position is not below `count`."""
    for key in keyed:
        if key not in (COUNT, MOVED) and not (key.isdecimal() and int(key) < count):
            raise ProtocolError(f"at {at}: entry {key!r} in a list whose `kc` is {count}")


def _check_moves(keyed: Tree, at: str) -> None:
    moves = [_moved_from(entry, f"{at}.k.{key}") for key, entry in keyed.items() if key not in (COUNT, MOVED)]
    origins = [origin for origin in moves if origin is not None]
    if origins and not keyed.get(MOVED):
        raise ProtocolError(
            f"at {at}: entries move, but `km` is not set; the client throws: {shorten(keyed)}"
        )
    # The client would put one object into both positions, so a later diff of one entry would change both.
    if len(set(origins)) != len(origins):
        raise ProtocolError(f"at {at}: two entries move from one old position: {shorten(keyed)}")


def _moved_from(entry: Any, at: str) -> int | None:
    if isinstance(entry, dict):
        return None
    if is_number(entry):
        return int(entry)
    if isinstance(entry, list) and len(entry) == 2 and is_number(entry[0]) and isinstance(entry[1], dict):
        return int(entry[0])
    raise ProtocolError(
        f"at {at}: an entry is a diff, an old position, or [old position, diff]; got {shorten(entry)}"
    )


# --- components ---


def _merge_components(known: Mapping[str, Tree], new: Mapping[str, Tree]) -> dict[str, Tree]:
    merging = _ComponentMerge(known, new, {})
    for cid in new:
        merging.component(cid, ())
    return merging.done


@dataclass(frozen=True, slots=True)
class _ComponentMerge:
    """The components of one diff: `known` before it, `new` in it, `done` merged so far."""

    known: Mapping[str, Tree]
    new: Mapping[str, Tree]
    done: dict[str, Tree]

    def component(self, cid: str, chain: tuple[str, ...]) -> Tree:
        """Return component `cid`, merged once. `chain` are the components that wait for it, to detect a circle."""
        # The client does not look for circles: it would recurse until its stack overflows.
        if cid in chain:
            raise ProtocolError(f"components share their statics in a circle: {' -> '.join((*chain, cid))}")
        # Several components may share the statics of one. Like the client, this merges that one only once.
        if cid not in self.done:
            self.done[cid] = self._merged(cid, chain)
        return self.done[cid]

    def _merged(self, cid: str, chain: tuple[str, ...]) -> Tree:
        diff, at = self.new[cid], f"component {cid}"
        if is_number(diff.get(STATIC)):
            source = self._source(cid, diff[STATIC], chain)
            own = {key: value for key, value in diff.items() if key != STATIC}
            return {**_merge_component(source, own, at), STATIC: source[STATIC]}
        if STATIC not in diff and cid not in self.known:
            raise ProtocolError(
                f"component {cid} is unknown to the client, so it must come with statics: {shorten(diff)}"
            )
        return _merge_component(self.known.get(cid, {}), diff, at)

    def _source(self, cid: str, shared: int, chain: tuple[str, ...]) -> Tree:
        # Positive: that component as this diff makes it. Negative: as the client had it before this diff.
        if shared > 0 and str(shared) in self.new:
            return self.component(str(shared), (*chain, cid))
        if shared < 0 and str(-shared) in self.known:
            return self.known[str(-shared)]
        where = "in this diff" if shared > 0 else "before this diff"
        raise ProtocolError(
            f"component {cid} shares the statics of {abs(shared)}, which does not exist {where}"
        )


def _merge_component(target: Tree, source: Tree, at: str) -> Tree:
    """Merge as `_merge_node` does, but copy every node of the component, except the entries of a list.

    The client renders a component that a diff touches as a whole. `to_html` recognises untouched nodes by identity,
    so none of this component may stay the same object.
    """
    if STATIC in source:
        return source
    if KEYED in source:
        return _merge_keyed(target, source, at)
    copied = {key: _copied(old) for key, old in target.items() if key not in source}
    merged = {key: _merge_component_value(target.get(key), new, f"{at}.{key}") for key, new in source.items()}
    return {**copied, **merged}


def _merge_component_value(old: Any, new: Any, at: str) -> Any:
    if isinstance(old, dict) and isinstance(new, dict) and STATIC not in new:
        return _merge_component(old, new, at)
    return _merge_value(old, new, at)


def _copied(node: Any) -> Any:
    return {key: _copied(value) for key, value in node.items()} if isinstance(node, dict) else node


def is_number(value: object) -> bool:
    """Return True for an integer of JSON; in Python, True and False are integers too."""
    return isinstance(value, int) and not isinstance(value, bool)


def shorten(value: object) -> str:
    """Return a value as an error message quotes it: at most 200 characters."""
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
