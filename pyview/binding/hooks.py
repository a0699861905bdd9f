"""Functions that run before a callback of a view: their signatures, compiled once for each function."""

from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any, TypeAlias

from pyview.binding.call import Call
from pyview.binding.callbacks import Callback
from pyview.binding.callers import runner
from pyview.binding.compiler import compile_hook
from pyview.threads import off_loop

HookCaller: TypeAlias = Callable[[Call], Any]
"""`caller(call)`: the hook's result, or an awaitable of it."""

_ATTRIBUTE = "__pyview_hook__"


@dataclass(frozen=True, slots=True)
class _Compiled:
    """`function`: whose caller it is. `functools.wraps` copies attributes to what is another function."""

    function: FunctionType
    callback: Callback
    caller: HookCaller


def hook_caller(function: Callable[..., Any], callback: Callback) -> HookCaller:
    """What calls `function` before `callback`. Raises `SignatureError`; the caller, `BindingError`.

    A view attaches its hooks at every mount, so what was compiled is kept on the function, and dies with it. A
    closure is as young as what it encloses, and keeps nothing.
    """
    if not isinstance(function, FunctionType) or function.__closure__ is not None:
        return _compile(function, callback)
    kept = getattr(function, _ATTRIBUTE, None)
    if not isinstance(kept, _Compiled) or kept.function is not function or kept.callback is not callback:
        kept = _Compiled(function, callback, _compile(function, callback))
        setattr(function, _ATTRIBUTE, kept)
    return kept.caller


def _compile(function: Callable[..., Any], callback: Callback) -> HookCaller:
    hook = off_loop(function)
    run = runner(lambda _, *args, **kwargs: hook(*args, **kwargs), compile_hook(function, callback))
    return lambda call: run(call, None)
