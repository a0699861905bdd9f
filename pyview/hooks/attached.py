"""What hooks have left on one view: functions that run before its callbacks, and names in its context."""

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
    """The part of a socket that the template sees."""

    context: Any


class AttachedHook(NamedTuple):
    """`name` is unique within its stage."""

    name: str
    caller: HookCaller


class ViewHooks:
    """The hooks of one view by stage, in the order in which they were attached.

    Each stage's are a tuple, replaced as a whole: hooks that attach and detach while they run meddle with nobody's
    turn.
    """

    __slots__ = ("_attached", "_context", "_names")

    def __init__(self) -> None:
        self._attached: dict[Stage, tuple[AttachedHook, ...]] = {}
        self._context: Any = None
        self._names: tuple[Any, ...] = ()

    def attach(self, name: str, stage: Stage, function: Callable[..., Any]) -> None:
        """Raises `ValueError` for a name that is taken and for an unknown stage; `SignatureError`."""
        callback = _CALLBACKS.get(stage)
        if callback is None:
            raise ValueError(
                f"attach_hook({name!r}, {stage!r}): expected one of {', '.join(get_args(Stage))}."
            )
        attached = self._attached.get(stage, ())
        if any(one.name == name for one in attached):
            raise ValueError(
                f"attach_hook({name!r}, {stage!r}): there is a hook of that name. Choose another, or detach_hook it."
            )
        self._attached[stage] = (*attached, AttachedHook(name, hook_caller(function, callback)))

    def detach(self, name: str, stage: Stage) -> None:
        """Forget a hook, if it is there."""
        self._attached[stage] = tuple(one for one in self._attached.get(stage, ()) if one.name != name)

    # Before a callback. Each returns what halted, or None when the callback's turn has come.

    async def before_event(
        self, event: str, payload: Any, socket: MayNavigate, resources: Resources
    ) -> Halt | None:
        return await self._run("handle_event", socket, lambda: CallContext(resources, socket, event, payload))

    async def before_params(
        self, url: Any, params: Params, socket: MayNavigate, resources: Resources
    ) -> Halt | None:
        def call() -> CallContext:
            made = CallContext(resources, socket, client=params.raw())
            made.url, made.params = url, params
            return made

        return await self._run("handle_params", socket, call)

    async def before_info(self, event: Any, socket: MayNavigate, resources: Resources) -> Halt | None:
        return await self._run("handle_info", socket, lambda: CallContext(resources, socket, event))

    async def before_async(
        self, name: str, result: Any, socket: MayNavigate, resources: Resources
    ) -> Halt | None:
        def call() -> CallContext:
            made = CallContext(resources, socket, name)
            made.result = result
            return made

        return await self._run("handle_async", socket, call)

    async def after_render(self, socket: MayNavigate, resources: Resources) -> None:
        """Tell the hooks of that stage that the view has rendered. Raises what they raise, `TypeError` for a result."""
        for name, caller in self._attached.get("after_render", ()):
            answer = caller(CallContext(resources, socket))
            if isawaitable(answer):
                answer = await answer
            if answer is not None:
                raise TypeError(
                    f"the after_render hook {name!r} returned {answer!r}: nothing comes after it to halt."
                )

    async def _run(
        self, stage: Stage, socket: MayNavigate, make_call: Callable[[], CallContext]
    ) -> Halt | None:
        for name, caller in self._attached.get(stage, ()):
            described = f"the {stage} hook {name!r}"
            halt = await halted(caller, make_call(), described, socket)
            if halt is not None:
                return _checked(halt, stage, described)
        return None

    # The context

    def remember_names(self, socket: HasContext) -> None:
        """What is in the dict `socket.context` now was put there by hooks, and stays when the view replaces it."""
        self._context = socket.context
        self._names = tuple(socket.context)

    def keep_names(self, socket: HasContext) -> None:
        """Put the hooks' names into a new context that lacks them, with the values that they had last.

        The view's own dict is not written to: it may be one that all views share.
        """
        context, last = socket.context, self._context
        if context is last or not self._names or not isinstance(context, dict):
            return
        lacking = {name: last[name] for name in self._names if name in last and name not in context}
        if lacking:
            context = copy(context)
            context.update(lacking)
            socket.context = context
        self._context = context


def _checked(halt: Halt, stage: Stage, described: str) -> Halt:
    if halt.reply is not None and stage != "handle_event":
        raise TypeError(f"{described} halted with a reply, but only the sender of an event waits for one.")
    return halt
