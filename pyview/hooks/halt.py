"""How a hook says that nothing comes after it."""

from collections.abc import Callable
from inspect import isawaitable
from typing import Any, Protocol

from pyview.binding.callbacks import Call
from pyview.binding.callers import HookCaller


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


async def halted(caller: HookCaller, call: Call, hook: str, socket: MayNavigate) -> Halt | None:
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
