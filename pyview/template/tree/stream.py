"""A `for` over a stream, and the `loop` variable.

The items of a stream are rendered in full, sent with the operations of the stream, and not retained. On the wire they
are a comprehension with a key `stream`: `[ref, inserts, deletes]`, with True as a fourth element for a reset (the
client only checks that there is a fourth). `ref` names the stream among those of a view and its components.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from jinja2.runtime import LoopContext, Undefined
from jinja2.utils import internalcode, missing

from pyview.stream import Stream, StreamOps, Streams, drop_over_limit
from pyview.template.tree.nodes import EVERYTHING, Diff, RenderPass
from pyview.template.tree.output import number_text
from pyview.template.tree.rows import RowSegment

__all__ = ["ShownItems", "StreamRows", "StreamShownTwice", "StreamSlot", "rows_of", "settle", "stream_slot"]


class LiveLoop(LoopContext):
    """Jinja2's loop context over a list, at any position: set `index0`, then read it.

    Jinja2's own advances from item to item. Here rows that did not change are skipped.
    """

    def __init__(self, items: Sequence[Any], undefined: type[Undefined]) -> None:
        # Without `super().__init__()`, which would begin an iteration.
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
    """Two loops show streams of one name. The browser could not distinguish their items."""


class StreamRows(list[Any]):
    """The pending items of a stream as `(dom_id, item)`. Always true: the loop's `else` must never replace the list."""

    __slots__ = ("stream",)

    stream: Stream[Any]

    def __bool__(self) -> bool:
        return True


class ShownItems(NamedTuple):
    """Changes of one render to a stream whose items contain nested views.

    `views` maps the DOM id of each item to the ids of its nested views. `first` is True if the page had no items of the
    stream. `lost` is True if the whole list is rendered again, and the items in the page are not known.
    """

    ref: str
    operations: StreamOps
    views: Mapping[str, tuple[str, ...]]
    first: bool
    lost: bool = False


class StreamSlot:
    """Retained state of a loop over a stream: the identity of the stream, and nothing of its items.

    `untouched` is True as long as the loop has shown no items.
    """

    __slots__ = ("identity", "segment", "untouched")

    def __init__(self, segment: RowSegment, identity: object, *, untouched: bool) -> None:
        self.segment = segment
        self.identity = identity
        self.untouched = untouched


@internalcode
def rows_of(iterable: Any, test: Callable[[Iterable[Any]], Iterable[Any]] | None = None) -> list[Any]:
    """Return the rows of a loop. `test` yields those for which the loop's `if` holds."""
    # A copy: an iterator can be read only once, and rows are read several times.
    if iterable.__class__ is list and test is None:  # nearly every loop
        return [*iterable]
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
    segment: RowSegment,
    rows: StreamRows,
    render: Callable[..., Diff],
    loop: LiveLoop | None,
) -> tuple[StreamSlot, Diff | None]:
    """Render a loop over a stream. Return (what to retain, what changed)."""
    stream = rows.stream
    ref = _show(render_pass, stream)
    known = previous.__class__ is StreamSlot and previous.segment is segment
    replaced = known and previous.identity is not stream.identity
    if known and not stream and not replaced:
        return previous, None
    operations = stream.operations(row[0] for row in rows)
    if replaced and not operations.reset:
        # The page shows items of the former stream, which the new one cannot delete because it does not know
        # them.
        operations = StreamOps(operations.inserts, operations.deletes, reset=True)
    # After a failed render the tree is new, but the browser may still show the items of earlier renders.
    lost = not known and _was_shown(render_pass, stream)
    first = not lost and (not known or previous.untouched)
    shown: Sequence[Any] = rows
    if first or operations.reset:
        # The browser's list is empty at this point, so the items that their own limits remove at once are
        # known. The page would never report their components as gone.
        operations = drop_over_limit(operations)
        if len(operations.inserts) < len(rows):
            inserted = {insert.dom_id for insert in operations.inserts}
            shown = [row for row in rows if row[0] in inserted]
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
    """Return True if an earlier render showed the stream, so that the page may contain items of it."""
    streams = getattr(render_pass.host, "streams", None)
    return streams is not None and streams.has_shown(stream)


def _show(render_pass: RenderPass, stream: Stream[Any]) -> str:
    """Record that the render shows a stream. Return its name on the wire, which begins with a component's number."""
    cid = getattr(render_pass.host, "cid", None)
    ref = stream.name if cid is None else f"{cid}-{stream.name}"
    if render_pass.streams is None:
        render_pass.streams = {}
    if ref in render_pass.streams:
        raise StreamShownTwice(
            f"two loops show a stream named {stream.name!r}. Show a stream in one loop only, and give two streams two "
            "names"
        )
    render_pass.streams[ref] = stream
    return ref


def _holds_views(render_pass: RenderPass, ref: str) -> bool:
    """Return True if items of that stream contained nested views in an earlier render."""
    streams = getattr(render_pass.host, "streams", None)
    return streams is not None and streams.with_views is not None and ref in streams.with_views


def _diff(ref: str, operations: StreamOps) -> Diff:
    inserts = [[each.dom_id, each.at, each.limit, each.update_only] for each in operations.inserts]
    changes: list[Any] = [ref, inserts, [*operations.deletes]]
    return {"stream": [*changes, True] if operations.reset else changes}


def _entries(
    render_pass: RenderPass,
    segment: RowSegment,
    rows: Sequence[Any],
    render: Callable[..., Diff],
    loop: LiveLoop | None,
    views: dict[str, tuple[str, ...]],
) -> Diff:
    """Render the items and return their entries. Put the ids of nested views inside them into `views`."""
    entries: Diff = {}
    nested = len(render_pass.nested or ())
    for position, item in enumerate(rows):
        if loop is not None:
            loop.index0 = position
        entries[number_text(position)] = _entry(render_pass, segment, item, render, loop)
        if render_pass.nested is not None and len(render_pass.nested) > nested:
            # A dict keeps its order, so the ids that this row has added are the last ones.
            views[item[0]] = (*render_pass.nested,)[nested:]
            nested = len(render_pass.nested)
    entries["kc"] = len(rows)
    return entries


def _entry(
    render_pass: RenderPass, segment: RowSegment, item: Any, render: Callable[..., Any], loop: LiveLoop | None
) -> Any:
    # Always a whole row: the client drops the rows of a stream from its tree once they are in the page.
    place = () if loop is None else (loop,)
    if segment.flat:
        return render(render_pass, item, None, EVERYTHING, *place)[1]
    return render(render_pass, item, segment.blank[:], EVERYTHING, *place)


def settle(render_pass: RenderPass) -> None:
    """Drop the pending operations of the streams after a successful render."""
    shown = {} if render_pass.streams is None else render_pass.streams
    host = render_pass.host
    if not hasattr(host, "streams"):  # a template on its own, without a view
        for stream in shown.values():
            stream.settle()
        return
    if host.streams is None:
        # Made at the first stream only: most pages have none.
        host.streams = Streams()
    host.streams.settle(shown.values())
    if render_pass.items is not None:
        host.streams.with_views = {items.ref for items in render_pass.items}.union(
            host.streams.with_views or ()
        )
        host.show_items(render_pass.items)
