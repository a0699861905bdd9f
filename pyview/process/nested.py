"""Nested views of one view: their elements, and their end with the view or with an item of a stream.

Only the browser keeps the items of a stream. To find the nested views that are gone with an item, the server repeats
the browser's operations on the ids of the stream, from its first nested view on. Streams without nested views cost
nothing.
"""

import asyncio
import secrets
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from pyview.process.app_context import AppContext
from pyview.rendering.lifecycle import MountContext
from pyview.routing.routes import view_key
from pyview.socket.socket import LiveViewSocket
from pyview.stream import StreamOrder
from pyview.template.nested import MOST_DEEP, Nested, NestedElement
from pyview.template.tree.stream import ShownItems
from pyview.tokens.nested import NestedToken


class StreamedViews:
    """Nested views in the items of all streams of one view and its components."""

    __slots__ = ("_items", "_orders")

    def __init__(self) -> None:
        self._orders: dict[str, _ItemOrder] = {}
        # View id -> reference of the stream, id of the item.
        self._items: dict[str, tuple[str, str]] = {}

    def rendered(self, view_id: str) -> None:
        """Forget the item of a view, because the current render places it again, perhaps elsewhere."""
        self._items.pop(view_id, None)

    def follow(self, shown: Iterable[ShownItems]) -> set[str]:
        """Apply the stream operations of one render. Return the ids of the views that are gone with their items."""
        gone: set[str] = set()
        for items in shown:
            gone |= self._follow(items)
        return gone

    def _follow(self, items: ShownItems) -> set[str]:
        order = self._orders.setdefault(items.ref, _ItemOrder())
        order.change(items)
        # An inserted item replaces the old one of the same id. Views that its render placed again are not in `_items`
        # any more (see `rendered`); the others are gone.
        replaced = {*items.operations.deletes, *(each.dom_id for each in items.operations.inserts)}
        gone = {
            view
            for view, (ref, item) in self._items.items()
            if ref == items.ref
            and (items.operations.reset or item in replaced or not order.may_contain(item))
        }
        for view in gone:
            del self._items[view]
        for item, views in items.views.items():
            if order.may_contain(item):
                self._items.update(dict.fromkeys(views, (items.ref, item)))
            else:
                gone.update(views)
        return gone


class _ItemOrder:
    """The ids of the items of one stream in order, as far as they are known.

    A limit removes the last items, which can be computed only if all items are known. They are unknown if the stream
    had items before its first nested view, or if its list left the page and came back. Then a limit does not end views
    on the server; the client leaves them when it removes their items.
    """

    __slots__ = ("_complete", "_new", "_order")

    def __init__(self) -> None:
        self._new = True
        self._complete = False
        self._order = StreamOrder()

    def may_contain(self, item: str) -> bool:
        """Return False if the item is certainly not in the stream."""
        return not self._complete or item in self._order.ids

    def change(self, shown: ShownItems) -> None:
        """Apply the operations as the browser does."""
        known = self._new if shown.first else self._complete and not shown.lost
        self._complete = shown.operations.reset or known
        self._new = False
        self._order.change(shown.operations)


class NestedTooDeep(RuntimeError):
    """Views are nested too deeply, probably without end."""

    def __init__(self, child: Nested) -> None:
        super().__init__(
            f"{child.described} is nested more than {MOST_DEEP} views deep. Check whether a view contains itself, "
            "directly or through other views"
        )


class ChildProcess(Protocol):
    """The process of a nested view."""

    @property
    def dom_id(self) -> str: ...
    def with_nested(self) -> Iterator[Any]: ...
    def end_with_parent(self) -> None: ...


def nested_token(child: Nested, context: MountContext, dom_id: str, instance: str = "") -> NestedToken:
    """Return the token for the element of `child` in the view of `context`.

    With the `instance` of a parent, the child belongs to this one process of the parent. Without, as for sticky views,
    it is independent.
    """
    target, route, guards = context.target, context.location.route, context.nested_page_guard
    return NestedToken(
        id=dom_id,
        view=view_key(child.view_class),
        group=route.live_session.name,
        page_id=target.page_id,
        page=context.location.page,
        parent=target.id if instance else "",
        instance=instance,
        depth=target.depth + 1,
        sticky=child.sticky,
        around=[view_key(outer.view_class) for outer in guards.routes],
        around_page=guards.page,
        scopes=sorted(guards.scopes),
        session=child.session,
    )


