"""Kept state of one joined view: it is captured after changes, and laid over the view of another worker."""

import hashlib
import time
from collections.abc import Iterable
from typing import Any, Protocol

from pyview.components.instance import ComponentInstance
from pyview.config import SecurityConfig
from pyview.keeping.development import Made
from pyview.keeping.plan import NOTHING_MADE, Plan
from pyview.keeping.snapshot import NOTHING_SENT, KeptPart, KeptSnapshot, component_name, json_only
from pyview.rendering.lifecycle import MountContext
from pyview.routing.routes import view_key
from pyview.socket.socket import LiveViewSocket
from pyview.stream import Streams
from pyview.tokens.kept import KeptPage
from pyview.uploads.kept import KeptFile


class KeptConnection(Protocol):
    """The connection of a kept view."""

    @property
    def sent(self) -> int: ...
    def push(self, event: str, payload: Any) -> None: ...


class KeptUploads(Protocol):
    """The uploads of a kept view."""

    def kept_files(self, cid: int | None, until: float) -> list[KeptFile]: ...
    def adopt(self, cid: int | None, files: Iterable[KeptFile]) -> None: ...


class KeptProcess(Protocol):
    """The process of a kept view."""

    name: str
    busy: bool
    detached: bool
    ended: bool
    joined: bool
    mount_context: MountContext
    socket: Any

    @property
    def client(self) -> str: ...
    @property
    def connection(self) -> KeptConnection: ...
    @property
    def components(self) -> Iterable[ComponentInstance] | None: ...
    @property
    def upload_manager(self) -> KeptUploads | None: ...


