"""Callers of callbacks and hooks: functions that bind the arguments of a handler and call it.

Each is compiled once per handler. A handler with the classic signature is called directly, without any binding.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from inspect import isawaitable
from types import FunctionType, MethodType
from typing import Any, Final, TypeAlias, TypeVar

from pyview.binding.callbacks import (
    ASYNC,
    CONSTRUCTOR,
    EVENT,
    INFO,
    MOUNT,
    PARAMS,
    Callback,
    CallContext,
    ParameterSource,
    Resources,
)
from pyview.binding.class_cache import cached_on_class
from pyview.binding.compiler import compile_handler, compile_hook, is_classic
from pyview.binding.dependencies import Arguments, fill_from_client
from pyview.binding.params import Params
from pyview.binding.signature import BindingError, SignatureError, read_signature
from pyview.threads import off_loop

F = TypeVar("F", bound=Callable[..., Any])

NO_HANDLER: Final = "__pyview_no_handler__"
"""Attribute of a callback that handles nothing itself: it exists for `super()`, or dispatches to handlers."""


def no_handler(function: F) -> F:
    """Mark a callback of a base class as no handler: a class without an own one counts as having none."""
    setattr(function, NO_HANDLER, True)
    return function


def own_callback(cls: type, name: str) -> Callable[..., Any] | None:
    """Return the callback of that name that is a real handler, of the class or a base; None if there is none."""
    # Not getattr(): a placeholder of a mixin may come before the real callback of a later base class.
    found = (vars(owner).get(name) for owner in cls.__mro__)
    return next((one for one in found if callable(one) and not hasattr(one, NO_HANDLER)), None)


class Done:
    """Result of a callback of a base class: `await super().mount(...)` returns at once.

    It is no coroutine, because a plain `def` may call the base class without awaiting the result: Python would warn of
    a coroutine that was never awaited.
    """

    __slots__ = ()

    def __await__(self) -> Iterator[Any]:
        return iter(())


DONE: Final = Done()


View = TypeVar("View")
Handler = Callable[..., Any]

EventCaller = Callable[[Any, str, Any, Any, Resources], Any]
"""`caller(view, event, payload, socket, resources)` returns the handler's result, or an awaitable of it."""

ParamsCaller = Callable[[Any, Any, Params, Any, Resources], Any]
"""`caller(view, url, params, socket, resources)`"""

MountCaller = Callable[[Any, Any, Params, Resources], Any]
"""`caller(view, socket, params, resources)`; `params` are empty for a view without its own URL"""

InfoCaller = Callable[[Any, Any, Any, Resources], Any]
"""`caller(view, event, socket, resources)`, where `event` is an `InfoEvent`"""

AsyncCaller = Callable[[Any, str, Any, Any, Resources], Any]
"""`caller(view, name, result, socket, resources)`, where `result` is an `AsyncResult`"""

ViewFactory = Callable[[Resources], Awaitable[View]]


def compile_event(function: Handler) -> EventCaller:
    """Compile `handle_event` or an `@event` method. Raises `SignatureError`; the caller raises `BindingError`."""
    arguments = compile_handler(function, EVENT)
    # A classic handler needs no binding, so its events do not pay for a CallContext.
    if is_classic(arguments, EVENT):
        return lambda view, event, payload, socket, resources: function(view, event, payload, socket)
    run = runner(function, arguments)
    return lambda view, event, payload, socket, resources: run(
        CallContext(resources, socket, event, payload), view
    )


def compile_params(function: Handler) -> ParamsCaller:
    """Compile `handle_params`. Raises `SignatureError`; the caller raises `BindingError`."""
    arguments = compile_handler(function, PARAMS)
    if is_classic(arguments, PARAMS):
        return lambda view, url, params, socket, resources: function(view, url, params, socket)
    run = runner(function, arguments)

    def bound(view: Any, url: Any, params: Params, socket: Any, resources: Resources) -> Any:
        # raw() is a copy, because a handler may change its `params: dict`. Hooks get the same Params object.
        call = CallContext(resources, socket, client=params.raw())
        call.url, call.params = url, params
        return run(call, view)

    return bound


