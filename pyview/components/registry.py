"""The live components of one view.

A render of the view places components: it finds or creates each by class and id, and puts its cid into the tree. Then
the placed components get their callbacks and are rendered, level by level, because a component may place others. Each
component is rendered at most once per message.

A cid is never used again. A component lives until the browser has confirmed that its element is gone, because a message
that is already on its way may show it again.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pyview.binding import Resources, create_view
from pyview.components.component import DuplicateComponent, LiveComponent, TooManyComponents
from pyview.components.diffs import add_ancestors, components_in, omit_shared_statics
from pyview.components.instance import (
    ComponentCallbacks,
    ComponentInstance,
    Key,
    callbacks_of,
    finished,
)
from pyview.components.renderers import (
    ComponentRenderer,
    ContentComponentRenderer,
    TemplateComponentRenderer,
    check_one_element,
)
from pyview.components.socket import ComponentSocket
from pyview.meta import ContextProcessor, PyViewMeta
from pyview.socket.runtime import ComponentTarget, Runtime
from pyview.socket.socket import LiveViewSocket
from pyview.template.component_tag import ComponentTag
from pyview.template.environment import LiveEnvironment
from pyview.template.live_template import LiveTemplate
from pyview.template.tree.change import ChangeRule
from pyview.template.tree.nodes import Diff, Node, Segment

MAX_DEPTH = 100
"""Maximum nesting of components. More means a component that places itself without end."""


class ComponentTemplates(Protocol):
    """Templates of component classes, as the application caches them."""

    @property
    def change_rule(self) -> ChangeRule: ...
    @property
    def environment(self) -> LiveEnvironment: ...
    def for_component(self, component: type[LiveComponent[Any]]) -> LiveTemplate | None:
        """Return the template of a class, or None if it has a method `template`."""
        ...


@dataclass(frozen=True, slots=True)
class ComponentSettings:
    """Settings of an application for components. `max_components` is the maximum number in one view.

    `callbacks_of` returns the callbacks of a component class.
    """

    templates: ComponentTemplates
    processors: Sequence[ContextProcessor]
    max_components: int
    callbacks_of: Callable[[Any], ComponentCallbacks] = callbacks_of


class ComponentRegistry:
    """Places, finds, renders and removes the components of the view of `socket`.

    `resources()` returns the current session and user, for constructors with dependencies. `refresh()` requests one
    more render.
    """

    def __init__(
        self,
        socket: LiveViewSocket[Any],
        runtime: Runtime,
        settings: ComponentSettings,
        resources: Callable[[], Resources],
        refresh: Callable[[], None],
    ) -> None:
        self._socket = socket
        self._runtime = runtime
        self._templates = settings.templates
        self._processors = settings.processors
        self._max_components = settings.max_components
        self._callbacks_of = settings.callbacks_of
        self._resources = resources
        self._refresh = refresh
        self._by_key: dict[Key, ComponentInstance] = {}
        self._by_cid: dict[int, ComponentInstance] = {}
        # Components of the first page that the first render of the joined page has not placed yet.
        self._first: dict[Key, ComponentInstance] = {}
        # A cid is not reused, because the client may still send events for a removed component.
        self._last_cid = 0
        self._pass = 0
        # Components to render, by depth.
        self._queue: dict[int, dict[int, ComponentInstance]] = {}
        self._root: Node | None = None
        self._moved = False
        # One component for each template, whose statics later ones share.
        self._samples: dict[Segment, ComponentInstance] = {}

    # Finding

    def find(self, cid: int) -> ComponentInstance | None:
        """Return the component with that cid: `.component` is the object, `.socket` its socket. None if it is gone."""
        instance = self._by_cid.get(cid)
        return instance if instance is not None and instance.mounted else None

    def of(self, target: ComponentTarget) -> ComponentInstance | None:
        """Return the component that `send_update` addresses, by cid or by class and id; None if it is gone."""
        instance = self._by_cid.get(target) if isinstance(target, int) else self._by_key.get(target)
        return instance if instance is not None and instance.mounted else None

    def __iter__(self) -> Iterator[ComponentInstance]:
        return iter([*self._by_cid.values()])

    def __len__(self) -> int:
        return len(self._by_cid)

    # Placing, while a template renders

    def place(self, tag: ComponentTag, host: LiveViewSocket[Any], previous: Any) -> tuple[int, int | None]:
        """Return the dynamic of a component tag: its cid, and the cid to send, or None if `previous` is the same."""
        instance = self._placed(tag, host)
        changed = instance.receive(tag, self._templates.change_rule)
        if changed or not instance.client_has_tree:
            self._enqueue(instance)
        cid = instance.cid
        if type(previous) is int and previous == cid:
            return cid, None
        self._moved = self._moved or instance.client_has_tree
        return cid, cid

    def _placed(self, tag: ComponentTag, host: LiveViewSocket[Any]) -> ComponentInstance:
        instance = self._by_key.get((tag.component, tag.id))
        if instance is None:
            instance = self._add(tag, host)
        elif instance.last_placed == self._pass:
            raise DuplicateComponent(instance.described, (str(instance.line), str(tag.place)))
        elif instance.removal_pending:
            # The browser may already have deleted its tree, and the trees of all components in it.
            instance.removal_pending = instance.client_has_tree = False
        instance.last_placed = self._pass
        instance.previous_line, instance.line = instance.line, tag.place
        # It may have moved into another component. `depth` decides when it is rendered, `parent` which
        # ancestors a diff must name.
        instance.depth = self._depth_in(host)
        instance.socket.parent = host
        return instance

    def _add(self, tag: ComponentTag, host: LiveViewSocket[Any]) -> ComponentInstance:
        if len(self._by_cid) >= self._max_components:
            raise TooManyComponents(
                f"a view may have at most {self._max_components} live components (SecurityConfig.max_components); "
                f"{tag.described} at {tag.place} would be one more. Use a macro for rows without events of their own, "
                "or raise the limit"
            )
        depth = self._depth_in(host)
        if depth > MAX_DEPTH:
            raise TooManyComponents(
                f"{tag.described} at {tag.place} is nested {depth} components deep; at most {MAX_DEPTH} are allowed. "
                "Check whether a component places itself"
            )
        first = self._first.pop((tag.component, tag.id), None)
        if first is not None:
            first.join(self._runtime)
        instance = first or self._new(tag, host, depth)
        self._by_key[instance.key] = self._by_cid[instance.cid] = instance
        return instance

    def _new(self, tag: ComponentTag, host: LiveViewSocket[Any], depth: int) -> ComponentInstance:
        self._last_cid += 1
        socket: ComponentSocket[Any] = ComponentSocket(
            self._runtime, self._socket, host, self._last_cid, tag.id
        )
        return ComponentInstance(tag, socket, depth, self._callbacks_of(tag.component))

    def take_over(self, instances: Iterable[ComponentInstance]) -> None:
        """Go on with components that the first page has mounted, as far as the next render places them."""
        self._first = {instance.key: instance for instance in instances}
        # They keep their numbers, which their state may contain, so a new one gets a higher number.
        self._last_cid = max((instance.cid for instance in self._first.values()), default=0)

    def drop_first(self) -> None:
        """Drop the components of the first page that the joined page does not show."""
        self._first = {}

    def _depth_in(self, host: LiveViewSocket[Any]) -> int:
        return 1 if host.cid is None else self._by_cid[host.cid].depth + 1

    def _enqueue(self, instance: ComponentInstance) -> None:
        self._queue.setdefault(instance.depth, {})[instance.cid] = instance

    def touch(self, instance: ComponentInstance) -> None:
        """Render the component with the next message, because its state may have changed."""
        self._enqueue(instance)

    def invalidate(self) -> None:
        """Render everything at the next render. Discard the state of a render that failed half-way."""
        self._queue.clear()
        self._moved = False
        # In the next pass, the tags of the failed one would otherwise count as placed twice.
        self._pass += 1
        for instance in self._by_cid.values():
            instance.client_has_tree = False

    # Rendering, after the template

    def completed_page(self, diff: Diff, root: Node | None) -> Diff | Awaitable[Diff]:
        """Complete a diff of the page with the diffs of its components. `root` is the retained tree of the page."""
        self._root = root
        if "s" in diff:
            self._forget_client_trees()
        return self.completed(diff)

    def completed(self, diff: Diff) -> Diff | Awaitable[Diff]:
        """Return the diff with the diffs of all components that changed.

        Returns it directly, without a coroutine, as long as no component needs a callback.
        """
        parts: dict[str, Diff] = {}
        again: list[ComponentInstance] = []
        # Rendering a level may enqueue the components that it places: they are deeper, so they come later.
        while self._queue:
            level = self._next_level(again)
            for instance in level:
                if not instance.up_to_date:
                    return self._completed(diff, parts, again, level)
            self._render_all(level, parts)
        return self._finished(diff, parts, again)

    async def _completed(
        self,
        diff: Diff,
        parts: dict[str, Diff],
        again: list[ComponentInstance],
        level: list[ComponentInstance],
    ) -> Diff:
        while True:
            await self._run_callbacks(level)
            self._render_all(level, parts)
            if not self._queue:
                return self._finished(diff, parts, again)
            level = self._next_level(again)

    def _next_level(self, again: list[ComponentInstance]) -> list[ComponentInstance]:
        """Return the waiting components of the lowest depth; move those already rendered in this pass to `again`."""
        waiting = self._queue.pop(min(self._queue)).values()
        # The browser may have reported a waiting component as removed.
        level = [instance for instance in waiting if instance.cid in self._by_cid]
        again += [instance for instance in level if instance.last_rendered == self._pass]
        return [instance for instance in level if instance.last_rendered != self._pass]

    def _finished(self, diff: Diff, parts: dict[str, Diff], again: list[ComponentInstance]) -> Diff:
        if parts:
            # With components alone, the client renders these alone; from a whole tree it renders everything.
            # Only a diff of the page makes it skip what the message does not name.
            if diff and "s" not in diff:
                add_ancestors(diff, parts, [self._by_cid[int(cid)] for cid in parts], self._root)
            diff["c"] = parts
        self._pass += 1
        # The check walks the whole page, so it runs only if a component that the client has got a new place.
        if self._moved:
            self._moved = False
            self._check_duplicates()
        if again:
            # They were rendered and then placed elsewhere with other assigns: a message holds one diff of each, so the
            # second one goes into the next message.
            for instance in again:
                self._enqueue(instance)
            self._refresh()
        return diff

    def _check_duplicates(self) -> None:
        # `_placed` finds duplicates among the tags that this pass has rendered. A tag in an unchanged part of the page
        # is not rendered again, and may still show a component that was now placed elsewhere.
        if self._root is None:
            return
        for cid, times in Counter(self._on_page(self._root)).items():
            instance = self._by_cid.get(cid)
            if times > 1 and instance is not None:
                raise DuplicateComponent(
                    instance.described, (str(instance.previous_line), str(instance.line))
                )

    def _on_page(self, root: Node) -> Iterator[int]:
        nodes: list[Node | None] = [root]
        visited: set[int] = set()
        for node in nodes:
            for cid in components_in(node):
                yield cid
                instance = self.find(cid)
                if instance is not None and cid not in visited:
                    visited.add(cid)
                    nodes.append(instance.renderer.node)

    def _forget_client_trees(self) -> None:
        # The client deletes all components when it receives a whole new page tree.
        for instance in self._by_cid.values():
            instance.client_has_tree = False
            if instance.last_placed == self._pass:
                self._enqueue(instance)

    async def _run_callbacks(self, instances: list[ComponentInstance]) -> None:
        """Run `mount` of new components, then `update`, or `update_many` once for all components of a class."""
        together: dict[Any, list[ComponentInstance]] = {}
        keeping: list[ComponentInstance] = []
        for instance in instances:
            if not instance.mounted:
                await self._mount(instance)
                if instance.callbacks.keep is not None:
                    keeping.append(instance)
            if instance.callbacks.update_many is None:
                await instance.update(self._resources())
            elif instance.pending_assigns:
                together.setdefault(type(instance.component), []).append(instance)
        for each in together.values():
            await _update_many(each)
        for instance in keeping:
            await self._restore(instance)

    async def _restore(self, instance: ComponentInstance) -> None:
        """Lay the kept state of a new component over its context. A first page has none."""

    async def _mount(self, instance: ComponentInstance) -> None:
        cls: type[LiveComponent[Any]] = instance.key[0]
        resources = self._resources()
        component = await create_view(cls, resources)
        await instance.mount(component, self._renderer(component, instance.socket), resources)

    def _renderer(self, component: LiveComponent[Any], socket: ComponentSocket[Any]) -> ComponentRenderer:
        template = self._templates.for_component(type(component))
        if template is None:
            return ContentComponentRenderer(component, socket, self._socket, self._templates.environment)
        return TemplateComponentRenderer(
            template, component, socket, PyViewMeta(self._socket), self._processors
        )

    def _render_all(self, instances: list[ComponentInstance], parts: dict[str, Diff]) -> None:
        for instance in instances:
            self._render(instance, parts)

    def _render(self, instance: ComponentInstance, parts: dict[str, Diff]) -> None:
        # A diff is useless to a client without the tree: render the whole one.
        if not instance.client_has_tree:
            instance.renderer.reset()
        part = instance.renderer.update(instance.slots)
        instance.last_rendered = self._pass
        if "s" in part:
            self._complete_whole(instance, part, parts)
        instance.client_has_tree = True
        if part:
            parts[str(instance.cid)] = part

    def _complete_whole(self, instance: ComponentInstance, part: Diff, parts: dict[str, Diff]) -> None:
        """Add the root flag to a whole tree, and replace its statics by a reference to a component that has them."""
        node = instance.renderer.node
        check_one_element(part, node, type(instance.component))
        part["r"] = 1
        if node is None:
            return
        # The client may have deleted the tree of a component that leaves the page: it could not copy it.
        sample = self._samples.get(node.segment)
        known = (
            sample.renderer.node
            if sample is not None and sample.client_has_tree and not sample.removal_pending
            else None
        )
        if sample is None or sample is instance or known is None or known.segment is not node.segment:
            self._samples[node.segment] = instance
            return
        omit_shared_statics(part, node, known)
        part["s"] = sample.cid if str(sample.cid) in parts else -sample.cid

    async def prepare(self, tags: Sequence[ComponentTag], host: LiveViewSocket[Any]) -> None:
        """Place components of a page that is rendered as text, and run their callbacks."""
        instances = []
        for tag in tags:
            instance = self._placed(tag, host)
            instance.receive(tag, self._templates.change_rule)
            instances.append(instance)
        await self._run_callbacks(instances)

    async def html(self, tag: ComponentTag) -> str:
        """Return the HTML of a component that `prepare` has placed."""
        instance = self._by_key[tag.component, tag.id]
        return await instance.renderer.html(instance.slots)

    # Removing

    def will_destroy(self, cids: Iterable[int]) -> None:
        """Mark components whose elements the browser has removed. They may still be placed again."""
        for cid in cids:
            instance = self._by_cid.get(cid)
            if instance is not None:
                instance.removal_pending = True

    def unsent_cids(self) -> list[int]:
        """Return the cids that are not in the whole tree just sent: the browser cannot report these as removed."""
        return [cid for cid, instance in self._by_cid.items() if not instance.client_has_tree]

    def destroyed(self, cids: Iterable[int]) -> list[ComponentInstance]:
        """Remove the components that were not placed again meanwhile, and return them. The client removes the same."""
        gone = [
            instance
            # A browser may name a cid twice, and the second removal would fail.
            for cid in dict.fromkeys(cids)
            if (instance := self._by_cid.get(cid)) and instance.removal_pending
        ]
        for instance in gone:
            self._forget(instance)
        return gone

    def _forget(self, instance: ComponentInstance) -> None:
        del self._by_cid[instance.cid]
        del self._by_key[instance.key]
        # A later tree must not refer to the tree of a component that the client has deleted.
        node = instance.renderer.node if instance.mounted else None
        if node is not None and self._samples.get(node.segment) is instance:
            del self._samples[node.segment]


async def _update_many(instances: list[ComponentInstance]) -> None:
    """Call `update_many` with one set of assigns per component, again while a component has further ones."""
    while instances:
        updates = [(instance.socket, instance.pending_assigns.pop(0)) for instance in instances]
        update_many: Any = instances[0].callbacks.update_many
        await finished(update_many(updates))
        instances = [instance for instance in instances if instance.pending_assigns]
