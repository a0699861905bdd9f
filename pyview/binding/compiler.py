"""From a signature to its arguments: done once per handler, so that a call looks at no signature."""

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
    read_signature,
    type_name,
)
from pyview.binding.sources import binds_client, is_mapping, misfit, named_source, whole_source

TEXT_TYPES = (str, int, float, bool)
WHOLE_CLIENT_DATA = ("payload", "params")


@dataclass(frozen=True, slots=True)
class Constant:
    """A parameter that keeps its own default."""

    value: Any

    def __call__(self, call: CallContext) -> Any:
        return self.value


def compile_handler(function: Callable[..., Any], callback: Callback) -> Arguments:
    """The arguments of a view's method, after `self`. Raises `SignatureError`."""
    return _compile_for(callback, read_signature(function, bound=True), _handler_source)


def compile_hook(function: Callable[..., Any], callback: Callback) -> Arguments:
    """The arguments of a function that runs before a view's method. Raises `SignatureError`."""
    return _compile_for(callback, read_signature(function), _hook_source)


def _compile_for(callback: Callback, signature: Signature, find: "FindSource") -> Arguments:
    arguments = _compile(signature, callback, find, ())
    return _classic(callback) if signature.variadic and _may_be_classic(arguments, callback) else arguments


def is_classic(arguments: Arguments, callback: Callback) -> bool:
    """Whether the handler takes just the classic parameters, in their order: it can be called directly."""
    return arguments == _classic(callback)


def _classic(callback: Callback) -> Arguments:
    return Arguments(tuple(callback.available[name] for name in callback.classic))


def _may_be_classic(arguments: Arguments, callback: Callback) -> bool:
    """`*args` stands for the rest of the classic parameters: a wrapper of a handler passes them all on."""
    given = arguments.sources
    return not arguments.keywords and given == _classic(callback).sources[: len(given)]


FindSource = Callable[[Signature, Parameter, Callback], ParameterSource]