class Children:
    """The nested views of one process. `instance` identifies that process: a later one has its own children."""

    __slots__ = ("_app", "_containers", "_ended", "_items", "_processes", "_socket", "instance")

    def __init__(self, app: AppContext, socket: LiveViewSocket[Any]) -> None:
        self._app = app
        self._socket = socket
        self._containers: dict[str, tuple[NestedElement, type, float]] = {}
        self._processes: set[ChildProcess] = set()
        self._items: StreamedViews | None = None
        self._ended = False
        self.instance = secrets.token_urlsafe(9)

    def container(self, child: Nested, context: MountContext) -> NestedElement:
        """Return the element of `child`. It is cached, so that renders do not change it.

        It is created again after half of the lifetime of its token, so that the browser always has a valid one.

        Raises `NestedTooDeep`, and the errors of minting its token.
        """
        dom_id = child.dom_id(context.target.id)
        if self._items is not None:
            self._items.rendered(dom_id)
        now = asyncio.get_running_loop().time()
        known = self._containers.get(dom_id)
        if known is None or known[1] is not child.view_class or now > known[2]:
            expires = now + self._app.security.page_token_max_age / 2
            known = self._containers[dom_id] = (
                self._container(child, context, dom_id),
                child.view_class,
                expires,
            )
        return known[0]

    @property
    def context(self) -> Any:
        """The context of the view, for sharing with nested views."""
        return self._socket.context

    def renew(self) -> None:
        """Create new elements at the next render, because the identity and with it the tokens have changed."""
        self._containers.clear()

    def _container(self, child: Nested, context: MountContext, dom_id: str) -> NestedElement:
        if context.target.depth >= MOST_DEEP:
            raise NestedTooDeep(child)
        # The join finds a view by its key.
        # A class that a function has made can be found only if it is registered here.
        self._app.nested.of(child.view_class, context.location.route.live_session)
        token = nested_token(child, context, dom_id, "" if child.sticky else self.instance)
        signed = self._app.signatures.mint_nested_token(token, context.identity.binding)
        owner = {"sticky": ""} if child.sticky else {"parent-id": context.target.id}
        return NestedElement(dom_id, child.container(dom_id, {"session": signed, "static": "", **owner}))

    @property
    def processes(self) -> tuple[ChildProcess, ...]:
        """The processes of the nested views."""
        return tuple(self._processes)

    def adopt(self, child: ChildProcess) -> bool:
        """End `child` when this view ends. Return False if this view has ended already."""
        if not self._ended:
            self._processes.add(child)
        return not self._ended

    def release(self, child: ChildProcess) -> None:
        """Remove a child that has ended by itself."""
        self._processes.discard(child)

    def forget(self, dom_id: str) -> None:
        """Drop the cached element of a view that is not on the page any more."""
        self._containers.pop(dom_id, None)

    def show_items(self, shown: Sequence[ShownItems]) -> None:
        """Apply a render to streams whose items contain views. End the views that are gone with their items."""
        if self._items is None:
            self._items = StreamedViews()
        gone = self._items.follow(shown)
        if gone:
            # End them after the diff that removes the items is sent: the client rejoins a view that ends before.
            asyncio.get_running_loop().call_soon(self._end_those, gone)

    def _end_those(self, gone: set[str]) -> None:
        for dom_id in gone:
            self.forget(dom_id)
        # A copy: a child that ends leaves the set.
        for child in [each for each in self._processes if each.dom_id in gone]:
            child.end_with_parent()

    def end(self) -> None:
        """End all children, because the view has ended."""
        self._ended = True
        # Taken out, because each child releases itself while the loop runs.
        children, self._processes = self._processes, set()
        for child in children:
            child.end_with_parent()
