"""Compile a signature into `Arguments`, once per handler, so that calls need not inspect signatures."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyview.binding.callbacks import MOUNT, RESERVED, SERVER_NAMES, Callback, CallContext, ParameterSource
from pyview.binding.dependencies import Arguments, Provider, is_generator, opener_of
from pyview.binding.signature import (
    MISSING,
    ClientValue,
    Dependency,
    Parameter,
    ServerSession,
    Signature,
    SignatureError,
    callable_name,
    read_signature,
    type_name,
)
from pyview.binding.sources import binds_client, is_mapping, mismatched_value, named_source, whole_source

TEXT_TYPES = (str, int, float, bool)
WHOLE_CLIENT_DATA = ("payload", "params")


@dataclass(frozen=True, slots=True)
class Constant:
    """Source of a parameter that keeps its default."""

    value: Any

    def __call__(self, call: CallContext) -> Any:
        return self.value


def compile_handler(function: Callable[..., Any], callback: Callback) -> Arguments:
    """Return the arguments of a method, without `self`. Raises `SignatureError`."""
    return _compile_for(callback, read_signature(function, bound=True), _handler_source)


def compile_hook(function: Callable[..., Any], callback: Callback) -> Arguments:
    """Return the arguments of a hook function. Raises `SignatureError`."""
    return _compile_for(callback, read_signature(function), _hook_source)


def _compile_for(callback: Callback, signature: Signature, find: "FindSource") -> Arguments:
    arguments = _compile(signature, callback, find, ())
    if not signature.variadic:
        return arguments
    # `*args` stands for the rest of the classic parameters: a wrapper of a handler passes all of them on.
    classic, given = _classic(callback), arguments.sources
    is_wrapper = not arguments.keywords and given == classic.sources[: len(given)]
    return classic if is_wrapper else arguments


def is_classic(arguments: Arguments, callback: Callback) -> bool:
    """Return True if the handler takes exactly the classic parameters in order, and can be called directly."""
    # The source of a parameter without conversion is the very object of `available`, so equal sources mean
    # that every value is passed on unchanged.
    return arguments == _classic(callback)


def _classic(callback: Callback) -> Arguments:
    return Arguments(tuple(callback.available[name] for name in callback.classic))


FindSource = Callable[[Signature, Parameter, Callback], ParameterSource]
"""Returns the source of one parameter. Raises `SignatureError`."""


def _compile(
    signature: Signature, callback: Callback, find: FindSource, path: tuple[Callable[..., Any], ...]
) -> Arguments:
    sources: list[ParameterSource] = []
    providers: list[tuple[int, Provider]] = []
    for index, parameter in enumerate(signature.parameters):
        if isinstance(parameter.marker, Dependency):
            providers.append((index, _provider(signature, parameter, parameter.marker, callback, path)))
            # A placeholder that keeps the positions: `collect` puts the value of the dependency here.
            sources.append(Constant(None))
        else:
            sources.append(find(signature, parameter, callback))
    keywords = tuple(one.name for one in signature.parameters if one.index is None)
    return Arguments(tuple(sources), keywords, tuple(providers))


def _provider(
    signature: Signature,
    parameter: Parameter,
    dependency: Dependency,
    callback: Callback,
    path: tuple[Callable[..., Any], ...],
) -> Provider:
    function = dependency.function
    # Compiling would follow a circle of dependencies without end.
    if function in path:
        problem = f"depends on itself: {' -> '.join(map(callable_name, (*path, function)))}"
        raise SignatureError(signature.where, parameter.name, problem)
    if is_generator(function) and not callback.closes:
        problem = (
            "depends on a generator, which would be closed when the constructor returns, before the view uses its "
            "value. Declare the dependency in the callback that uses it"
        )
        raise SignatureError(signature.where, parameter.name, problem)
    arguments = _compile(read_signature(function), callback, _dependency_source, (*path, function))
    return Provider(
        open=opener_of(function),
        is_generator=is_generator(function),
        arguments=arguments,
        key=_cache_key(function) if dependency.use_cache else None,
    )


def _cache_key(function: Callable[..., Any]) -> Any:
    # Not id() for all: each access to `self.load` creates a new bound method, and these are equal.
    try:
        hash(function)
    except TypeError:
        return id(function)
    return function


def _handler_source(signature: Signature, parameter: Parameter, callback: Callback) -> ParameterSource:
    """Return the source of a handler's own parameter. The client fills any name that is not reserved."""
    if isinstance(parameter.marker, ServerSession):
        return callback.available["session"]
    name = _reserved_name(parameter, callback)
    if name is not None:
        return _reserved_source(name, signature, parameter, callback)
    if callback.takes_client_data:
        _check_meant_for_client(signature, parameter, callback)
        return _client_source(signature, parameter, callback)
    # `FromClient` is a mistake in a handler that gets no client data: its default would always hold.
    if not parameter.required and not isinstance(parameter.marker, ClientValue):
        return Constant(parameter.default)
    raise SignatureError(signature.where, parameter.name, _nothing_for(callback))