def compile_mount(function: Handler) -> MountCaller:
    """Compile `mount`. Raises `SignatureError`; the caller raises `BindingError`."""
    arguments = compile_handler(function, MOUNT)
    if is_classic(arguments, MOUNT):
        return lambda view, socket, params, resources: function(view, socket, resources.session)
    run = runner(function, arguments)
    return lambda view, socket, params, resources: run(_mount_call(socket, params, resources), view)


def _mount_call(socket: Any, params: Params, resources: Resources) -> CallContext:
    call = CallContext(resources, socket, client=params.raw())
    call.params = params
    return call


def check_mount_without_url(view_class: type) -> None:
    """Raise `SignatureError` if the view cannot be nested because its `mount` requires a parameter of the URL."""
    function: Handler = view_class.mount  # type: ignore[attr-defined]
    arguments = compile_handler(function, MOUNT)
    try:
        fill_from_client(arguments, _mount_call(None, Params({}), Resources({})))
    except BindingError as error:
        problem = (
            f"cannot be filled when {view_class.__qualname__} is nested: a nested view has no URL and no parameters. "
            "Give it a default, or pass the value in live_render(..., session={...}) and read it from session"
        )
        raise SignatureError(read_signature(function).where, error.parameter, problem) from None


def compile_info(function: Handler) -> InfoCaller:
    """Compile `handle_info` or an `@info` method. Raises `SignatureError`."""
    arguments = compile_handler(function, INFO)
    if is_classic(arguments, INFO):
        return lambda view, event, socket, resources: function(view, event, socket)
    run = runner(function, arguments)
    return lambda view, event, socket, resources: run(CallContext(resources, socket, event), view)


def compile_async(function: Handler) -> AsyncCaller:
    """Compile `handle_async` or an `@async_result` method. Raises `SignatureError`."""
    arguments = compile_handler(function, ASYNC)
    if is_classic(arguments, ASYNC):
        return lambda view, name, result, socket, resources: function(view, name, result, socket)
    run = runner(function, arguments)

    def bound(view: Any, name: str, result: Any, socket: Any, resources: Resources) -> Any:
        call = CallContext(resources, socket, name)
        call.result = result
        return run(call, view)

    return bound


def mount_caller(view_class: type) -> MountCaller:
    """Return the caller of the class's `mount`. Raises `SignatureError`."""
    return cached_on_class(view_class, "mount", lambda: compile_mount(off_loop(view_class.mount)))  # type: ignore[attr-defined]


def params_caller(view_class: type) -> ParamsCaller | None:
    """Return the caller of the class's `handle_params`, or None if it has none. Raises `SignatureError`."""

    def build() -> ParamsCaller | None:
        function = own_callback(view_class, "handle_params")
        return None if function is None else compile_params(off_loop(function))

    return cached_on_class(view_class, "handle_params", build)


def view_factory(view_class: type[View]) -> ViewFactory[View]:
    """Return a function that creates views of the class, whose constructor may declare `session` and dependencies.

    Raises `SignatureError`.
    """
    return cached_on_class(view_class, "constructor", lambda: _compile_factory(view_class))


def create_view(view_class: type[View], resources: Resources) -> Awaitable[View]:
    """Create a view of the class. Raises `SignatureError`."""
    return view_factory(view_class)(resources)


def _compile_factory(view_class: type[View]) -> ViewFactory[View]:
    arguments = compile_handler(view_class.__init__, CONSTRUCTOR)

    # Most views have no constructor: two functions, so that those do not pay for binding at each join.

    async def create(resources: Resources) -> View:
        args, kwargs = await arguments.collect(CallContext(resources))
        return view_class(*args, **kwargs)

    async def create_plain(resources: Resources) -> View:
        return view_class()

    return create if arguments.sources else create_plain


