"""Nested views within the items of streams: which of them go when a stream changes.

Only the browser keeps the items of a stream. To know which views went with an item, the server follows what the browser
does with a stream, from its first nested view on; streams without nested views cost nothing.
"""

from collections.abc import Iterable

from pyview.stream_order import StreamOrder
from pyview.template.tree.stream import ShownItems


class StreamedViews:
    """The nested views within the items of all streams of one view and its components."""

    __slots__ = ("_orders", "_places")

    def __init__(self) -> None:
        self._orders: dict[str, _Order] = {}
        self._places: dict[str, tuple[str, str]] = {}

    def rendered(self, view_id: str) -> None:
        """The view stands wherever this render puts it, and no longer where it was."""
        self._places.pop(view_id, None)

    def follow(self, shown: Iterable[ShownItems]) -> set[str]:
        """Follow one render. Returns the ids of the views that went with their items."""
        gone: set[str] = set()
        for items in shown:
            gone |= self._follow(items)
        return gone

    def _follow(self, items: ShownItems) -> set[str]:
        order = self._orders.setdefault(items.ref, _Order())
        order.change(items)
        # What was rendered in an item that is inserted again has been taken off its place already.
        left = {*items.operations.deletes, *(each.dom_id for each in items.operations.inserts)}
        gone = {
            view
            for view, (ref, item) in self._places.items()
            if ref == items.ref and (items.operations.reset or item in left or not order.may_hold(item))
        }
        for view in gone:
            del self._places[view]
        for item, views in items.views.items():
            if order.may_hold(item):
                self._places.update(dict.fromkeys(views, (items.ref, item)))
            else:
                gone.update(views)
        return gone


class _Order:
    """The items of one stream, as far as they are known.

    A limit takes out what stands too far back, so all items have to be known. They are not where the stream had items
    before its first nested view, or where the list left the page and came back: there a limit ends no view on the
    server, and the client leaves it by itself.
    """

    __slots__ = ("_complete", "_new", "_order")

    def __init__(self) -> None:
        self._new = True
        self._complete = False
        self._order = StreamOrder()

    def may_hold(self, item: str) -> bool:
        return not self._complete or item in self._order.ids

    def change(self, shown: ShownItems) -> None:
        """Do what the browser does."""
        known = self._new if shown.first else self._complete and not shown.lost
        self._complete = shown.operations.reset or known
        self._new = False
        self._order.change(shown.operations)
