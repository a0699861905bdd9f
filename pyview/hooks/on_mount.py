"""Hooks that run before a view is made and mounted, for the first page and for the socket alike.

How a hook says that nothing comes after it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any, Protocol

from pyview.binding.callbacks import ON_MOUNT, CallContext, Resources
from pyview.binding.callers import HookCaller, hook_caller
from pyview.binding.class_cache import cached_on_class
from pyview.binding.params import Params


class Halt(Exception):
    """Go no further: no later hook runs, and not the view's own callback. A hook returns it, or raises it.

    `reply` answers the event in a `handle_event` hook, as what a handler returns does.
    """

    def __init__(self, reply: Any = None) -> None:
        super().__init__("a hook halted")
        self.reply = reply


class HaltedNowhere(RuntimeError):
    """A hook halted before there is a view to show, and did not say what to show instead."""

    def __init__(self, hook: str) -> None:
        super().__init__(
            f"{hook} halted before mount and left the browser nothing to show. Say where to go first, as in "
            "`await socket.redirect('/login')` or `await socket.push_navigate('/start')`, or raise "
            "HTTPException(403) instead."
        )


class MayNavigate(Protocol):
    """What of a socket tells that somebody is on the way to another page."""

    @property
    def navigation(self) -> Any: ...


async def halted(caller: HookCaller, call: CallContext, hook: str, socket: MayNavigate) -> Halt | None:
    """Whether the hook that `caller` calls, named `hook`, wants nothing to come after it; None to go on.

    A hook that sends the browser elsewhere has halted, whatever it returns: a guard that forgets to say so must not
    let anybody in. For the same reason any other result than None is an error: `return False` reads like a refusal,
    and would be none. Raises `TypeError`, and whatever the hook raises.
    """
    try:
        answer = caller(call)
        if isawaitable(answer):
            answer = await answer
    except Halt as halt:
        answer = halt
    if answer is Halt:
        answer = Halt()
    if not isinstance(answer, Halt | None):
        raise _no_decision(hook, answer)
    return Halt() if answer is None and socket.navigation is not None else answer


def name_of(function: Callable[..., Any]) -> str:
    """What errors call a hook."""
    return str(getattr(function, "__qualname__", None) or type(function).__qualname__)


def _no_decision(hook: str, answer: object) -> TypeError:
    return TypeError(
        f"{hook} returned a {type(answer).__qualname__}: a hook returns None to go on, or Halt() to stop "
        "(from pyview import Halt)."
    )


ATTRIBUTE = "on_mount"


@dataclass(frozen=True, slots=True)
class OnMountHook:
    """`function`, which may take `socket`, `session` and `params`, and its compiled call."""

    function: Callable[..., Any]
    caller: HookCaller = field(compare=False)

    async def halts(self, socket: MayNavigate, params: Params, resources: Resources) -> bool:
        """Whether the view must not be mounted; then `socket.navigation` says where to go instead.

        Raises `HaltedNowhere`, and whatever the hook raises.
        """
        halt = await halted(self.caller, _call(socket, params, resources), self._name, socket)
        if halt is not None:
            self._check(halt, socket)
        return halt is not None

    @property
    def _name(self) -> str:
        return f"the on_mount hook {name_of(self.function)}"

    def _check(self, halt: Halt, socket: MayNavigate) -> None:
        if socket.navigation is None:
            raise HaltedNowhere(self._name)
        if halt.reply is not None:
            raise TypeError(f"{self._name} halted with a reply, but nobody waits for one before mount.")


def compile_hooks(given: object, where: str) -> tuple[OnMountHook, ...]:
    """The hooks of a list of functions. Raises `TypeError`, and `SignatureError` for what cannot be filled."""
    if isinstance(given, str) or callable(given) or not isinstance(given, Iterable):
        raise TypeError(f"{where} is {given!r}: expected a list of functions, such as [load_user].")
    return tuple(_compiled(one, where) for one in given)


def hooks_of(view_class: type) -> tuple[OnMountHook, ...]:
    """What `on_mount` lists on the base classes of a view, then on the class itself: each once.

    They add up as requirements do, so that no subclass leaves a guard out by naming hooks of its own. Raises
    `TypeError` and `SignatureError`.
    """
    return cached_on_class(view_class, "on_mount", lambda: _hooks_of(view_class))


def _hooks_of(view_class: type) -> tuple[OnMountHook, ...]:
    listed = [
        hook
        for owner in reversed(view_class.__mro__)
        for hook in compile_hooks(vars(owner).get(ATTRIBUTE, ()), f"{owner.__qualname__}.{ATTRIBUTE}")
    ]
    return unique(listed)


def unique(hooks: Iterable[OnMountHook]) -> tuple[OnMountHook, ...]:
    """Each function once, where it came first."""
    first: dict[int, OnMountHook] = {}
    for hook in hooks:
        first.setdefault(id(hook.function), hook)
    return tuple(first.values())


def _compiled(function: object, where: str) -> OnMountHook:
    if not callable(function) or isinstance(function, type):
        raise TypeError(f"{where} holds {function!r}: expected functions of (socket, session, params).")
    return OnMountHook(function, hook_caller(function, ON_MOUNT))


def _call(socket: MayNavigate, params: Params, resources: Resources) -> CallContext:
    call = CallContext(resources, socket, client=params.raw())
    call.params = params
    return call
