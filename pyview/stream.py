"""Stream: a list that the browser keeps. The server sends what changes and forgets it.

Of a stream, a view holds only what waits for the next render: items to insert, ids to delete, whether to begin anew. A
browser applies them in this order: first a reset, then deletions, then insertions one after the other.

The items of a stream in their order, as the browser has them.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from weakref import WeakSet

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StreamInsert(Generic[T]):
    """An item on its way: `at` -1 appends, 0 prepends, n inserts at an index.

    `limit`: the browser then keeps the first n items, or for a negative one the last. `update_only`: the item is
    dropped where the browser has none of its id.
    """

    dom_id: str
    item: T
    at: int = -1
    limit: int | None = None
    update_only: bool = False


@dataclass(frozen=True, slots=True)
class StreamOps:
    """What one render sends of a stream: `inserts` are those that it shows."""

    inserts: tuple[StreamInsert[Any], ...]
    deletes: tuple[str, ...]
    reset: bool

    def __bool__(self) -> bool:
        return bool(self.inserts or self.deletes or self.reset)


class Stream(Generic[T]):
    """A list of items in the page, each in an element whose id is the item's.

    `name` is unique among the streams of a view; `dom_id` makes the id of an item's element, by default from the name
    and the item's `id` (an attribute, or a key): `users-7`. In a template:

        <ul id="users" phx-update="stream">
          {% for dom_id, user in streams.users %}<li id="{{ dom_id }}">{{ user.name }}</li>{% endfor %}
        </ul>

    What waits when a stream is first shown is sent then; afterwards each render takes what there is, shown or not.
    """

    __slots__ = ("__weakref__", "_deletes", "_dom_id", "_inserts", "_reset", "identity", "name")

    def __init__(
        self, items: Iterable[T] | None = None, *, name: str, dom_id: Callable[[T], str] | None = None
    ) -> None:
        if not name:
            raise ValueError("a stream needs a name, as in Stream(users, name='users')")
        self.name = name
        self.identity = (
            object()
        )  # what a page remembers of it: holding the stream would hold what it was given since
        self._dom_id = dom_id
        self._inserts: dict[str, StreamInsert[T]] = {}
        self._deletes: dict[str, None] = {}
        self._reset = False
        self.insert_many(items or ())

    def insert(self, item: T, *, at: int = -1, limit: int | None = None, update_only: bool = False) -> str:
        """Show an item, or show it anew where it stands if its id is there already. Returns its id.

        To move an item, delete it and insert it again. Raises `ValueError` for an `at` below -1 and a `limit` of 0,
        `TypeError` for an item without an id.
        """
        if at < -1:
            raise ValueError(f"insert(at={at!r}): expected -1 to append, 0 to prepend, or an index")
        if limit == 0:
            raise ValueError("insert(limit=0) would show nothing; reset() empties a stream")
        insert = StreamInsert(self.dom_id(item), item, at, limit, update_only)
        self._add(insert)
        return insert.dom_id

    def insert_many(
        self, items: Iterable[T], *, at: int = -1, limit: int | None = None, update_only: bool = False
    ) -> list[str]:
        """Insert one after the other; `at=0` therefore turns their order round. Returns their ids."""
        return [self.insert(item, at=at, limit=limit, update_only=update_only) for item in items]

    def delete(self, item: T) -> str:
        """Take an item out of the page; of the item nothing but its id is needed. Returns its id."""
        return self.delete_by_id(self.dom_id(item))

    def delete_by_id(self, dom_id: str) -> str:
        """Take out the item whose element has this id. Returns it."""
        self._inserts.pop(dom_id, None)
        if not self._reset:  # a reset leaves nothing to delete
            self._deletes[dom_id] = None
        return dom_id

    def reset(self, items: Iterable[T] | None = None) -> None:
        """Take all items out of the page, and show these instead."""
        self._inserts.clear()
        self._deletes.clear()
        self._reset = True
        self.insert_many(items or ())

    def dom_id(self, item: T) -> str:
        """The id of the element of an item. Raises `TypeError` for an item that has none."""
        made: Any = self._default_id(item) if self._dom_id is None else self._dom_id(item)
        if not isinstance(made, str) or not made:
            raise TypeError(
                f"the dom_id of stream {self.name!r} must return a text that is not empty, got {made!r}"
            )
        return made

    def _default_id(self, item: Any) -> str:
        found = item.get("id") if isinstance(item, dict) else getattr(item, "id", None)
        if found is None:
            raise TypeError(
                f"stream {self.name!r}: a {type(item).__name__} has no `id`. Give it one, or say what identifies it: "
                f"Stream(..., name={self.name!r}, dom_id=lambda item: ...)"
            )
        return f"{self.name}-{found}"

    def _add(self, insert: StreamInsert[T]) -> None:
        waiting = self._inserts.get(insert.dom_id)
        if waiting is not None and not waiting.update_only:
            # It stands where it was put first; showing it again changes what it shows.
            insert = replace(waiting, item=insert.item)
        elif waiting is not None:
            del self._inserts[insert.dom_id]
        self._inserts[insert.dom_id] = insert

    # What waits for the next render

    def __iter__(self) -> Iterator[tuple[str, T]]:
        """The items that wait, as `(dom_id, item)`."""
        return ((insert.dom_id, insert.item) for insert in self._inserts.values())

    def __len__(self) -> int:
        """How many items wait: nobody but the browser knows how many it shows."""
        return len(self._inserts)

    def __bool__(self) -> bool:
        """Whether anything waits."""
        return bool(self._inserts or self._deletes or self._reset)

    def operations(self, shown: Iterable[str]) -> StreamOps:
        """What a render sends that shows the items of these ids."""
        inserts = tuple(self._inserts[dom_id] for dom_id in shown)
        return StreamOps(inserts, tuple(self._deletes), self._reset)

    def settle(self) -> None:
        """All of it was sent: forget it."""
        self._inserts = {}
        self._deletes = {}
        self._reset = False

    def __repr__(self) -> str:
        return f"<Stream {self.name!r}, {len(self)} to insert, {len(self._deletes)} to delete>"


class NoSuchStream(LookupError):
    """A template or handler names a stream that was never made."""


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
                f"there is no stream {name!r}; make it in mount: socket.stream({name!r}, items). There is: "
                f"{', '.join(self._by_name) or 'none'}"
            ) from None

    def __getattr__(self, name: str) -> Stream[Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]


class NoStreams:
    """`streams` in a template while its view has none yet: each is a list without items."""

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
    """The streams of one view or component by name, and all those that its templates have shown."""

    __slots__ = ("_by_name", "_configured", "_shown", "names", "with_views")

    with_views: set[str] | None
    """The names on the wire of those whose items have held nested views."""

    def __init__(self) -> None:
        self._by_name: dict[str, Stream[Any]] = {}
        self._configured: dict[str, Callable[[Any], str]] = {}
        self._shown: WeakSet[Stream[Any]] = WeakSet()
        self.names = StreamNames(self._by_name)
        self.with_views = None

    def configure(self, name: str, dom_id: Callable[[Any], str]) -> None:
        """Say how the ids of a stream are made, before there is one. Raises `ValueError` if there is."""
        if name in self._by_name:
            raise ValueError(f"stream {name!r} has begun: call stream_configure before socket.stream")
        self._configured[name] = dom_id

    def made(self, name: str, dom_id: Callable[[Any], str] | None = None) -> Stream[Any]:
        """The stream of that name, made if there is none."""
        if name not in self._by_name:
            self._by_name[name] = Stream(name=name, dom_id=dom_id or self._configured.get(name))
        return self._by_name[name]

    def has_shown(self, stream: Stream[Any]) -> bool:
        """Return True if a render has shown that stream."""
        return stream in self._shown

    def settle(self, shown: Iterable[Stream[Any]]) -> None:
        """A render has succeeded, and has shown these."""
        self._shown.update(shown)
        for stream in self._shown:
            stream.settle()


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