def runner(function: Handler, arguments: Arguments) -> Callable[..., Any]:
    """Return `run(call, view)`, which binds the arguments and calls the handler.

    Only a handler with dependencies costs a coroutine; the others are called at once.
    """
    # Only generators need an exit stack.
    if arguments.closable:
        return _closing_runner(function, arguments)
    if arguments.providers:
        return _waiting_runner(function, arguments)
    if arguments.keywords:
        return _keyword_runner(function, arguments)
    return _direct_runner(function, *arguments.sources)


def _direct_runner(function: Handler, *sources: ParameterSource) -> Callable[..., Any]:
    # Short signatures are the most frequent. Writing their calls out halves the cost of a call.
    match sources:
        case (first,):
            return lambda call, view: function(view, first(call))
        case (first, second):
            return lambda call, view: function(view, first(call), second(call))
        case (first, second, third):
            return lambda call, view: function(view, first(call), second(call), third(call))
    return lambda call, view: function(view, *[source(call) for source in sources])


def _keyword_runner(function: Handler, arguments: Arguments) -> Callable[..., Any]:
    def run(call: CallContext, view: Any) -> Any:
        args, kwargs = arguments.collect_now(call)
        return function(view, *args, **kwargs)

    return run


def _waiting_runner(function: Handler, arguments: Arguments) -> Callable[..., Any]:
    async def run(call: CallContext, view: Any) -> Any:
        args, kwargs = await arguments.collect(call)
        result = function(view, *args, **kwargs)
        return await result if isawaitable(result) else result

    return run


def _closing_runner(function: Handler, arguments: Arguments) -> Callable[..., Any]:
    wait = _waiting_runner(function, arguments)

    async def run(call: CallContext, view: Any) -> Any:
        async with AsyncExitStack() as call.closing:
            return await wait(call, view)

    return run


HookCaller: TypeAlias = Callable[[CallContext], Any]
"""`caller(call)` returns the hook's result, or an awaitable of it."""

_ATTRIBUTE = "__pyview_hook__"


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A compiled hook, stored on its function.

    `function` is compared before use: `functools.wraps` copies the attribute to wrappers, which need their own. `bound`
    is the number of first arguments that a partial or a method binds; `run` gets them in the place of the view.
    """

    function: FunctionType
    callback: Callback
    bound: int
    run: Callable[[CallContext, tuple[Any, ...]], Any]


def hook_caller(function: Callable[..., Any], callback: Callback) -> HookCaller:
    """Return the caller of a hook that runs before `callback`. Raises `SignatureError`; the caller, `BindingError`.

    A view attaches its hooks at every mount, so the compiled hook is stored on the function and freed with it, also
    that of a partial or a method. A closure is created for each mount, so storing something on it would not help.
    """
    plain, bound = _with_bound(function)
    if not isinstance(plain, FunctionType) or plain.__closure__ is not None:
        run = _compile(function, function, callback)
        return lambda call: run(call, ())
    kept = getattr(plain, _ATTRIBUTE, None)
    # One function may be a hook of several stages, which have other values to offer. The callbacks are
    # constants, so identity suffices.
    if (
        not isinstance(kept, _Compiled)
        or kept.function is not plain
        or kept.callback is not callback
        or kept.bound != len(bound)
    ):
        kept = _Compiled(plain, callback, len(bound), _compile(function, plain, callback))
        setattr(plain, _ATTRIBUTE, kept)
    run = kept.run
    return lambda call: run(call, bound)


def _with_bound(function: Callable[..., Any]) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Return the function of a method or a partial, and the first arguments that it binds."""
    if isinstance(function, MethodType):
        return function.__func__, (function.__self__,)
    if isinstance(function, partial) and not function.keywords:
        return function.func, function.args
    return function, ()


def _compile(
    function: Callable[..., Any], called: Callable[..., Any], callback: Callback
) -> Callable[[CallContext, tuple[Any, ...]], Any]:
    """Return a runner of `called`, with the arguments of `function`, which may bind the first ones."""
    hook = off_loop(called)
    # A runner passes the view first, and a hook does not take it.
    return runner(
        lambda bound, *args, **kwargs: hook(*bound, *args, **kwargs), compile_hook(function, callback)
    )
