"""Hooks attached to one view: functions that run before its callbacks, and their names in its context."""

from collections.abc import Callable, Mapping
from copy import copy
from inspect import isawaitable
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias, get_args

from pyview.binding.callbacks import (
    ASYNC_HOOK,
    EVENT_HOOK,
    INFO_HOOK,
    PARAMS_HOOK,
    RENDER_HOOK,
    Callback,
    CallContext,
    Resources,
)
from pyview.binding.callers import HookCaller, hook_caller
from pyview.binding.params import Params
from pyview.hooks.on_mount import Halt, MayNavigate, halted

Stage: TypeAlias = Literal["handle_params", "handle_event", "handle_info", "handle_async", "after_render"]

_CALLBACKS: Mapping[Stage, Callback] = MappingProxyType(
    {
        "handle_params": PARAMS_HOOK,
        "handle_event": EVENT_HOOK,
        "handle_info": INFO_HOOK,
        "handle_async": ASYNC_HOOK,
        "after_render": RENDER_HOOK,
    }
)


class HasContext(Protocol):
    """The part of a socket that templates get."""

    context: Any


class AttachedHook(NamedTuple):
    """One attached hook; `name` is unique within its stage."""

    name: str
    caller: HookCaller


class ViewHooks:
    """The hooks of one view by stage, in the order in which they were attached.

    The hooks of a stage are a tuple that is replaced as a whole: a hook may attach and detach hooks while the stage
    runs.
    """

    __slots__ = ("_attached", "_context", "_names")

    def __init__(self) -> None:
        self._attached: dict[Stage, tuple[AttachedHook, ...]] = {}
        self._context: Any = None
        self._names: tuple[Any, ...] = ()

    def attach(self, name: str, stage: Stage, function: Callable[..., Any]) -> None:
        """Attach a hook. Raises `ValueError` for a taken name and an unknown stage, `SignatureError`."""
        callback = _CALLBACKS.get(stage)
        if callback is None:
            raise ValueError(
                f"attach_hook({name!r}, {stage!r}): expected one of {', '.join(get_args(Stage))}."
            )
        attached = self._attached.get(stage, ())
        if any(one.name == name for one in attached):
            raise ValueError(
                f"attach_hook({name!r}, {stage!r}): a hook with this name is attached. Choose another name, or call "
                "detach_hook first."
            )
        self._attached[stage] = (*attached, AttachedHook(name, hook_caller(function, callback)))

    def detach(self, name: str, stage: Stage) -> None:
        """Remove a hook; an unknown one is ignored."""
        self._attached[stage] = tuple(one for one in self._attached.get(stage, ()) if one.name != name)

    def has(self, stage: Stage) -> bool:
        """Return True if a hook is attached to that stage."""
        return bool(self._attached.get(stage))

    # Each runs the hooks before a callback, and returns the `Halt` of a hook, or None to run the callback.

    async def before_event(
        self, event: str, payload: Any, socket: MayNavigate, resources: Resources
    ) -> Halt | None:
        return await self._run("handle_event", socket, lambda: CallContext(resources, socket, event, payload))

    async def before_params(
        self, url: Any, params: Params, socket: MayNavigate, resources: Resources
    ) -> Halt | None:
        def call() -> CallContext:
            context = CallContext(resources, socket, client=params.raw())
            context.url, context.params = url, params
            return context

        return await self._run("handle_params", socket, call)

    async def before_info(self, event: Any, socket: MayNavigate, resources: Resources) -> Halt | None:
        return await self._run("handle_info", socket, lambda: CallContext(resources, socket, event))

    async def before_async(
        self, name: str, result: Any, socket: MayNavigate, resources: Resources
    ) -> Halt | None:
        def call() -> CallContext:
            context = CallContext(resources, socket, name)
            context.result = result
            return context

        return await self._run("handle_async", socket, call)

    async def after_render(self, socket: MayNavigate, resources: Resources) -> None:
        """Run the hooks after a render. Raises what they raise, and `TypeError` if one returns a value."""
        for name, caller in self._attached.get("after_render", ()):
            answer = caller(CallContext(resources, socket))
            if isawaitable(answer):
                answer = await answer
            if answer is not None:
                raise TypeError(
                    f"the after_render hook {name!r} returned {answer!r}: expected None, there is no callback to halt"
                )

    async def _run(
        self, stage: Stage, socket: MayNavigate, make_call: Callable[[], CallContext]
    ) -> Halt | None:
        # The context is created only if there is a hook: most views have none, and this runs for every event.
        for name, caller in self._attached.get(stage, ()):
            described = f"the {stage} hook {name!r}"
            # A context for each hook: it caches the values of dependencies, and generators among these are
            # closed when the hook has returned.
            halt = await halted(caller, make_call(), described, socket)
            if halt is not None:
                return _checked(halt, stage, described)
        return None

    # The context

    def remember_names(self, socket: HasContext) -> None:
        """Remember the names that on_mount hooks have set in the context. They stay if the view replaces the dict."""
        self._context = socket.context
        self._names = tuple(socket.context)

    def keep_names(self, socket: HasContext) -> None:
        """Add the hooks' names to a new context that lacks them, with their last values.

        This replaces the view's dict and does not change it: all views may share the same dict.
        """
        context, last = socket.context, self._context
        if context is last or not self._names or not isinstance(context, dict):
            return
        missing = {name: last[name] for name in self._names if name in last and name not in context}
        if missing:
            context = copy(context)
            context.update(missing)
            socket.context = context
        self._context = context  # a handler that changes this dict in place is not copied again


def _checked(halt: Halt, stage: Stage, described: str) -> Halt:
    if halt.reply is not None and stage != "handle_event":
        raise TypeError(
            f"{described} halted with a reply, but only a handle_event hook can reply to the browser"
        )
    return halt