def _check_meant_for_client(signature: Signature, parameter: Parameter, callback: Callback) -> None:
    # A dict in `mount` may be meant as the session, as in `mount(self, socket, data: dict)`. Filling it from the URL
    # would let visitors forge a session, so the name or a marker has to make clear what is meant.
    opted_in = isinstance(parameter.marker, ClientValue)
    if callback is MOUNT and not opted_in and is_mapping(parameter.annotation):
        annotation = type_name(parameter.annotation)
        problem = (
            f"could be the session or the parameters of the URL. Call it `session`, or `params: Params`; or write "
            f"`{parameter.name}: FromClient[{annotation}]` if every visitor may choose its value"
        )
        raise SignatureError(signature.where, parameter.name, problem)


def _hook_source(signature: Signature, parameter: Parameter, callback: Callback) -> ParameterSource:
    """Return the source of a hook's parameter: reserved names as in handlers; else only those marked `FromClient`."""
    if isinstance(parameter.marker, ServerSession) or _reserved_name(parameter, callback) is not None:
        return _handler_source(signature, parameter, callback)
    if isinstance(parameter.marker, ClientValue):
        return _opted_in_source(signature, parameter, callback)
    if not parameter.required:
        return Constant(parameter.default)
    raise SignatureError(signature.where, parameter.name, _nothing_for_hook(parameter, callback))


def _dependency_source(signature: Signature, parameter: Parameter, callback: Callback) -> ParameterSource:
    """Return the source of a dependency's parameter: the client fills it only if it is marked `FromClient`."""
    if isinstance(parameter.marker, ServerSession):
        return callback.available["session"]
    if isinstance(parameter.marker, ClientValue):
        return _opted_in_source(signature, parameter, callback)
    if parameter.name in SERVER_NAMES and not _is_own_url(parameter):
        return _reserved_source(parameter.name, signature, parameter, callback)
    if not parameter.required:
        return Constant(parameter.default)
    problem = (
        "has no value. A dependency receives socket, session, user, auth and url by name; its other parameters are "
        "not filled, in particular not by the client. Give it a default or Depends(...); or, if every client may "
        f"choose its value, write `{parameter.name}: FromClient[...]`"
    )
    raise SignatureError(signature.where, parameter.name, problem)


def _is_own_url(parameter: Parameter) -> bool:
    # `def connect(url="https://db")` means its own URL, not that of the page, which the client can choose.
    return parameter.name == "url" and not parameter.required


def _opted_in_source(signature: Signature, parameter: Parameter, callback: Callback) -> ParameterSource:
    if callback.takes_client_data:
        if parameter.name in SERVER_NAMES:
            problem = "is marked FromClient, but its name is reserved for the server. Choose another name"
            raise SignatureError(signature.where, parameter.name, problem)
        if parameter.name in RESERVED:
            return _reserved_source(parameter.name, signature, parameter, callback)
        return _client_source(signature, parameter, callback)
    if not parameter.required:
        return Constant(parameter.default)
    raise SignatureError(signature.where, parameter.name, _nothing_for(callback))


