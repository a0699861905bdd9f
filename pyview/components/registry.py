"""The live components of one view.

A render of the view places components: it finds or makes each by class and id, and leaves its number in the tree.
What was placed then gets its callbacks, and is rendered, level by level, because it may place others. Each component
is rendered once in a message at most. Its number is never used again, and it lives until the browser has confirmed that
its element is gone: a message that is on its way may still bring it back.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pyview.binding import Resources, create_view
from pyview.components.component import DuplicateComponent, LiveComponent, TooManyComponents
from pyview.components.diffs import components_in, leave_out_known, name_surroundings
from pyview.components.instance import Instance, Key, finished
from pyview.components.renderers import ContentParts, Parts, TemplateParts, check_one_element
from pyview.components.socket import ComponentSocket
from pyview.meta import ContextProcessor, PyViewMeta
from pyview.socket.runtime import ComponentTarget, Runtime
from pyview.socket.socket import LiveViewSocket
from pyview.template.component_tag import ComponentTag
from pyview.template.environment import LiveEnvironment
from pyview.template.live_template import LiveTemplate
from pyview.template.tree.change import ChangeRule
from pyview.template.tree.nodes import Diff, Node, Segment

DEEPEST = 100
"""So many components within one another; more are a component that places itself for ever."""


class ComponentTemplates(Protocol):
    """The template of a component class; None for one that has a method `template`."""

    @property
    def change_rule(self) -> ChangeRule: ...
    @property
    def environment(self) -> LiveEnvironment: ...
    def for_component(self, component: type[LiveComponent[Any]]) -> LiveTemplate | None: ...


@dataclass(frozen=True, slots=True)
class ComponentSettings:
    """What an application has for all components: `most` is how many a view may have."""

    templates: ComponentTemplates
    processors: Sequence[ContextProcessor]
    most: int


class ComponentRegistry:
    """Places, finds, renders and forgets the components of the view that `socket` belongs to.

    `resources` tells who is there now, for constructors with dependencies. `refresh` asks for one more render.
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
        self._most = settings.most
        self._resources = resources
        self._refresh = refresh
        self._by_key: dict[Key, Instance] = {}
        self._by_cid: dict[int, Instance] = {}
        self._last_cid = 0
        self._pass = 0
        # To be rendered, by how deep they are.
        self._queue: dict[int, dict[int, Instance]] = {}
        self._root: Node | None = None
        self._moved = False
        self._samples: dict[Segment, Instance] = {}

    # Finding

    def find(self, cid: int) -> Instance | None:
        """The component of that number: `.component` is the object, `.socket` its socket. None if it has gone."""
        instance = self._by_cid.get(cid)
        return instance if instance is not None and instance.mounted else None

    def of(self, target: ComponentTarget) -> Instance | None:
        """The component that `send_update` names."""
        instance = self._by_cid.get(target) if isinstance(target, int) else self._by_key.get(target)
        return instance if instance is not None and instance.mounted else None

    def __iter__(self) -> Iterator[Instance]:
        return iter([*self._by_cid.values()])

    def __len__(self) -> int:
        return len(self._by_cid)

    # Placing, while a template renders

    def place(self, tag: ComponentTag, host: LiveViewSocket[Any], previous: Any) -> tuple[int, int | None]:
        """The slot of a component: (its number, the number to send or None). `previous` is what stood there."""
        instance = self._placed(tag, host)
        changed = instance.take(tag, self._templates.change_rule)
        if changed or not instance.known:
            self._enqueue(instance)
        cid = instance.cid
        if type(previous) is int and previous == cid:
            return cid, None
        self._moved = self._moved or instance.known
        return cid, cid

    def _placed(self, tag: ComponentTag, host: LiveViewSocket[Any]) -> Instance:
        instance = self._by_key.get((tag.component, tag.id))
        if instance is None:
            instance = self._add(tag, host)
        elif instance.seen == self._pass:
            raise DuplicateComponent(instance.described, (str(instance.place), str(tag.place)))
        elif instance.marked:
            # The browser may have thrown its tree away, and those of all that is in it.
            instance.marked = instance.known = False
        instance.seen = self._pass
        instance.former_place, instance.place = instance.place, tag.place
        instance.depth = self._depth_in(host)
        instance.socket.parent = host
        return instance

    def _add(self, tag: ComponentTag, host: LiveViewSocket[Any]) -> Instance:
        if len(self._by_cid) >= self._most:
            raise TooManyComponents(
                f"a view may have {self._most} live components (SecurityConfig.max_components); {tag.described} at "
                f"{tag.place} would be one more. Rows without events of their own can be a macro"
            )
        depth = self._depth_in(host)
        if depth > DEEPEST:
            raise TooManyComponents(
                f"{tag.described} at {tag.place} is {depth} components deep: does one of them place itself?"
            )
        self._last_cid += 1
        socket: ComponentSocket[Any] = ComponentSocket(
            self._runtime, self._socket, host, self._last_cid, tag.id
        )
        instance = Instance(tag, socket, depth)
        self._by_key[instance.key] = self._by_cid[instance.cid] = instance
        return instance

    def _depth_in(self, host: LiveViewSocket[Any]) -> int:
        return 1 if host.cid is None else self._by_cid[host.cid].depth + 1

    def _enqueue(self, instance: Instance) -> None:
        self._queue.setdefault(instance.depth, {})[instance.cid] = instance

    def touch(self, instance: Instance) -> None:
        """Something of the component may have changed: render it with the next message."""
        self._enqueue(instance)

    def start_over(self) -> None:
        """The next render is of everything. One that failed half-way, if there was any, counts for nothing."""
        self._queue.clear()
        self._moved = False
        self._pass += 1
        for instance in self._by_cid.values():
            instance.known = False

    # Rendering, after the template

    def completed_page(self, diff: Diff, root: Node | None) -> Diff | Awaitable[Diff]:
        """`completed` for a message about the whole page; `root` is what is retained of it, if anything."""
        self._root = root
        if "s" in diff:
            self._renew()
        return self.completed(diff)

    def completed(self, diff: Diff) -> Diff | Awaitable[Diff]:
        """The message with the parts of all components that have something to say."""
        parts: dict[str, Diff] = {}
        again: list[Instance] = []
        while self._queue:
            turn = self._turn(again)
            for instance in turn:
                if not instance.is_told:
                    return self._completed(diff, parts, again, turn)
            self._render_all(turn, parts)
        return self._finished(diff, parts, again)

    async def _completed(
        self, diff: Diff, parts: dict[str, Diff], again: list[Instance], turn: list[Instance]
    ) -> Diff:
        while True:
            await self._tell(turn)
            self._render_all(turn, parts)
            if not self._queue:
                return self._finished(diff, parts, again)
            turn = self._turn(again)

    def _turn(self, again: list[Instance]) -> list[Instance]:
        """The highest components that wait. Whatever was already rendered in this pass is put aside."""
        waiting = self._queue.pop(min(self._queue)).values()
        level = [instance for instance in waiting if instance.cid in self._by_cid]
        again += [instance for instance in level if instance.rendered == self._pass]
        return [instance for instance in level if instance.rendered != self._pass]

    def _finished(self, diff: Diff, parts: dict[str, Diff], again: list[Instance]) -> Diff:
        if parts:
            if diff and "s" not in diff:
                self._name_surroundings(diff, parts)
            diff["c"] = parts
        self._end_pass()
        if again:
            self._put_off(again)
        return diff

    def _name_surroundings(self, diff: Diff, parts: dict[str, Diff]) -> None:
        changed = [self._by_cid[int(cid)] for cid in parts]
        name_surroundings(diff, parts, changed, self._root)

    def _end_pass(self) -> None:
        self._pass += 1
        if self._moved:
            self._moved = False
            self._check_places()

    def _check_places(self) -> None:
        # A place that is passed over, because nothing changed there, may still show what was now placed elsewhere.
        if self._root is None:
            return
        for cid, times in Counter(self._shown(self._root)).items():
            instance = self._by_cid.get(cid)
            if times > 1 and instance is not None:
                raise DuplicateComponent(
                    instance.described, (str(instance.former_place), str(instance.place))
                )

    def _shown(self, root: Node) -> Iterator[int]:
        nodes: list[Node | None] = [root]
        visited: set[int] = set()
        for node in nodes:
            for cid in components_in(node):
                yield cid
                instance = self.find(cid)
                if instance is not None and cid not in visited:
                    visited.add(cid)
                    nodes.append(instance.parts.node)

    def _renew(self) -> None:
        # A new root makes the browser forget every component.
        for instance in self._by_cid.values():
            instance.known = False
            if instance.seen == self._pass:
                self._enqueue(instance)

    def _put_off(self, instances: Iterable[Instance]) -> None:
        # Whatever was already rendered, and then placed elsewhere with other assigns, has its turn in a next message.
        for instance in instances:
            self._enqueue(instance)
        self._refresh()

    async def _tell(self, instances: list[Instance]) -> None:
        """Run the callbacks: `mount` of what is new, then `update`, or `update_many` once for all of a class."""
        together: dict[Any, list[Instance]] = {}
        for instance in instances:
            if not instance.mounted:
                await self._mount(instance)
            if instance.callbacks.update_many is None:
                await instance.update(self._resources())
            elif instance.news:
                together.setdefault(type(instance.component), []).append(instance)
        for each in together.values():
            await _update_many(each)

    async def _mount(self, instance: Instance) -> None:
        cls: type[LiveComponent[Any]] = instance.key[0]
        resources = self._resources()
        component = await create_view(cls, resources)
        await instance.mount(component, self._parts(component, instance.socket), resources)

    def _parts(self, component: LiveComponent[Any], socket: ComponentSocket[Any]) -> Parts:
        template = self._templates.for_component(type(component))
        if template is None:
            return ContentParts(component, socket, self._socket, self._templates.environment)
        return TemplateParts(template, component, socket, PyViewMeta(self._socket), self._processors)

    def _render_all(self, instances: list[Instance], parts: dict[str, Diff]) -> None:
        for instance in instances:
            self._render(instance, parts)

    def _render(self, instance: Instance, parts: dict[str, Diff]) -> None:
        if not instance.known:
            instance.parts.reset()
        part = instance.parts.update(instance.slots)
        instance.rendered = self._pass
        if "s" in part:
            self._announce(instance, part, parts)
        instance.known = True
        if part:
            parts[str(instance.cid)] = part

    def _announce(self, instance: Instance, part: Diff, parts: dict[str, Diff]) -> None:
        """A whole part: with its root flag, and if another has the same template, with a link to that one."""
        node = instance.parts.node
        check_one_element(part, node, type(instance.component))
        part["r"] = 1
        if node is None:
            return
        sample = self._samples.get(node.segment)
        known = sample.parts.node if sample is not None and sample.known and not sample.marked else None
        if sample is None or sample is instance or known is None or known.segment is not node.segment:
            self._samples[node.segment] = instance
            return
        leave_out_known(part, node, known)
        part["s"] = sample.cid if str(sample.cid) in parts else -sample.cid

    async def html(self, tag: ComponentTag, host: LiveViewSocket[Any]) -> str:
        """The component in a page that is made as text."""
        instance = self._placed(tag, host)
        instance.take(tag, self._templates.change_rule)
        await self._tell([instance])
        return await instance.parts.html(instance.slots)

    # Going

    def will_destroy(self, cids: Iterable[int]) -> None:
        """The browser has taken the elements of these components away."""
        for cid in cids:
            instance = self._by_cid.get(cid)
            if instance is not None:
                instance.marked = True

    def unknown(self) -> list[int]:
        """After a whole tree: those that are not in it, so that the browser cannot say that they have gone."""
        return [cid for cid, instance in self._by_cid.items() if not instance.known]

    def destroyed(self, cids: Iterable[int]) -> list[Instance]:
        """Forget those of the components that were not placed again meanwhile; the browser forgets the same."""
        gone = [
            instance for cid in dict.fromkeys(cids) if (instance := self._by_cid.get(cid)) and instance.marked
        ]
        for instance in gone:
            self._forget(instance)
        return gone

    def _forget(self, instance: Instance) -> None:
        del self._by_cid[instance.cid]
        del self._by_key[instance.key]
        node = instance.parts.node if instance.mounted else None
        if node is not None and self._samples.get(node.segment) is instance:
            del self._samples[node.segment]


async def _update_many(instances: list[Instance]) -> None:
    """Each round has one set of news of every component; a second round is for what came twice."""
    while instances:
        updates = [(instance.socket, instance.news.pop(0)) for instance in instances]
        update_many: Any = instances[0].callbacks.update_many
        await finished(update_many(updates))
        instances = [instance for instance in instances if instance.news]
