"""A `for` over a stream: its items are rendered in full, sent with the operations of the stream, and forgotten.

The wire has them as a comprehension with a key `stream`: `[ref, inserts, deletes]`, and True as a fourth element for a
reset (the client tests whether there is a fourth). `ref` names the stream among all of a view and its components.

The `loop` variable of a loop whose rows are not visited one after the other.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from jinja2.runtime import LoopContext, Undefined
from jinja2.utils import internalcode, missing

from pyview.stream import Stream, StreamOps, Streams, drop_over_limit
from pyview.template.tree.nodes import EVERYTHING, Diff, RenderPass, Segment

__all__ = ["ShownItems", "StreamRows", "StreamShownTwice", "StreamSlot", "rows_of", "settle", "stream_slot"]


class LiveLoop(LoopContext):
    """Jinja2's loop context over a list, at any position: set `index0`, then read."""

    def __init__(self, items: Sequence[Any], undefined: type[Undefined]) -> None:
        self._items = items
        self._length = len(items)
        self._undefined = undefined
        self._recurse = None
        self.depth0 = 0

    def _peek_next(self) -> Any:
        after = self.index0 + 1
        return self._items[after] if after < len(self._items) else missing

    @property
    def last(self) -> bool:
        return self.index0 + 1 == len(self._items)

    @property
    def previtem(self) -> Any:
        if self.index0 == 0:
            return self._undefined("there is no previous item")
        return self._items[self.index0 - 1]


class StreamShownTwice(ValueError):
    """Two loops over streams of one name: the browser could not tell their items apart."""


class StreamRows(list[Any]):
    """The items of a stream that wait to be shown, as `(dom_id, item)`. Never false, so that no `else` replaces it."""

    __slots__ = ("stream",)

    stream: Stream[Any]

    def __bool__(self) -> bool:
        return True


class ShownItems(NamedTuple):
    """Changes of one render to a stream whose items hold nested views.

    `views` are the ids of the nested views by the id of their item. `first`: the page had no list, or one without
    items. `lost`: all of the list is rendered anew, and what the page has of it is not known.
    """

    ref: str
    operations: StreamOps
    views: Mapping[str, tuple[str, ...]]
    first: bool
    lost: bool = False


class StreamSlot:
    """The state of a loop over a stream between renders: the identity of the stream, and nothing of its items.
    `untouched`: it has had no items so far."""

    __slots__ = ("identity", "segment", "untouched")

    def __init__(self, segment: Segment, identity: object, *, untouched: bool) -> None:
        self.segment = segment
        self.identity = identity
        self.untouched = untouched


@internalcode
def rows_of(iterable: Any, test: Callable[[Iterable[Any]], Iterable[Any]] | None = None) -> list[Any]:
    """The rows of a loop; `test` passes on those that the loop's `if` lets through."""
    rows = [*iterable] if test is None else [*test(iterable)]
    if not isinstance(iterable, Stream):
        return rows
    streamed = StreamRows(rows)
    streamed.stream = iterable
    return streamed


@internalcode
def stream_slot(
    render_pass: RenderPass,
    previous: Any,
    segment: Segment,
    rows: StreamRows,
    render: Callable[..., Diff],
    loop: LiveLoop | None,
) -> tuple[StreamSlot, Diff | None]:
    """The slot of a loop over a stream: (what to retain, what changed)."""
    stream = rows.stream
    ref = _show(render_pass, stream)
    known = previous.__class__ is StreamSlot and previous.segment is segment
    replaced = known and previous.identity is not stream.identity
    if known and not stream and not replaced:
        return previous, None
    operations = stream.operations(row[0] for row in rows)
    if replaced and not operations.reset:
        operations = StreamOps(operations.inserts, operations.deletes, reset=True)
    lost = not known and _was_shown(render_pass, stream)
    first = not lost and (not known or previous.untouched)
    shown: Sequence[Any] = rows
    if first or operations.reset:
        operations = drop_over_limit(operations)
        if len(operations.inserts) < len(rows):
            there = {insert.dom_id for insert in operations.inserts}
            shown = [row for row in rows if row[0] in there]
    diff = _diff(ref, operations)
    views: dict[str, tuple[str, ...]] = {}
    diff["k"] = _entries(render_pass, segment, shown, render, loop, views)
    if views or _holds_views(render_pass, ref):
        render_pass.items = [*(render_pass.items or ()), ShownItems(ref, operations, views, first, lost)]
    if not known:
        diff["s"] = segment.statics
        render_pass.append((segment, diff))
    return StreamSlot(segment, stream.identity, untouched=first and not operations.inserts), diff


def _was_shown(render_pass: RenderPass, stream: Stream[Any]) -> bool:
    """Return True if an earlier render showed the stream, so that the page may have items of it."""
    streams = getattr(render_pass.host, "streams", None)
    return streams is not None and streams.has_shown(stream)


def _show(render_pass: RenderPass, stream: Stream[Any]) -> str:
    """Note that the render shows a stream. Returns its name on the wire; components put their number before it."""
    cid = getattr(render_pass.host, "cid", None)
    ref = stream.name if cid is None else f"{cid}-{stream.name}"
    if render_pass.streams is None:
        render_pass.streams = {}
    if ref in render_pass.streams:
        raise StreamShownTwice(
            f"two loops show a stream of the name {stream.name!r}. A stream is shown in one place; two streams need "
            "two names"
        )
    render_pass.streams[ref] = stream
    return ref


def _holds_views(render_pass: RenderPass, ref: str) -> bool:
    """Return True if items of that stream held nested views in an earlier render."""
    streams = getattr(render_pass.host, "streams", None)
    return streams is not None and streams.with_views is not None and ref in streams.with_views


def _diff(ref: str, operations: StreamOps) -> Diff:
    inserts = [[each.dom_id, each.at, each.limit, each.update_only] for each in operations.inserts]
    told: list[Any] = [ref, inserts, [*operations.deletes]]
    return {"stream": [*told, True] if operations.reset else told}


def _entries(
    render_pass: RenderPass,
    segment: Segment,
    rows: Sequence[Any],
    render: Callable[..., Diff],
    loop: LiveLoop | None,
    views: dict[str, tuple[str, ...]],
) -> Diff:
    """The items; the ids of nested views within them are put into `views`."""
    entries: Diff = {}
    nested = len(render_pass.nested or ())
    for position, item in enumerate(rows):
        slots = segment.blank[:]
        if loop is None:
            entries[str(position)] = render(render_pass, item, slots, EVERYTHING)
        else:
            loop.index0 = position
            entries[str(position)] = render(render_pass, item, slots, EVERYTHING, loop)
        if render_pass.nested is not None and len(render_pass.nested) > nested:
            views[item[0]] = (*render_pass.nested,)[nested:]
            nested = len(render_pass.nested)
    entries["kc"] = len(rows)
    return entries


def settle(render_pass: RenderPass) -> None:
    """The render has succeeded: what was waiting in its streams is forgotten."""
    shown = {} if render_pass.streams is None else render_pass.streams
    host = render_pass.host
    if not hasattr(host, "streams"):  # a template on its own, without a view
        for stream in shown.values():
            stream.settle()
        return
    if host.streams is None:
        host.streams = Streams()
    host.streams.settle(shown.values())
    if render_pass.items is not None:
        host.streams.with_views = {items.ref for items in render_pass.items}.union(
            host.streams.with_views or ()
        )
        host.show_items(render_pass.items)