def _compile(
    signature: Signature, callback: Callback, find: FindSource, path: tuple[Callable[..., Any], ...]
) -> Arguments:
    sources: list[ParameterSource] = []
    providers: list[tuple[int, Provider]] = []
    for index, parameter in enumerate(signature.parameters):
        if isinstance(parameter.marker, Dependency):
            providers.append((index, _provider(signature, parameter, parameter.marker, callback, path)))
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
    if function in path:
        raise SignatureError(signature.where, parameter.name, "depends on itself")
    if is_generator(function) and not callback.closes:
        problem = (
            "depends on a generator, which is closed when the constructor returns, before the view uses its "
            "value. Depend on it in the callback that does"
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
    """Equal for the two objects that `self.load` makes; what cannot be hashed is equal to itself only."""
    try:
        hash(function)
    except TypeError:
        return id(function)
    return function


def _handler_source(signature: Signature, parameter: Parameter, callback: Callback) -> ParameterSource:
    """A parameter of the handler itself: what is not reserved is the client's to fill."""
    if isinstance(parameter.marker, ServerSession):
        return callback.available["session"]
    name = _reserved_name(parameter, callback)
    if name is not None:
        return _reserved_source(name, signature, parameter, callback)
    if callback.takes_client_data:
        _check_meant_for_client(signature, parameter, callback)
        return _client_source(signature, parameter, callback)
    if not parameter.required and not isinstance(parameter.marker, ClientValue):
        return Constant(parameter.default)
    raise SignatureError(signature.where, parameter.name, _nothing_for(callback))


def _check_meant_for_client(signature: Signature, parameter: Parameter, callback: Callback) -> None:
    """Where `mount` has a dict under a name of its own, its author may have the session in mind."""
    opted_in = isinstance(parameter.marker, ClientValue)
    if callback is MOUNT and not opted_in and is_mapping(parameter.annotation):
        annotation = type_name(parameter.annotation)
        problem = (
            f"may be the session or the parameters of the URL. Call it `session`, or `params: Params`; or write "
            f"`{parameter.name}: FromClient[{annotation}]` for what any visitor may choose"
        )
        raise SignatureError(signature.where, parameter.name, problem)


def _hook_source(signature: Signature, parameter: Parameter, callback: Callback) -> ParameterSource:
    """A parameter of a hook: a reserved name as in a handler, and beyond that only what is marked `FromClient`."""
    if isinstance(parameter.marker, ServerSession) or _reserved_name(parameter, callback) is not None:
        return _handler_source(signature, parameter, callback)
    if isinstance(parameter.marker, ClientValue):
        return _opted_in_source(signature, parameter, callback)
    if not parameter.required:
        return Constant(parameter.default)
    raise SignatureError(signature.where, parameter.name, _nothing_for_hook(parameter, callback))


def _dependency_source(signature: Signature, parameter: Parameter, callback: Callback) -> ParameterSource:
    """A parameter of a dependency: whatever its name, the client fills it only when marked `FromClient`."""
    if isinstance(parameter.marker, ServerSession):
        return callback.available["session"]
    if isinstance(parameter.marker, ClientValue):
        return _opted_in_source(signature, parameter, callback)
    if parameter.name in SERVER_NAMES and not _is_own_url(parameter):
        return _reserved_source(parameter.name, signature, parameter, callback)
    if not parameter.required:
        return Constant(parameter.default)
    problem = (
        "has no value. A dependency receives socket, session, user, auth and url by name; nothing else of it "
        "is filled, least of all by the client. Give it a default or Depends(...); or, if every client may "
        f"choose it, write `{parameter.name}: FromClient[...]`"
    )
    raise SignatureError(signature.where, parameter.name, problem)


def _is_own_url(parameter: Parameter) -> bool:
    """`def connect(url="https://db")` means its own URL, not the page's, which a client can choose."""
    return parameter.name == "url" and not parameter.required


def _opted_in_source(signature: Signature, parameter: Parameter, callback: Callback) -> ParameterSource:
    if callback.takes_client_data:
        if parameter.name in RESERVED:
            return _reserved_client_source(signature, parameter, callback)
        return _client_source(signature, parameter, callback)
    if not parameter.required:
        return Constant(parameter.default)
    raise SignatureError(signature.where, parameter.name, _nothing_for(callback))


def _reserved_client_source(
    signature: Signature, parameter: Parameter, callback: Callback
) -> ParameterSource:
    if parameter.name in SERVER_NAMES:
        problem = "is FromClient, but its name belongs to the server. Choose another name"
        raise SignatureError(signature.where, parameter.name, problem)
    return _reserved_source(parameter.name, signature, parameter, callback)


def _client_source(signature: Signature, parameter: Parameter, callback: Callback) -> ParameterSource:
    if parameter.unresolved is not None:
        problem = (
            f"has an annotation that cannot be evaluated ({parameter.unresolved}). Import it at run time too"
        )
        raise SignatureError(signature.where, parameter.name, problem)
    return named_source(signature, parameter, callback)


def _reserved_source(
    name: str, signature: Signature, parameter: Parameter, callback: Callback
) -> ParameterSource:
    if name not in callback.available:
        return _unavailable(name, signature, parameter, callback)
    problem = _misunderstood(name, parameter, callback)
    if problem is not None:
        raise SignatureError(signature.where, parameter.name, problem)
    typed = parameter.annotation not in (MISSING, Any, object)
    if typed and name in WHOLE_CLIENT_DATA and callback.takes_client_data:
        return whole_source(signature, parameter, callback)
    return callback.available[name]


def _misunderstood(name: str, parameter: Parameter, callback: Callback) -> str | None:
    """Return what is wrong with an annotation that expects something of the client under a reserved name."""
    expected = type_name(parameter.annotation)
    holder = misfit(name, parameter.annotation) if _is_fixed(name, callback) else None
    if holder is not None:
        return (
            f"is reserved for {holder}, and is no {expected} of a form or URL. For that, choose another name or read "
            f"it from payload or params; for {holder}, leave the annotation away{_class_advice(name)}"
        )
    if name == "params" and parameter.annotation in TEXT_TYPES:
        return (
            f"is reserved, and not the {expected} of a form or URL. For that, choose another name or read it from "
            "payload or params"
        )
    if name not in WHOLE_CLIENT_DATA and binds_client(parameter.annotation):
        return (
            f"is reserved, and never a form: `{name}` comes from the server. Choose another name; inputs called "
            f'{name}[...] fill `form: Annotated[{expected}, "{name}"]`'
        )
    return None


def _class_advice(name: str) -> str:
    return ", or name a class that has `is_authenticated`" if name == "user" else ""


def _is_fixed(name: str, callback: Callback) -> bool:
    """Return True if the server fills that name with values of one kind. A `handle_info` message may be of any."""
    if name == "event":
        return callback.takes_client_data
    return name in SERVER_NAMES and not (name == "url" and name in callback.classic)


def _unavailable(
    name: str, signature: Signature, parameter: Parameter, callback: Callback
) -> ParameterSource:
    if not parameter.required and callback is not MOUNT:
        return Constant(parameter.default)
    problem = f"is reserved and {callback.name} has none; it has {', '.join(callback.available)}"
    raise SignatureError(signature.where, parameter.name, problem)


def _reserved_name(parameter: Parameter, callback: Callback) -> str | None:
    """The reserved name that a handler's parameter stands for: its own, as in `_session` too, or its place's.

    By its place goes `_`, and what is not annotated in callbacks such as `mount(self, s, _)`.
    """
    name = parameter.name.lstrip("_")
    if name in RESERVED or name in callback.available:
        return name
    untyped = parameter.annotation is MISSING and parameter.unresolved is None
    by_place = not name or (untyped and callback.by_place)
    return _classic_name(parameter, callback) if by_place and parameter.required else None


def _classic_name(parameter: Parameter, callback: Callback) -> str | None:
    if parameter.index is None or parameter.index >= len(callback.classic):
        return None
    return callback.classic[parameter.index]


def _nothing_for_hook(parameter: Parameter, callback: Callback) -> str:
    opt_in = f"; or, if every client may choose it, write `{parameter.name}: FromClient[...]`"
    return (
        f"has no value. {callback.name} has {', '.join(callback.available)}; other parameters need a default or "
        f"Depends(...){opt_in if callback.takes_client_data else ''}"
    )


def _nothing_for(callback: Callback) -> str:
    return (
        f"has no value: nothing from the client reaches {callback.name}. It has "
        f"{', '.join(callback.available)}; other parameters need a default or Depends(...)"
    )
