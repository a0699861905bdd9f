"""on_mount hooks, which run before a view is created and mounted, over HTTP and over the socket; and `Halt`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from inspect import isawaitable
from typing import Any, Protocol

from pyview.binding.callbacks import ON_MOUNT, CallContext, Resources
from pyview.binding.callers import HookCaller, hook_caller
from pyview.binding.class_cache import cached_on_class
from pyview.binding.params import Params


class Halt(Exception):
    """Result of a hook, returned or raised, that stops the later hooks and the view's callback.

    `reply`: in a `handle_event` hook, the reply to the event, as the return value of a handler is.
    """

    def __init__(self, reply: Any = None) -> None:
        super().__init__("a hook halted")
        self.reply = reply


class HaltedNowhere(RuntimeError):
    """A hook halted before mount, and gave no redirect."""

    def __init__(self, hook: str) -> None:
        super().__init__(
            f"{hook} halted before mount, so the browser has nothing to show. Call `await socket.redirect('/login')` "
            "or `await socket.push_navigate('/start')` before it halts, or raise HTTPException(403)."
        )


class MayNavigate(Protocol):
    """The part of a socket that tells whether the user goes to another page."""

    @property
    def navigation(self) -> Any: ...


async def halted(caller: HookCaller, call: CallContext, hook: str, socket: MayNavigate) -> Halt | None:
    """Run the hook of `caller`, named `hook` in errors. Return its `Halt`, or None to go on.

    A hook that redirects has halted, whatever it returns: a guard that forgets `Halt` must not admit a user. For the
    same reason any other result than None is an error: `return False` looks like a refusal, but would not be one.
    Raises `TypeError`, and what the hook raises.
    """
    try:
        answer = caller(call)
        if isawaitable(answer):
            answer = await answer
    except Halt as halt:
        answer = halt
    if answer is Halt:  # `return Halt`, without parentheses, stops as well
        answer = Halt()
    if not isinstance(answer, Halt | None):
        raise TypeError(
            f"{hook} returned a {type(answer).__qualname__}: a hook returns None to go on, or Halt() to stop "
            "(from pyview import Halt)."
        )
    return Halt() if answer is None and socket.navigation is not None else answer


def name_of(function: Callable[..., Any]) -> str:
    """Return the name of a hook for errors."""
    return str(getattr(function, "__qualname__", None) or type(function).__qualname__)


ATTRIBUTE = "on_mount"


@dataclass(frozen=True, slots=True)
class OnMountHook:
    """A hook function, which may take `socket`, `session` and `params`, with its compiled caller."""

    function: Callable[..., Any]
    caller: HookCaller = field(compare=False)

    async def halts(self, socket: MayNavigate, params: Params, resources: Resources) -> bool:
        """Run the hook. Return True if the view must not be mounted; `socket.navigation` then has the redirect.

        Raises `HaltedNowhere`, and what the hook raises.
        """
        name = f"the on_mount hook {name_of(self.function)}"
        call = CallContext(resources, socket, client=params.raw())
        call.params = params
        halt = await halted(self.caller, call, name, socket)
        if halt is None:
            return False
        if socket.navigation is None:
            raise HaltedNowhere(name)
        if halt.reply is not None:
            raise TypeError(f"{name} halted with a reply, but there is no event to reply to before mount")
        return True


def compile_hooks(given: object, where: str) -> tuple[OnMountHook, ...]:
    """Compile a list of hook functions. Raises `TypeError`, and `SignatureError` for an unknown parameter."""
    if isinstance(given, str) or callable(given) or not isinstance(given, Iterable):
        raise TypeError(f"{where} is {given!r}: expected a list of functions, such as [load_user].")
    compiled = []
    for function in given:
        if not callable(function) or isinstance(function, type):
            raise TypeError(
                f"{where} contains {function!r}: expected functions of (socket, session, params)."
            )
        compiled.append(OnMountHook(function, hook_caller(function, ON_MOUNT)))
    return tuple(compiled)


def hooks_of(view_class: type) -> tuple[OnMountHook, ...]:
    """Return the `on_mount` hooks of the base classes of a view, then of the class itself, each once.

    They add up as requirements do, so that a subclass with its own hooks cannot drop a guard of its base class. Raises
    `TypeError` and `SignatureError`.
    """
    # Compiled once per class, and not at each join.
    return cached_on_class(view_class, "on_mount", lambda: _hooks_of(view_class))


def _hooks_of(view_class: type) -> tuple[OnMountHook, ...]:
    listed = [
        hook
        for owner in reversed(view_class.__mro__)
        for hook in compile_hooks(vars(owner).get(ATTRIBUTE, ()), f"{owner.__qualname__}.{ATTRIBUTE}")
    ]
    return unique(listed)


def unique(hooks: Iterable[OnMountHook]) -> tuple[OnMountHook, ...]:
    """Return each function once, at its first place."""
    first: dict[int, OnMountHook] = {}
    for hook in hooks:
        # By identity: a callable object may define an equality of its own, or no hash.
        first.setdefault(id(hook.function), hook)
    return tuple(first.values())
