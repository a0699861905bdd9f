"""The live views inside one view: their elements, and that they end when it does.

Nested views within the items of streams: which of them go when a stream changes.

Only the browser keeps the items of a stream. To know which views went with an item, the server follows what the browser
does with a stream, from its first nested view on; streams without nested views cost nothing.
"""

import asyncio
import secrets
from collections.abc import Iterable, Sequence
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


class NestedTooDeep(RuntimeError):
    """Views stand inside each other without end, or nearly so."""

    def __init__(self, child: Nested) -> None:
        super().__init__(
            f"{child.described} is more than {MOST_DEEP} views deep. Does a view contain itself, over others perhaps?"
        )


class ChildProcess(Protocol):
    """The process of a nested view."""

    @property
    def dom_id(self) -> str: ...
    def end_with_parent(self) -> None: ...


def nested_token(child: Nested, visit: MountContext, dom_id: str, instance: str = "") -> NestedToken:
    """What the element of `child` says, within the view of `visit`. It belongs to that life of it which `instance`
    names; without one it stands by itself."""
    place, route, around = visit.target, visit.location.route, visit.nested_page_guard
    return NestedToken(
        id=dom_id,
        view=view_key(child.view_class),
        group=route.live_session.name,
        page_id=place.page_id,
        page=visit.location.page,
        parent=place.id if instance else "",
        instance=instance,
        depth=place.depth + 1,
        sticky=child.sticky,
        around=[view_key(outer.view_class) for outer in around.routes],
        around_page=around.page,
        scopes=sorted(around.scopes),
        session=child.session,
    )


class Children:
    """What one running view holds inside. `instance` names this life of it: another one has children of its own."""

    __slots__ = ("_containers", "_ended", "_items", "_processes", "_site", "_socket", "instance")

    def __init__(self, site: AppContext, socket: LiveViewSocket[Any]) -> None:
        self._site = site
        self._socket = socket
        self._containers: dict[str, tuple[NestedElement, type, float]] = {}
        self._processes: set[ChildProcess] = set()
        self._items: StreamedViews | None = None
        self._ended = False
        self.instance = secrets.token_urlsafe(9)

    def container(self, child: Nested, visit: MountContext) -> NestedElement:
        """The element of `child`: the same one at each render, until its token has half of its time behind it.

        Raises `NestedTooDeep`, and what minting its token raises.
        """
        dom_id = child.dom_id(visit.target.id)
        if self._items is not None:
            self._items.rendered(dom_id)
        now = asyncio.get_running_loop().time()
        known = self._containers.get(dom_id)
        if known is None or known[1] is not child.view_class or now > known[2]:
            expires = now + self._site.security.page_token_max_age / 2
            known = self._containers[dom_id] = (
                self._container(child, visit, dom_id),
                child.view_class,
                expires,
            )
        return known[0]

    @property
    def context(self) -> Any:
        """What the view shows, for those inside it."""
        return self._socket.context

    def renew(self) -> None:
        """Make new elements at the next render: who is there has new tokens now."""
        self._containers.clear()

    def _container(self, child: Nested, visit: MountContext, dom_id: str) -> NestedElement:
        if visit.target.depth >= MOST_DEEP:
            raise NestedTooDeep(child)
        self._site.nested.of(child.view_class, visit.location.route.live_session)
        token = nested_token(child, visit, dom_id, "" if child.sticky else self.instance)
        signed = self._site.signatures.mint_nested_token(token, visit.identity.binding)
        whose = {"sticky": ""} if child.sticky else {"parent-id": visit.target.id}
        return NestedElement(dom_id, child.container(dom_id, {"session": signed, "static": "", **whose}))

    def adopt(self, child: ChildProcess) -> bool:
        """Let `child` end when this view does; False when it has ended already."""
        if not self._ended:
            self._processes.add(child)
        return not self._ended

    def release(self, child: ChildProcess) -> None:
        """`child` has ended by itself."""
        self._processes.discard(child)

    def forget(self, dom_id: str) -> None:
        """The page has that element no longer: whether it ever comes again, nobody knows."""
        self._containers.pop(dom_id, None)

    def show_items(self, shown: Sequence[ShownItems]) -> None:
        """Note what a render did to streams whose items hold views, and end those that went with their items."""
        if self._items is None:
            self._items = StreamedViews()
        gone = self._items.follow(shown)
        if gone:
            # After the message that takes the items out of the page: a view that ends before would be seen to.
            asyncio.get_running_loop().call_soon(self._end_those, gone)

    def _end_those(self, gone: set[str]) -> None:
        for dom_id in gone:
            self.forget(dom_id)
        for child in [each for each in self._processes if each.dom_id in gone]:
            child.end_with_parent()

    def end(self) -> None:
        """The view has ended."""
        self._ended = True
        children, self._processes = self._processes, set()
        for child in children:
            child.end_with_parent()
