"""The items of a stream in their order, as the browser has them."""

from pyview.stream import StreamInsert, StreamOps


class StreamOrder:
    """The ids of the items that stand in the browser."""

    __slots__ = ("ids",)

    def __init__(self) -> None:
        self.ids: list[str] = []

    def change(self, operations: StreamOps) -> None:
        """Do what the browser does: first a reset or deletions, then insertions one after the other."""
        gone = {*self.ids} if operations.reset else {*self.ids}.intersection(operations.deletes)
        self.ids = [dom_id for dom_id in self.ids if dom_id not in gone]
        there = {*self.ids}
        for insert in operations.inserts:
            self._insert(insert, there, was_there=insert.dom_id in gone)

    def _insert(self, insert: StreamInsert[object], there: set[str], *, was_there: bool) -> None:
        # What was there and is not any more was taken out by a limit: the client does not put it back.
        if insert.dom_id in there or (insert.update_only and not was_there):
            return
        self.ids.insert(len(self.ids) if insert.at == -1 else insert.at, insert.dom_id)
        if insert.limit is not None:
            self.ids = self.ids[: insert.limit] if insert.limit > 0 else self.ids[insert.limit :]


def without_surplus(operations: StreamOps) -> StreamOps:
    """Return `operations` on a list without items, but for those that their own limits would take out at once.

    Of items that never stand in the browser, it would not say that they, and the components in them, have gone.
    """
    if not any(insert.limit for insert in operations.inserts):
        return operations
    if any(insert.at > 0 for insert in operations.inserts):
        return operations  # where those stand depends on the others
    order = StreamOrder()
    order.change(operations)
    there = {*order.ids}
    inserts = tuple(insert for insert in operations.inserts if insert.dom_id in there)
    return StreamOps(inserts, operations.deletes, operations.reset)
