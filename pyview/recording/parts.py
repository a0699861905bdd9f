"""Parts of a diff: which slots of which templates were sent.

A diff names slots by their positions. The retained tree of the view, walked through at the same time, says which body
of which template each position belongs to.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final, NamedTuple

from pyview.template.tree.comprehension import Comprehension
from pyview.template.tree.nodes import Node, Segment, unwrapped

MOST_PARTS: Final = 60
"""Parts of one diff that are noted."""

_MOST_ROWS: Final = 5


class SlotPlace(NamedTuple):
    """A slot of a template: the name of the template, the number of the body, the position in it."""

    template: str
    body: int
    slot: int


class SentPart(NamedTuple):
    """One slot that was sent. `around` are the slots that it is in, from the outside. `cid` is that of its component.

    `kind`: "text", "new" for a whole new piece, "moved" rows, "stream" items, "rows" for more rows than are noted.
    """

    place: SlotPlace
    around: tuple[SlotPlace, ...]
    kind: str
    cid: int | None = None


def sent_parts(diff: Mapping[str, Any], root: Any, components: Mapping[int, Any]) -> list[SentPart]:
    """Return the parts of a diff, `MOST_PARTS` at most. `components` are the root nodes of components by their cids."""
    found: list[SentPart] = []
    if isinstance(root, Node):
        found += islice(_of_node(diff, root, root.segment, (), None), MOST_PARTS)
    for cid, part in (diff.get("c") or {}).items():
        node = components.get(int(cid))
        if isinstance(node, Node) and type(part) is dict:
            found += islice(_of_component(part, node, int(cid)), MOST_PARTS - len(found))
    return found[:MOST_PARTS]


def _of_component(part: Mapping[str, Any], node: Node, cid: int) -> Iterator[SentPart]:
    if "s" in part:
        yield SentPart(_place(node.segment, 0), (), "new", cid)
    else:
        yield from _of_node(part, node, node.segment, (), cid)


def _of_node(
    diff: Mapping[str, Any], slots: Any, segment: Segment, around: tuple[SlotPlace, ...], cid: int | None
) -> Iterator[SentPart]:
    for key, change in diff.items():
        if not key.isdecimal() or int(key) >= len(slots):
            continue
        place = _place(segment, int(key))
        yield from _of_slot(change, unwrapped(slots[int(key)]), place, around, cid)


def _of_slot(
    change: Any, slot: Any, place: SlotPlace, around: tuple[SlotPlace, ...], cid: int | None
) -> Iterator[SentPart]:
    if type(change) is not dict:
        yield SentPart(place, around, "text", cid)
    elif "stream" in change:
        yield SentPart(place, around, "stream", cid)
    elif "s" in change or not isinstance(slot, Node | Comprehension):
        yield SentPart(place, around, "new", cid)
    elif isinstance(slot, Comprehension):
        yield from _of_rows(change.get("k") or {}, slot, place, around, cid)
    else:
        yield from _of_node(change, slot, slot.segment, (*around, place), cid)


def _of_rows(
    rows: Mapping[str, Any],
    slot: Comprehension,
    place: SlotPlace,
    around: tuple[SlotPlace, ...],
    cid: int | None,
) -> Iterator[SentPart]:
    changed = [(key, row) for key, row in rows.items() if key.isdecimal()]
    if not changed:
        yield SentPart(place, around, "rows", cid)
    for key, row in changed[:_MOST_ROWS]:
        part = row[1] if type(row) is list else row
        if type(part) is not dict or int(key) >= len(slot.rows):
            yield SentPart(place, around, "moved", cid)
        elif len(part) == len(slot.segment.blank) and len(part) > 1:
            yield SentPart(place, around, "new row", cid)
        else:
            yield from _of_node(part, slot.rows[int(key)], slot.segment, (*around, place), cid)
    if len(changed) > _MOST_ROWS:
        yield SentPart(place, around, f"{len(changed) - _MOST_ROWS} more rows", cid)


def _place(segment: Segment, slot: int) -> SlotPlace:
    template, _, body = segment.fingerprint.rpartition("#")
    return SlotPlace(template or segment.fingerprint, int(body) if body.isdecimal() else 0, slot)