class Keeper:
    """Captures the kept state of one view.

    - `key`: the key under which its state was stored last, "" before the first time; `size` is its size in bytes.
    - `renew_at`: loop time at which half of its time is over.
    - `dirty`: it may have changed. `dropped`: it is stored no more. `page_left`: its page does not return.
    - `unused`: the state that the page had, until its join is answered.
    - `laid_over`: the state that the page had was laid over its view.
    - `good`: in development, the state after the last message that the view has handled without a failure.
      `good_again_at` is the loop time from which it is noted again.
    - `has_token`: the browser carries a token of it. `resumed`: the page goes on with the items of its streams.
    """

    __slots__ = (
        "_made",
        "_stored",
        "_template",
        "_title",
        "_waiting",
        "dirty",
        "dropped",
        "good",
        "good_again_at",
        "has_token",
        "key",
        "laid_over",
        "page_left",
        "plan",
        "process",
        "renew_at",
        "resumed",
        "size",
        "unused",
    )

    def __init__(
        self, process: KeptProcess, kept: KeptSnapshot | None, plan: Plan | None, template: str = ""
    ) -> None:
        self.process = process
        self.plan = plan
        self._template = template
        self._title: str | None = None
        # By the number of the component, None for the view: what `mount` has made, in development.
        self._made: dict[int | None, Made] | None = None
        # Components that the page had, and that no render of this view has placed yet.
        self._waiting = {} if kept is None or kept.unfit else dict(kept.components)
        self.unused = kept
        self.good = ""
        self.good_again_at = 0.0
        self.page_left = self.laid_over = False
        self.dirty = self.dropped = self.has_token = self.resumed = False
        self.key = ""
        self.size = 0
        self.renew_at = 0.0
        self._stored = b""

    # Identity

    @property
    def page(self) -> KeptPage:
        """Identity under which the next join of its page finds it."""
        mount_context = self.process.mount_context
        return page_of(mount_context, mount_context.visit.joins + 1)

    def seconds(self, limits: SecurityConfig) -> float:
        """Return the time for which its state is stored: the longest that the view or a component asks for."""
        return kept_seconds(
            [self.plan, *(each.callbacks.keep for each in self.process.components or ())], limits
        )

    # What is stored

    def is_stored(self, key: str, text: str) -> bool:
        """Return True if this very state was stored last."""
        return key == self.key and _digest(text) == self._stored

    def note_stored(self, key: str, text: str, renew_at: float) -> None:
        self.key, self.size, self.renew_at = key, len(text.encode()), renew_at
        self._stored = _digest(text)

    def store_again(self) -> None:
        """Store the next state even if it is the same."""
        self._stored = b""

    def forget_stored(self) -> None:
        """Forget what was stored: it is deleted, or belongs to an earlier join."""
        self.key, self.size, self._stored = "", 0, b""

    # Capturing

    def snapshot(self, seconds: float, more_sent: int = 0) -> KeptSnapshot:
        """Return the present state, to be stored for `seconds`.

        `more_sent` is the number of messages that will be sent with it.
        """
        process, until = self.process, time.time() + seconds
        title = process.socket.live_title
        components = dict(self._waiting)
        for instance in process.components or ():
            part = self._part_of(instance.socket, instance.callbacks.keep, until)
            if part and instance.mounted:
                components[component_name(*instance.key)] = part
        return KeptSnapshot(
            view_key(process.mount_context.view_class),
            self._part_of(process.socket, self.plan, until),
            title if self.plan is not None and title != self._title else None,
            components,
            process.connection.sent + more_sent if self._may_resume else NOTHING_SENT,
            self._template,
        )

    def _part_of(self, socket: LiveViewSocket[Any], plan: Plan | None, until: float) -> KeptPart:
        if plan is None:
            return KeptPart()
        flash = json_only(socket.flash) if socket.has_flash else {}
        temporary = () if socket.temporaries is None else socket.temporaries.names
        uploads = self.process.upload_manager
        files = [] if uploads is None else uploads.kept_files(socket.cid, until)
        made = NOTHING_MADE if self._made is None else self._made.get(socket.cid, NOTHING_MADE)
        return KeptPart(plan.values_of(socket.context, temporary, made), flash, files)

    @property
    def _may_resume(self) -> bool:
        """True if a page may go on with the items of streams that it has."""
        streams: Streams | None = self.process.socket.streams
        if self.plan is None or not self.plan.streams([] if streams is None else streams.named):
            return False
        # The nested views in such items belong to this process. Streams of components are always filled again.
        own = streams is not None and not streams.with_views
        return own and all(each.socket.streams is None for each in self.process.components or ())

    # Laying over

    def mounted(self) -> None:
        """Note what `mount` and `handle_params` made, which another worker makes again."""
        self._title = self.process.socket.live_title
        if self.plan is not None:
            self.note_made(self.process.socket, self.plan)

    def note_made(self, socket: LiveViewSocket[Any], plan: Plan) -> None:
        """Note what `mount` has made of the view, or of a component."""
        made = plan.note(socket.context)
        if made:
            self._made = self._made or {}
            self._made[socket.cid] = made

    def before_params(self) -> Made | None:
        """Return what the view has before its `handle_params`; None if nothing was noted of its `mount`."""
        return (
            None if self._made is None or self.plan is None else self.plan.note(self.process.socket.context)
        )

    def after_params(self, before: Made) -> None:
        """Note what `handle_params` has changed: another worker makes it again, for the same URL."""
        if self._made is None or self.plan is None:
            return
        now = self.plan.note(self.process.socket.context)
        changed = {name: made for name, made in now.items() if made != before.get(name)}
        self._made[None] = {**self._made.get(None, NOTHING_MADE), **changed}

    def lay_over(self, kept: KeptSnapshot) -> None:
        """Lay the kept state over what `mount` and `handle_params` made."""
        self.laid_over = True
        socket, visit = self.process.socket, self.process.mount_context.visit
        if self.plan is not None:
            self._lay_part(socket, self.plan, kept.own)
        if kept.title is not None:
            socket.live_title = kept.title
        # A page that has missed a message has not all items, and they cannot be sent again.
        same = kept.sent == visit.received and kept.template == self._template
        if self.plan is not None and socket.streams is not None and same:
            socket.streams.resume(self.plan.streams(socket.streams.named))
            self.resumed = True

    def lay_over_component(self, instance: ComponentInstance) -> bool:
        """Lay the kept state over a component that was just placed. Return False if it has none."""
        kept = self._waiting.pop(component_name(*instance.key), None) if self._waiting else None
        plan = instance.callbacks.keep
        if plan is not None:
            self.note_made(instance.socket, plan)
        if kept is None or plan is None:
            return False
        self._lay_part(instance.socket, plan, kept)
        return True

    def _lay_part(self, socket: LiveViewSocket[Any], plan: Plan, kept: KeptPart) -> None:
        socket.context = plan.laid_over(socket.context, kept.values)
        if kept.flash:
            socket.flash.update(kept.flash)
        if kept.files and self.process.upload_manager is not None:
            self.process.upload_manager.adopt(socket.cid, kept.files)


def kept_seconds(plans: Iterable[Plan | None], limits: SecurityConfig) -> float:
    """Return the longest time that one of the plans asks for, within the limit."""
    hours = [plan.keep.hours for plan in plans if plan is not None]
    wished = [limits.keep_seconds if each is None else each * 3600 for each in hours]
    return min(max(wished, default=limits.keep_seconds), limits.max_keep_seconds)


def _digest(text: str) -> bytes:
    # The whole text would double the memory of each view.
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def page_of(mount_context: MountContext, joins: int) -> KeptPage:
    """Return the identity of a view in its page, as of its join number `joins`."""
    target, visit = mount_context.target, mount_context.visit
    return KeptPage(
        target.page_id, visit.load_id, target.id, joins, mount_context.identity.binding, visit.browser
    )
