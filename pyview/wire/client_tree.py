"""What the JavaScript client does with a rendered tree: `merge(tree, diff)`, then `to_html(tree)`.

This is the receiving end of the wire, as `rendered.js` of the npm package `phoenix_live_view` 1.2 behaves: nodes,
statics, templates (`p`), keyed comprehensions (`k`, `kc`, `km`) and components (`c`). Tests use it to check a server:
where the client would throw, or would silently show the wrong page, `ProtocolError` says what was sent and why it
cannot be shown.

Everything here is pure. A tree is a dict as it comes out of JSON; no function changes its arguments.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

Tree = dict[str, Any]
Table = Mapping[str, Any] | None

STATIC, TEMPLATES, COMPONENTS, ROOT = "s", "p", "c", "r"
KEYED, COUNT, MOVED = "k", "kc", "km"
EVENTS, REPLY, TITLE = "e", "r", "t"
SKIP = "data-phx-skip"

_VOID_NAMES = "area base br col command embed hr img input keygen link meta param source track wbr"
VOID_TAGS = frozenset(_VOID_NAMES.split())


class ProtocolError(Exception):
    """The server sent something the JavaScript client could not apply, or would apply wrongly."""


@dataclass(frozen=True, slots=True)
class Extracted:
    """A diff without what is not part of the tree.

    `events` are `[name, payload]` or, to be dispatched before the page is patched, `[name, payload, True]`;
    `reply` is None when there is none; `title` is None when the page's title stays.
    """

    diff: Tree
    title: Any
    reply: Any
    events: list[Any]


def extract(diff: Mapping[str, Any]) -> Extracted:
    """Part a diff from the top-level title, reply and events that travel with it."""
    tree = {key: value for key, value in diff.items() if key not in (TITLE, REPLY, EVENTS)}
    return Extracted(tree, diff.get(TITLE), diff.get(REPLY), list(diff.get(EVENTS) or []))


def merge(tree: Mapping[str, Any], diff: Mapping[str, Any]) -> Tree:
    """The tree after `diff`, as the client would hold it; `merge({}, rendered)` is the tree of a join.

    Templates are put in place, so two trees that show the same page compare equal. Top-level title, reply and events
    are left out: see `extract`. Raises `ProtocolError` for a diff that does not fit the tree.
    """
    source = extract(diff).diff
    new_components = _inline_components(source.pop(COMPONENTS, {}))
    known = tree.get(COMPONENTS, {})
    if STATIC in source:
        known = {}  # a new root drops every component: the server has to send again what it mentions
    elif STATIC not in tree and KEYED not in tree:
        raise ProtocolError(f"the first tree must be complete, but it has no statics `s`: {_short(diff)}")
    body = {key: value for key, value in tree.items() if key != COMPONENTS}
    merged = _merge_node(body, _inline(source, None, "root"), "root")
    components = {**known, **_merge_components(known, new_components)}
    return {**merged, COMPONENTS: components} if components else merged


def to_html(tree: Mapping[str, Any], *, strip: bool = True, since: Mapping[str, Any] | None = None) -> str:
    """The HTML of a tree that `merge` returned.

    The client adds attributes of its own to root elements (`data-phx-id`, `data-phx-skip`, `data-phx-component`).
    With `strip` they are left out; without it components are marked with `data-phx-component`, which is how events
    find them. `since` is the tree that was merged into: root elements that the diff did not touch are marked with
    `data-phx-skip`, as the client leaves them alone when it patches the page (only it leaves out what is inside).
    Raises `ProtocolError` for what the client cannot render or would render as rubbish.
    """
    untouched = frozenset(_identities(since)) if since is not None else frozenset()
    return _Renderer(tree.get(COMPONENTS, {}), strip, set(), untouched).root(tree)


def check_reach(tree: Mapping[str, Any], diff: Mapping[str, Any], since: Mapping[str, Any]) -> None:
    """Raise `ProtocolError` if the client, having merged `diff`, would not show all components that it changes.

    Of a diff with more than components in it, the client renders the page. What is left alone then, with everything
    inside: a component that the diff does not name, and a node with a root flag that it does not touch. `tree` is what
    `since` became.
    """
    changed = extract(diff).diff
    parts = changed.pop(COMPONENTS, {})
    if not changed or not parts:
        return
    components = tree.get(COMPONENTS, {})
    reached = {*_components_in(tree, components, parts, frozenset(_identities(since)))}
    for cid in _components_in(tree, components, components, frozenset()):
        if cid in parts and cid not in reached:
            raise ProtocolError(
                f"component {cid} changes with other things of the page, but something around it is left alone: a "
                "component that the diff does not name, or a node with `r` that it does not touch"
            )


def _components_in(
    node: Any, components: Mapping[str, Tree], open_ones: Mapping[str, Any], closed: frozenset[int]
) -> Iterator[str]:
    """The numbers of the components in a node, and in those of them that are among `open_ones`."""
    if _is_int(node):
        cid = str(node)
        yield cid
        if cid in open_ones:
            yield from _components_in(components.get(cid), components, open_ones, closed)
    elif isinstance(node, Mapping) and not (node.get(ROOT) and id(node) in closed):
        for key, value in node.items():
            if key == KEYED or key.isdecimal():
                yield from _components_in(value, components, open_ones, closed)


# --- templates ---


def _inline(node: Tree, table: Table, at: str) -> Tree:
    """The same node with its numbered statics looked up; the table of a message is not kept by the client."""
    if KEYED in node:
        return _inline_keyed(node, table, at)
    table = node.get(TEMPLATES, table)
    inlined = {
        key: _inline_value(value, table, f"{at}.{key}") for key, value in node.items() if key != TEMPLATES
    }
    if STATIC in node:
        inlined[STATIC] = _statics(node[STATIC], table, at)
    return inlined


def _inline_value(value: Any, table: Table, at: str) -> Any:
    return _inline(value, table, at) if isinstance(value, dict) else value


def _inline_keyed(node: Tree, table: Table, at: str) -> Tree:
    # The comprehension's own statics never use its own table, and an outer table wins inside the entries.
    inner = node.get(TEMPLATES) if table is None else table
    inlined = {key: value for key, value in node.items() if key != TEMPLATES}
    inlined[KEYED] = {key: _inline_entry(entry, inner, f"{at}.k.{key}") for key, entry in node[KEYED].items()}
    if STATIC in node:
        inlined[STATIC] = _statics(node[STATIC], table, at)
    return inlined


def _inline_entry(entry: Any, table: Table, at: str) -> Any:
    if isinstance(entry, list):
        return [entry[0], *(_inline_value(part, table, at) for part in entry[1:])]
    return _inline_value(entry, table, at)


def _statics(statics: Any, table: Table, at: str) -> list[str]:
    found = statics
    if _is_int(statics):
        if table is None:
            raise ProtocolError(
                f"at {at}: statics number {statics} without a table of templates `p` in scope"
            )
        found = table.get(str(statics))
    if not isinstance(found, list) or not found or not all(isinstance(text, str) for text in found):
        raise ProtocolError(
            f"at {at}: statics must be a list of strings, got {_short(found)} for {_short(statics)}"
        )
    return found


def _inline_components(components: Mapping[str, Tree]) -> dict[str, Tree]:
    return {cid: _inline_component(cid, component) for cid, component in components.items()}


def _inline_component(cid: str, component: Tree) -> Tree:
    shared = component.get(STATIC)
    if not _is_int(shared):
        return _inline(component, None, f"component {cid}")
    # A number here names another component, never a template.
    own = {key: value for key, value in component.items() if key != STATIC}
    return {**_inline(own, None, f"component {cid}"), STATIC: shared}


# --- merging ---


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
    held = "nothing" if old is None else _short(old)
    raise ProtocolError(
        f"at {at}: a diff without statics `s` over {held}; a new node has to be sent whole: {_short(new)}"
    )


def _merge_keyed(target: Tree, source: Tree, at: str) -> Tree:
    old = target.get(KEYED)
    if not isinstance(old, dict):
        raise ProtocolError(
            f"at {at}: a diff of a comprehension `k`, but the client holds {_short(target)} there"
        )
    merged = {**target, KEYED: _merge_entries(old, source[KEYED], at)}
    if "stream" in source:
        merged["stream"] = source["stream"]
    return merged


def _merge_entries(old: Tree, new: Tree, at: str) -> Tree:
    count = _count(new, at)
    _check_positions(new, count, at)
    _check_moves(new, at)
    entries: Tree = {str(i): _merge_entry(old, new.get(str(i)), str(i), f"{at}.k.{i}") for i in range(count)}
    return {**entries, COUNT: count}


def _merge_entry(old: Tree, entry: Any, position: str, at: str) -> Any:
    if entry is None:
        return _old_entry(old, position, at)
    if _is_int(entry):
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


def _count(keyed: Tree, at: str) -> int:
    count = keyed.get(COUNT)
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise ProtocolError(f"at {at}: every `k` needs its number of entries `kc`, got {_short(keyed)}")
    return count


def _check_positions(keyed: Tree, count: int, at: str) -> None:
    for key in keyed:
        if key not in (COUNT, MOVED) and not (key.isdecimal() and int(key) < count):
            raise ProtocolError(f"at {at}: entry {key!r} in a list whose `kc` is {count}")


def _check_moves(keyed: Tree, at: str) -> None:
    moves = [_moved_from(entry, f"{at}.k.{key}") for key, entry in keyed.items() if key not in (COUNT, MOVED)]
    origins = [origin for origin in moves if origin is not None]
    if origins and not keyed.get(MOVED):
        raise ProtocolError(f"at {at}: entries move, but `km` is not set; the client throws: {_short(keyed)}")
    if len(set(origins)) != len(origins):
        raise ProtocolError(f"at {at}: two entries move from one old position: {_short(keyed)}")


def _moved_from(entry: Any, at: str) -> int | None:
    if isinstance(entry, dict):
        return None
    if _is_int(entry):
        return int(entry)
    if isinstance(entry, list) and len(entry) == 2 and _is_int(entry[0]) and isinstance(entry[1], dict):
        return int(entry[0])
    raise ProtocolError(
        f"at {at}: an entry is a diff, an old position, or [old position, diff]; got {_short(entry)}"
    )


# --- components ---


def _merge_components(known: Mapping[str, Tree], new: Mapping[str, Tree]) -> dict[str, Tree]:
    merging = _Components(known, new, {})
    for cid in new:
        merging.component(cid, ())
    return merging.done


@dataclass(frozen=True, slots=True)
class _Components:
    """The components of one diff: `known` before it, `new` in it, `done` merged so far."""

    known: Mapping[str, Tree]
    new: Mapping[str, Tree]
    done: dict[str, Tree]

    def component(self, cid: str, chain: tuple[str, ...]) -> Tree:
        if cid in chain:
            raise ProtocolError(f"components share their statics in a circle: {' -> '.join((*chain, cid))}")
        if cid not in self.done:
            self.done[cid] = self._merged(cid, chain)
        return self.done[cid]

    def _merged(self, cid: str, chain: tuple[str, ...]) -> Tree:
        diff = self.new[cid]
        if _is_int(diff.get(STATIC)):
            return self._sharing(cid, diff, chain)
        if STATIC not in diff and cid not in self.known:
            raise ProtocolError(
                f"component {cid} is unknown to the client, so it must come with statics: {_short(diff)}"
            )
        return _merge_component(self.known.get(cid, {}), diff, f"component {cid}")

    def _sharing(self, cid: str, diff: Tree, chain: tuple[str, ...]) -> Tree:
        source = self._source(cid, diff[STATIC], chain)
        own = {key: value for key, value in diff.items() if key != STATIC}
        return {**_merge_component(source, own, f"component {cid}"), STATIC: source[STATIC]}

    def _source(self, cid: str, shared: int, chain: tuple[str, ...]) -> Tree:
        # Positive: as that component becomes in this diff. Negative: as the client had it before this diff.
        if shared > 0 and str(shared) in self.new:
            return self.component(str(shared), (*chain, cid))
        if shared < 0 and str(-shared) in self.known:
            return self.known[str(-shared)]
        where = "in this diff" if shared > 0 else "before this diff"
        raise ProtocolError(
            f"component {cid} shares the statics of {abs(shared)}, which does not exist {where}"
        )


def _merge_component(target: Tree, source: Tree, at: str) -> Tree:
    """As `_merge_node`, but all of a component that a diff touches counts as new, except the entries of a list."""
    if STATIC in source:
        return source
    if KEYED in source:
        return _merge_keyed(target, source, at)
    renewed = {key: _renewed(old) for key, old in target.items() if key not in source}
    merged = {key: _merge_component_value(target.get(key), new, f"{at}.{key}") for key, new in source.items()}
    return {**renewed, **merged}


def _merge_component_value(old: Any, new: Any, at: str) -> Any:
    if isinstance(old, dict) and isinstance(new, dict) and STATIC not in new:
        return _merge_component(old, new, at)
    return _merge_value(old, new, at)


def _renewed(node: Any) -> Any:
    return {key: _renewed(value) for key, value in node.items()} if isinstance(node, dict) else node


# --- rendering ---


@dataclass(frozen=True, slots=True)
class _Renderer:
    components: Mapping[str, Tree]
    strip: bool
    shown: set[str]
    untouched: frozenset[int]

    def root(self, tree: Mapping[str, Any]) -> str:
        # A root flag at the very top never reaches the client's tree: there `r` is the reply to an event.
        return self.node({key: value for key, value in tree.items() if key != ROOT}, "root")

    def node(self, node: Tree, at: str) -> str:
        if KEYED in node:
            return self.comprehension(node, at)
        html = self.fill(_statics(node.get(STATIC), None, at), node, at)
        if node.get(ROOT):
            check_single_root(html, at)
            return _mark(html, SKIP) if id(node) in self.untouched else html
        return html

    def comprehension(self, node: Tree, at: str) -> str:
        statics = _statics(node.get(STATIC), None, at)
        count = _count(node[KEYED], at)
        _check_positions(node[KEYED], count, at)
        return "".join(self.entry(node[KEYED].get(str(i)), statics, f"{at}.k.{i}") for i in range(count))

    def entry(self, entry: Any, statics: list[str], at: str) -> str:
        if not isinstance(entry, dict):
            raise ProtocolError(f"at {at}: expected an entry of a list, got {_short(entry)}")
        return self.fill(statics, entry, at)

    def fill(self, statics: list[str], node: Tree, at: str) -> str:
        parts = [statics[0]]
        for i, static in enumerate(statics[1:]):
            parts += (self.dynamic(node.get(str(i)), f"{at}.{i}"), static)
        return "".join(parts)

    def dynamic(self, value: Any, at: str) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, dict):
            return self.node(value, at)
        if _is_int(value):
            return self.component(str(value), at)
        raise ProtocolError(
            f"at {at}: expected a string, a node or a component's number, got {_short(value)}"
        )

    def component(self, cid: str, at: str) -> str:
        component = self.components.get(cid)
        if component is None:
            raise ProtocolError(
                f"at {at}: no component {cid}; numbers are components, so text must be sent as a string"
            )
        if cid in self.shown:
            raise ProtocolError(
                f"at {at}: component {cid} is in two places; the client leaves the second one empty"
            )
        self.shown.add(cid)
        if not component.get(ROOT):
            raise ProtocolError(f"component {cid} needs `r`: 1, else the client cannot find its element")
        html = self.node(component, f"component {cid}")
        return html if self.strip else _mark(html, f'data-phx-component="{cid}"')


def check_single_root(html: str, at: str = "root") -> None:
    """Raise `ProtocolError` unless `html` is one element, with nothing before it but comments and white space.

    The client replaces the element of an unchanged node by an empty copy of its first tag: more elements would vanish,
    no element makes it throw.
    """
    scan = _RootScan()
    scan.feed(html)
    scan.close()
    if scan.roots != 1:
        raise ProtocolError(
            f"at {at}: a node with `r` must be exactly one element, found {scan.roots} in {_short(html)}"
        )


class _RootScan(HTMLParser):
    """Counts top-level elements by the first one's tag alone, so that elements closed by implication do no harm."""

    def __init__(self) -> None:
        super().__init__()
        self.roots = 0
        self._tag = ""
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if self._depth == 0:
            self.roots += 1
            self._tag = tag
        if tag == self._tag and tag not in VOID_TAGS:
            self._depth += 1

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == self._tag and self._depth:
            self._depth -= 1

    def handle_data(self, data: str) -> None:
        if self.roots == 0 and data.strip():
            raise ProtocolError(f"a node with `r` must begin with its element, found text {_short(data)}")


def _identities(node: Any) -> Iterator[int]:
    """Of all nodes: `merge` makes new ones on the way to a change, and keeps the others."""
    if isinstance(node, Mapping):
        yield id(node)
        for value in node.values():
            yield from _identities(value)


def _mark(html: str, attribute: str) -> str:
    start = html.index("<", _end_of_comments(html))
    end = next(i for i in range(start + 1, len(html)) if html[i] in " \t\r\n/>")
    return f"{html[:end]} {attribute}{html[end:]}"


def _end_of_comments(html: str) -> int:
    end = 0
    while html[end:].lstrip().startswith("<!--"):
        end = html.index("-->", end) + 3
    return end


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