def _client_source(signature: Signature, parameter: Parameter, callback: Callback) -> ParameterSource:
    if parameter.unresolved is not None:
        problem = (
            f"has an annotation that cannot be evaluated ({parameter.unresolved}). Import the name at run time, not "
            "only under TYPE_CHECKING"
        )
        raise SignatureError(signature.where, parameter.name, problem)
    return named_source(signature, parameter, callback)


def _reserved_source(
    name: str, signature: Signature, parameter: Parameter, callback: Callback
) -> ParameterSource:
    if name not in callback.available:
        # A default of `mount` is refused too: the parameter looks as if the URL could fill it, which it never does.
        if not parameter.required and callback is not MOUNT:
            return Constant(parameter.default)
        missing = f"is a reserved name, but {callback.name} has no such value; it has {', '.join(callback.available)}"
        raise SignatureError(signature.where, parameter.name, missing)
    problem = _annotation_problem(name, parameter, callback)
    if problem is not None:
        raise SignatureError(signature.where, parameter.name, problem)
    typed = parameter.annotation not in (MISSING, Any, object)
    if typed and name in WHOLE_CLIENT_DATA and callback.takes_client_data:
        return whole_source(signature, parameter, callback)
    return callback.available[name]


def _annotation_problem(name: str, parameter: Parameter, callback: Callback) -> str | None:
    """Return what is wrong with an annotation that expects client data under a reserved name; None if nothing."""
    expected = type_name(parameter.annotation)
    value = mismatched_value(name, parameter.annotation) if _is_fixed(name, callback) else None
    if value is not None:
        user_class = ", or annotate a class that has `is_authenticated`" if name == "user" else ""
        return (
            f"is reserved for {value}, and is no {expected} of a form or URL. For client data, choose another name or "
            f"read it from payload or params; for {value}, remove the annotation{user_class}"
        )
    if name == "params" and parameter.annotation in TEXT_TYPES:
        return (
            f"is reserved for all parameters, and is no {expected} of a form or URL. For client data, choose another "
            "name or read it from payload or params"
        )
    if name not in WHOLE_CLIENT_DATA and binds_client(parameter.annotation):
        return (
            f"is reserved for a value of the server, and is no form. Choose another name; inputs called "
            f'{name}[...] fill `form: Annotated[{expected}, "{name}"]`'
        )
    return None


def _is_fixed(name: str, callback: Callback) -> bool:
    """Return True if the server always fills that name with one kind of value, unlike the event of `handle_info`."""
    if name == "event":
        return callback.takes_client_data
    return name in SERVER_NAMES and not (name == "url" and name in callback.classic)


def _reserved_name(parameter: Parameter, callback: Callback) -> str | None:
    """Return the reserved name that a parameter stands for: its own, without underscores, or that of its position.

    The position decides for `_`, and for parameters without annotation in callbacks such as `mount(self, s, _)`.
    """
    name = parameter.name.lstrip("_")
    if name in RESERVED or name in callback.available:
        return name
    untyped = parameter.annotation is MISSING and parameter.unresolved is None
    by_position = not name or (untyped and callback.by_position)
    if not by_position or not parameter.required:
        return None
    index = parameter.index
    return None if index is None or index >= len(callback.classic) else callback.classic[index]


def _nothing_for_hook(parameter: Parameter, callback: Callback) -> str:
    opt_in = f"; or, if every client may choose its value, write `{parameter.name}: FromClient[...]`"
    return (
        f"has no value. {callback.name} has {', '.join(callback.available)}; other parameters need a default or "
        f"Depends(...){opt_in if callback.takes_client_data else ''}"
    )


def _nothing_for(callback: Callback) -> str:
    return (
        f"has no value: nothing from the client reaches {callback.name}. It has "
        f"{', '.join(callback.available)}; other parameters need a default or Depends(...)"
    )
