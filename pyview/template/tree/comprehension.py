"""A `for` in the page: only changed rows are rendered, and keyed rows that move are not sent again."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeAlias

from jinja2.utils import internalcode, missing

from pyview.template.tree.nodes import EVERYTHING, Diff, RenderPass
from pyview.template.tree.output import number_text, number_texts
from pyview.template.tree.rows import RowCache, RowOrder, RowSegment, remember
from pyview.template.tree.stream import LiveLoop, StreamRows, stream_slot

Row: TypeAlias = Callable[..., Diff]
"""Renders one row into its slots: (render_pass, item, slots, mask[, loop]) -> diff."""

Draw: TypeAlias = Callable[[int, Any, list[Any], int], Diff]
"""The same for all rows of one render: (position, item, slots, mask) -> diff."""

Key: TypeAlias = Callable[[Any], Any]


class Comprehension:
    """Retained state of one loop: the slots of its rows, the tokens of their items, and the keys of a keyed loop."""

    __slots__ = ("keys", "memory", "rows", "segment")

    segment: RowSegment
    memory: RowCache
    rows: list[list[Any]]
    keys: list[Any]


@internalcode
def comprehension(
    render_pass: RenderPass,
    previous: Any,
    segment: RowSegment,
    items: Sequence[Any],
    render: Row,
    mask: int,
    loop: LiveLoop | None,
    key: Key | None,
) -> tuple[Any, Any]:
    """Render a loop over `items`. Return (what to retain, what changed). `mask` is the mask of the body around it."""
    # Exact class checks, not `isinstance`: this runs for every loop of every render.
    if items.__class__ is StreamRows:
        return stream_slot(render_pass, previous, segment, items, render, loop)
    # Before the check for no items: a list that becomes empty keeps its statics in the client.
    if previous.__class__ is Comprehension and previous.segment is segment:
        return previous, _update(previous, items, render_pass, render, mask, loop, key)
    # As LiveView does: a list that has shown no row is an empty text, without the statics of a row.
    if not items:
        return "", (None if previous == "" else "")
    held = _make(segment, items, key)
    diff: Diff = {"s": segment.statics}
    render_pass.append((segment, diff))
    entries: dict[str, Any]
    if segment.flat:
        held.rows, entries = fresh_rows(render_pass, items, render, loop)
    else:
        held.rows = [segment.blank[:] for _ in items]
        draw, rows = _drawing(render_pass, render, loop), enumerate(zip(items, held.rows, strict=True))
        entries = {number_text(i): draw(i, item, slots, EVERYTHING) for i, (item, slots) in rows}
    diff["k"] = entries
    entries["kc"] = len(items)
    return held, diff


def fresh_rows(
    render_pass: RenderPass, items: Sequence[Any], render: Callable[..., Any], loop: LiveLoop | None
) -> tuple[list[list[Any]], dict[str, Any]]:
    """Render new rows of a flat segment. Return their slots and their entries.

    The first tree of a table takes two thirds of the time of rows that are compared with empty slots.
    """
    rows: list[list[Any]] = []
    entries: dict[str, Any] = {}
    if loop is None:
        for number, item in zip(number_texts(len(items)), items, strict=True):
            slots, entries[number] = render(render_pass, item, None, EVERYTHING)
            rows.append(slots)
        return rows, entries
    for loop.index0, item in enumerate(items):
        slots, entries[number_text(loop.index0)] = render(render_pass, item, None, EVERYTHING, loop)
        rows.append(slots)
    return rows, entries


def _drawing(render_pass: RenderPass, render: Row, loop: LiveLoop | None) -> Draw:
    if loop is None:
        return lambda position, item, slots, mask: render(render_pass, item, slots, mask)

    def draw(position: int, item: Any, slots: list[Any], mask: int) -> Diff:
        loop.index0 = position
        return render(render_pass, item, slots, mask, loop)

    return draw


def _make(segment: RowSegment, items: Sequence[Any], key: Key | None) -> Comprehension:
    made = Comprehension()
    made.segment = segment
    made.memory = remember(segment, items)  # before the rows are rendered: a template may change its items
    made.keys = [] if key is None else unique(map(key, items))
    return made


def _update(
    held: Comprehension,
    items: Sequence[Any],
    render_pass: RenderPass,
    render: Row,
    mask: int,
    loop: LiveLoop | None,
    key: Key | None,
) -> Diff | None:
    count, found = len(held.rows), held.memory.scan(items)
    order = _order(held, items, found, key)
    if order is not None:
        if len(items) != count:
            mask |= held.segment.length
        entries = _moved(held, items, order, _drawing(render_pass, render, loop), mask)
    elif found is None or loop is not None or mask & held.segment.outer:
        changes = _settle(held, items, found)
        entries = _in_place(held, items, _drawing(render_pass, render, loop), mask, changes)
    else:
        entries = _only_found(held, items, found, render_pass, render, mask)
    if not entries and len(items) == count:
        return None
    # The client drops all rows beyond this number, and expects the number in every message of a list.
    entries["kc"] = len(items)
    return {"k": entries}


def _only_found(
    held: Comprehension,
    items: Sequence[Any],
    found: Sequence[int],
    render_pass: RenderPass,
    render: Row,
    mask: int,
) -> dict[str, Any]:
    """Render those of the found rows that did change. Return their diffs by position."""
    # The case of nearly every event, so it is one function: code that runs once for each event is in no cache, and
    # its calls cost several times of what they cost in a loop.
    rows, settle, needed = held.rows, held.memory.settle, held.segment.mask
    entries: dict[str, Any] = {}
    for i in found:
        item = items[i]
        bits = settle(i, item)
        if bits & needed:
            diff = render(render_pass, item, rows[i], mask | bits)
            if diff:
                entries[number_text(i)] = diff
    return entries


def _settle(held: Comprehension, items: Sequence[Any], found: Sequence[int] | None) -> dict[int, int]:
    """Return the rows that did change, with the bits of their changes. Remember their present state."""
    segment = held.segment
    if found is None:  # items of another kind: everything that depends on them is evaluated once
        held.memory = remember(segment, items)
        return dict.fromkeys(range(len(items)), segment.item)
    settled = ((i, held.memory.settle(i, items[i])) for i in found)
    return {i: bits for i, bits in settled if bits & segment.mask}


def _order(
    held: Comprehension, items: Sequence[Any], found: Sequence[int] | None, key: Key | None
) -> RowOrder | None:
    """Return the former position of each row, None if no row has moved, and none was added or removed."""
    count = len(held.rows)
    if key is None:
        return None if len(items) == count else [i if i < count else None for i in range(len(items))]
    keys = held.keys
    # A key is a field that the scan compares, or comes from the item itself. So only a found row can have
    # another key.
    if len(items) == count and found is not None and _keep_keys(keys, items, found, key):
        return None
    held.keys = unique(map(key, items))
    before = {each: i for i, each in enumerate(keys)}
    order = [before.get(each) for each in held.keys]
    return None if order == [*range(count)] else order


def _keep_keys(keys: Sequence[Any], items: Sequence[Any], rows: Iterable[int], key: Key) -> bool:
    for i in rows:  # noqa: SIM110  a generator costs more than to check the one row that usually changed
        if keys[i] != key(items[i]):
            return False
    return True


def _in_place(
    held: Comprehension, items: Sequence[Any], draw: Draw, mask: int, changes: dict[int, int]
) -> dict[str, Any]:
    """Render the changed rows, or all if something around them has changed. Return their diffs by position."""
    rows = held.rows
    numbers = range(len(rows)) if mask & held.segment.outer else changes
    diffs = ((i, draw(i, items[i], rows[i], mask | changes.get(i, 0))) for i in numbers)
    return {number_text(i): diff for i, diff in diffs if diff}


def _moved(
    held: Comprehension, items: Sequence[Any], order: RowOrder, draw: Draw, mask: int
) -> dict[str, Any]:
    """Move the rows, and render the new and changed ones. Return the entries of all that the client has to change."""
    _reorder(held, order)
    # The rows have other positions now, so a former scan names the wrong ones.
    changes = _settle(held, items, held.memory.scan(items))
    segment, rows = held.segment, held.rows
    entries: dict[str, Any] = {}
    # The order counts former positions. The client reads a moved row from there, whatever it has changed
    # before.
    for i, old in enumerate(order):
        if old is None:
            entries[number_text(i)] = draw(i, items[i], rows[i], EVERYTHING)
            continue
        bits = mask | changes.get(i, 0) | (segment.position if i != old else 0)
        diff = draw(i, items[i], rows[i], bits) if bits & segment.mask else None
        if i != old:
            # Two forms of the protocol: a number moves a row, a pair moves it and merges a diff.
            entries[number_text(i)] = [old, diff] if diff else old
            # Only with this mark does the client copy the list first. Otherwise a row that was overwritten
            # would be read.
            entries["km"] = True
        elif diff:
            entries[number_text(i)] = diff
    return entries


def _reorder(held: Comprehension, order: RowOrder) -> None:
    rows, blank = held.rows, held.segment.blank
    held.rows = [blank[:] if old is None else rows[old] for old in order]
    held.memory.reorder(order)


def unique(keys: Iterable[Hashable]) -> list[Hashable]:
    """Return the keys of all rows, with a number added to a key that occurs again."""
    found = [*keys]
    try:
        if len(set(found)) == len(found):
            return found
    except TypeError as error:
        raise TypeError(
            f"expected a hashable key for each row, such as a number or a text: {error}. Use another field in keyed_by"
        ) from None
    seen: dict[Hashable, int] = {}
    result: list[Hashable] = []
    for key in found:
        seen[key] = times = seen.get(key, 0) + 1
        # No key of an application contains the class `_Again`, so a new key cannot equal one of another row.
        result.append(key if times == 1 else (_Again, key, times))
    return result


class _Again:
    """Marks the key of a row whose key an earlier row has."""


def item_key(item: Any) -> Any:
    """Return the row itself as its key."""
    return item


def field_key(name: str | int) -> Key:
    """Return a key function for the field of that name, or the item of that number. Rows without one share a key."""

    def read(item: Any) -> Any:
        try:
            return item[name]
        except (TypeError, LookupError, AttributeError):
            return missing

    def read_attribute(item: Any) -> Any:
        # A dict has attributes such as `items`, but `keyed_by("items")` means its entry.
        value = missing if type(item) is dict else getattr(item, attribute, missing)
        return read(item) if value is missing else value

    attribute = str(name)
    return read_attribute if isinstance(name, str) else read
