"""Stream: a list that the browser keeps. The server sends changes and keeps no items.

Of a stream, a view has only the changes for the next render: items to insert, ids to delete, and whether to empty the
list first. A browser applies them in this order: reset, deletions, insertions one after the other.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from weakref import WeakSet

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StreamInsert(Generic[T]):
    """One insertion: `at` -1 appends, 0 prepends, n inserts at an index.

    `limit`: the browser then keeps the first n items, with a negative one the last n. `update_only`: the browser
    ignores the item if it has none with this id.
    """

    dom_id: str
    item: T
    at: int = -1
    limit: int | None = None
    update_only: bool = False


@dataclass(frozen=True, slots=True)
class StreamOps:
    """The changes of a stream in one render."""

    inserts: tuple[StreamInsert[Any], ...]
    deletes: tuple[str, ...]
    reset: bool

    def __bool__(self) -> bool:
        return bool(self.inserts or self.deletes or self.reset)


class Stream(Generic[T]):
    """A list of items in the page, each in an element with the id of the item.

    `name` is unique among the streams of a view. `dom_id` returns the id of an item's element; by default it is made of
    the name and the item's `id` (an attribute, or a key): `users-7`. In a template:

        <ul id="users" phx-update="stream">
          {% for dom_id, user in streams.users %}<li id="{{ dom_id }}">{{ user.name }}</li>{% endfor %}
        </ul>

    Changes before the first render that shows the stream wait for it. Afterwards each render takes them, also if it
    does not show the stream.
    """

    __slots__ = ("__weakref__", "_deletes", "_dom_id", "_inserts", "_reset", "identity", "name")

    def __init__(
        self, items: Iterable[T] | None = None, *, name: str, dom_id: Callable[[T], str] | None = None
    ) -> None:
        if not name:
            raise ValueError("a stream needs a name, as in Stream(users, name='users')")
        self.name = name
        # A page remembers this object of a stream that it has shown. A reference to the stream would keep its items.
        self.identity = object()
        self._dom_id = dom_id
        self._inserts: dict[str, StreamInsert[T]] = {}
        self._deletes: dict[str, None] = {}
        self._reset = False
        self.insert_many(items or ())

    def insert(self, item: T, *, at: int = -1, limit: int | None = None, update_only: bool = False) -> str:
        """Insert an item, or update it in its place if the browser has its id. Return the id.

        To move an item, delete it and insert it again. Raises `ValueError` for an `at` below -1 and a `limit` of 0,
        `TypeError` for an item without an id.
        """
        if at < -1:
            raise ValueError(f"insert(at={at!r}): expected -1 to append, 0 to prepend, or an index")
        if limit == 0:
            raise ValueError("insert(limit=0) would remove every item; use reset() to empty a stream")
        insert = StreamInsert(self.dom_id(item), item, at, limit, update_only)
        self._add(insert)
        return insert.dom_id

    def insert_many(
        self, items: Iterable[T], *, at: int = -1, limit: int | None = None, update_only: bool = False
    ) -> list[str]:
        """Insert items one after the other, so `at=0` reverses their order. Return their ids."""
        return [self.insert(item, at=at, limit=limit, update_only=update_only) for item in items]

    def delete(self, item: T) -> str:
        """Remove an item from the page. Only the id of the item is read. Return the id."""
        return self.delete_by_id(self.dom_id(item))

    def delete_by_id(self, dom_id: str) -> str:
        """Remove the item whose element has this id. Return the id."""
        self._inserts.pop(dom_id, None)
        if not self._reset:  # after a reset there is nothing to delete
            self._deletes[dom_id] = None
        return dom_id

    def reset(self, items: Iterable[T] | None = None) -> None:
        """Remove all items from the page, and insert these."""
        self._inserts.clear()
        self._deletes.clear()
        self._reset = True
        self.insert_many(items or ())

    def replace(self) -> None:
        """Remove all items from the page that are not among those to insert."""
        self._deletes.clear()
        self._reset = True

    def dom_id(self, item: T) -> str:
        """Return the id of the element of an item. Raises `TypeError` for an item without an id."""
        dom_id: Any = self._default_id(item) if self._dom_id is None else self._dom_id(item)
        if not isinstance(dom_id, str) or not dom_id:
            raise TypeError(
                f"the dom_id of stream {self.name!r} must return a non-empty string, got {dom_id!r}"
            )
        return dom_id

    def _default_id(self, item: Any) -> str:
        found = item.get("id") if isinstance(item, dict) else getattr(item, "id", None)
        if found is None:
            raise TypeError(
                f"stream {self.name!r}: a {type(item).__name__} has no `id`. Add one, or pass a function of the item: "
                f"Stream(..., name={self.name!r}, dom_id=lambda item: ...)"
            )
        return f"{self.name}-{found}"

    def _add(self, insert: StreamInsert[T]) -> None:
        waiting = self._inserts.get(insert.dom_id)
        if waiting is not None and not waiting.update_only:
            # As in the browser: an item that is inserted twice stays where it was inserted first, with the new content.
            insert = replace(waiting, item=insert.item)
        elif waiting is not None:
            del self._inserts[insert.dom_id]
        self._inserts[insert.dom_id] = insert

    # The changes for the next render

    def __iter__(self) -> Iterator[tuple[str, T]]:
        """Iterate over the items to insert, as `(dom_id, item)`."""
        return ((insert.dom_id, insert.item) for insert in self._inserts.values())

    def __len__(self) -> int:
        """Return the number of items to insert. Only the browser has the number of items in the list."""
        return len(self._inserts)

    def __bool__(self) -> bool:
        """Return True if there are changes for the next render."""
        return bool(self._inserts or self._deletes or self._reset)

    def operations(self, shown: Iterable[str]) -> StreamOps:
        """Return the changes for a render that shows the items with these ids."""
        inserts = tuple(self._inserts[dom_id] for dom_id in shown)
        return StreamOps(inserts, tuple(self._deletes), self._reset)

    def settle(self) -> None:
        """Clear the changes: they were sent."""
        self._inserts = {}
        self._deletes = {}
        self._reset = False

    def __repr__(self) -> str:
        return f"<Stream {self.name!r}, {len(self)} to insert, {len(self._deletes)} to delete>"


class NoSuchStream(LookupError):
    """A template or handler uses a stream that does not exist."""


class StreamNames:
    """`streams` in a template: `streams.users` is the stream of that name."""

    __slots__ = ("_by_name",)

    def __init__(self, by_name: dict[str, Stream[Any]]) -> None:
        self._by_name = by_name

    def __getitem__(self, name: str) -> Stream[Any]:
        try:
            return self._by_name[name]
        except KeyError:
            raise NoSuchStream(
                f"there is no stream {name!r}; create it in mount: socket.stream({name!r}, items). Existing streams: "
                f"{', '.join(self._by_name) or 'none'}"
            ) from None

    def __getattr__(self, name: str) -> Stream[Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]


class NoStreams:
    """`streams` in a template whose view has none yet: every name is an empty list."""

    __slots__ = ()

    def __getitem__(self, name: str) -> tuple[()]:
        return ()

    def __getattr__(self, name: str) -> tuple[()]:
        if name.startswith("__"):
            raise AttributeError(name)
        return ()

    def __bool__(self) -> bool:
        return False


class Streams:
    """The streams of one view or component by name, and the streams that its templates have shown."""

    __slots__ = ("_by_name", "_configured", "_shown", "names", "with_views")

    with_views: set[str] | None
    """Names on the wire of the streams whose items have contained nested views."""

    def __init__(self) -> None:
        self._by_name: dict[str, Stream[Any]] = {}
        self._configured: dict[str, Callable[[Any], str]] = {}
        # Also streams without a name here, from `Stream(...)`. Weak, so that a view may drop one.
        self._shown: WeakSet[Stream[Any]] = WeakSet()
        self.names = StreamNames(self._by_name)
        self.with_views = None

    def configure(self, name: str, dom_id: Callable[[Any], str]) -> None:
        """Set the function for the ids of a stream. Raises `ValueError` if the stream exists."""
        if name in self._by_name:
            raise ValueError(f"stream {name!r} exists: call stream_configure before socket.stream")
        self._configured[name] = dom_id

    def get_or_create(self, name: str, dom_id: Callable[[Any], str] | None = None) -> Stream[Any]:
        """Return the stream of that name, created if there is none."""
        if name not in self._by_name:
            self._by_name[name] = Stream(name=name, dom_id=dom_id or self._configured.get(name))
        return self._by_name[name]

    def resume(self, kept: Collection[str]) -> None:
        """Go on with the items that the browser has of the streams `kept`. The others show only what is new."""
        for name, stream in self._by_name.items():
            if name in kept:
                stream.settle()
            else:
                stream.replace()

    @property
    def named(self) -> Collection[str]:
        """Names of the streams that `get_or_create` has made."""
        return self._by_name.keys()

    def __iter__(self) -> Iterator[Stream[Any]]:
        """Iterate over the streams with a name."""
        return iter(self._by_name.values())

    def has_shown(self, stream: Stream[Any]) -> bool:
        """Return True if a render has shown the stream."""
        return stream in self._shown

    def settle(self, shown: Iterable[Stream[Any]]) -> None:
        """Clear the changes of all streams after a render that has shown these."""
        self._shown.update(shown)
        for stream in self._shown:
            stream.settle()


class StreamOrder:
    """The ids of a stream's items in their order in the browser."""

    __slots__ = ("ids",)

    def __init__(self) -> None:
        self.ids: list[str] = []

    def change(self, operations: StreamOps) -> None:
        """Apply changes as the browser does: reset or deletions, then insertions one after the other."""
        removed = {*self.ids} if operations.reset else {*self.ids}.intersection(operations.deletes)
        self.ids = [dom_id for dom_id in self.ids if dom_id not in removed]
        present = {*self.ids}
        for insert in operations.inserts:
            self._insert(insert, present, was_present=insert.dom_id in removed)

    def _insert(self, insert: StreamInsert[object], present: set[str], *, was_present: bool) -> None:
        # An item in `present` that is no longer in the list was removed by a limit: the client does not put it back.
        if insert.dom_id in present or (insert.update_only and not was_present):
            return
        self.ids.insert(len(self.ids) if insert.at == -1 else insert.at, insert.dom_id)
        if insert.limit is not None:
            self.ids = self.ids[: insert.limit] if insert.limit > 0 else self.ids[insert.limit :]


def drop_over_limit(operations: StreamOps) -> StreamOps:
    """Return the changes of an empty list without the items that their own limits would remove at once.

    The browser never shows such items, so it would not report that they, and the components in them, were removed.
    """
    if not any(insert.limit for insert in operations.inserts):
        return operations
    if any(insert.at > 0 for insert in operations.inserts):
        return operations  # their places depend on the other items
    order = StreamOrder()
    order.change(operations)
    kept = {*order.ids}
    inserts = tuple(insert for insert in operations.inserts if insert.dom_id in kept)
    return StreamOps(inserts, operations.deletes, operations.reset)
