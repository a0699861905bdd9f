"""Signatures: the parameters of a function with resolved annotations, their markers, and the errors of binding.

The markers `Depends`, `Session` and `FromClient` declare the source of a parameter's value.
"""

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sized
from dataclasses import dataclass
from functools import partial
from inspect import Parameter as Declared
from inspect import Signature as DeclaredSignature
from inspect import isclass, signature, unwrap
from types import FunctionType, MethodType
from typing import Annotated, Any, TypeVar, get_args, get_type_hints, overload


class SignatureError(TypeError):
    """A parameter of a callback or dependency cannot be filled. Raised when its signature is compiled.

    `where` is the name of the function with file and line, `parameter` the name of the parameter.
    """

    def __init__(self, where: str, parameter: str, problem: str) -> None:
        super().__init__(f"{where}: parameter `{parameter}` {problem}")
        self.where = where
        self.parameter = parameter


class BindingError(ValueError):
    """The client's data does not fit a parameter. The handler is not called.

    `handler` is the qualified name of the handler, `expected` the name of a type, `received` the kind of the value. The
    error never contains the value itself, because payloads contain passwords.
    """

    def __init__(self, handler: str, parameter: str, expected: str, received: str, detail: str = "") -> None:
        super().__init__(f"{handler}: parameter `{parameter}` expects {expected}, got {received}{detail}")
        self.handler = handler
        self.parameter = parameter
        self.expected = expected
        self.received = received


def kind_of(value: Any) -> str:
    """Describe a value without disclosing it, such as `text of 3 characters`."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return _counted("text", value, "character")
    if isinstance(value, Mapping):
        return _counted("an object", value, "key")
    if isinstance(value, list):
        return _counted("a list", value, "item")
    return type(value).__name__


def _counted(kind: str, value: Sized, unit: str) -> str:
    plural = "" if len(value) == 1 else "s"
    return f"{kind} of {len(value)} {unit}{plural}"


def type_name(annotation: Any) -> str:
    """Return an annotation as text, as it stands in the source."""
    if isinstance(annotation, type):
        return annotation.__qualname__
    return str(annotation).replace("typing.", "")


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Dependency:
    """Marks a parameter that is filled by calling `function`. Created by `Depends(...)`."""

    function: Callable[..., Any]
    use_cache: bool = True


class ServerSession:
    """Marks a parameter that receives the session. Part of `Session`."""


class ClientValue:
    """Marks a parameter of a dependency or hook that the client may fill. Part of `FromClient`."""


Marker = Dependency | ServerSession | ClientValue

Session = Annotated[dict[str, Any], ServerSession()]
"""Annotation of a parameter that receives the session, read-only; it never comes from the client."""

FromClient = Annotated[T, ClientValue()]
"""`tenant: FromClient[str]` allows the client to fill this parameter of a dependency or hook."""


@overload
def Depends(dependency: Callable[..., AsyncIterator[T]], use_cache: bool = True) -> T: ...
@overload
def Depends(dependency: Callable[..., Iterator[T]], use_cache: bool = True) -> T: ...
@overload
def Depends(dependency: Callable[..., Awaitable[T]], use_cache: bool = True) -> T: ...
@overload
def Depends(dependency: Callable[..., T], use_cache: bool = True) -> T: ...
def Depends(dependency: Callable[..., Any], use_cache: bool = True) -> Any:
    """Fill a parameter by calling `dependency`: `db: Database = Depends(get_database)`, or in `Annotated`.

    `dependency` is a function, a class or any callable, sync or async. A generator that yields once is closed after the
    callback has finished, and receives its exception. A dependency may have dependencies of its own. It receives
    `socket`, `session`, `user`, `auth` and `url` by these names; the client fills only parameters annotated
    `FromClient`. It is called once per callback, even if several parameters use it; with `use_cache=False`, once for
    each of them.

    Raises `TypeError` if `dependency` is not callable.
    """
    if not callable(dependency):
        raise TypeError(
            f"Depends() expects a function or class, without calling it, got {type(dependency).__name__}: "
            "write Depends(get_database), not Depends(get_database())"
        )
    return Dependency(dependency, use_cache)


if sys.version_info >= (3, 14):
    from annotationlib import Format

MISSING: Any = Declared.empty
MARKERS = (Dependency, ServerSession, ClientValue)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a signature.

    `index` is its position after `self`; None for a keyword-only parameter. `annotation` and `default` are `MISSING` if
    there is none. `unresolved` is the reason why the annotation cannot be evaluated. It is no error by itself, because
    parameters that the server fills do not need their annotations.
    """

    name: str
    index: int | None
    annotation: Any
    default: Any
    marker: Marker | None
    unresolved: str | None

    @property
    def required(self) -> bool:
        return self.default is MISSING


@dataclass(frozen=True, slots=True)
class Signature:
    """`where` is the function's name, file and line. `variadic`: it takes `*args`."""

    name: str
    where: str
    parameters: tuple[Parameter, ...]
    variadic: bool


def read_signature(function: Callable[..., Any], *, bound: bool = False) -> Signature:
    """Return the signature of `function`; without its first parameter, `self`, if `bound`.

    Raises `SignatureError` for a callable without an inspectable signature.
    """
    where = _where(function)
    declared = _declared(function, where)
    named = [one for one in declared if one.kind not in (Declared.VAR_POSITIONAL, Declared.VAR_KEYWORD)]
    if bound and named and named[0] is declared[0]:
        named = named[1:]
    return Signature(
        name=callable_name(function),
        where=where,
        parameters=tuple(_read_all(named, function)),
        variadic=any(one.kind is Declared.VAR_POSITIONAL for one in declared),
    )


def marker_in(annotation: Any) -> Marker | None:
    """Return the marker in an annotation at any depth: `Session | None` is the server's session too."""
    parts, seen = [annotation], set[int]()
    while parts:
        part = parts.pop()
        if isinstance(part, MARKERS):
            return part
        # The alias of a `type` statement may contain itself.
        if id(part) not in seen:
            seen.add(id(part))
            parts.extend(_parts(part))
    return None


def _without_marker(annotation: Any) -> Any:
    """Return the type inside a marker: `FromClient[Params]` is `Params`."""
    metadata: tuple[Any, ...] = getattr(annotation, "__metadata__", ())
    return get_args(annotation)[0] if len(metadata) == 1 and isinstance(metadata[0], MARKERS) else annotation


def _parts(annotation: Any) -> tuple[Any, ...]:
    """Return the arguments of an annotation; for the alias of a `type` statement, its value, which may be recursive."""
    # By name: Python 3.11 has no such class, and that of typing_extensions is another one.
    if type(annotation).__name__ == "TypeAliasType":
        return (annotation.__value__,)
    return get_args(annotation)


def _declared(function: Callable[..., Any], where: str) -> list[Declared]:
    try:
        return list(_signature(function).parameters.values())
    except (TypeError, ValueError):
        problem = (
            "cannot be found: Python cannot inspect the signature of this callable. Wrap it in a function that "
            "declares its parameters"
        )
        raise SignatureError(where, "...", problem) from None


def _signature(function: Callable[..., Any]) -> DeclaredSignature:
    # Python 3.14 evaluates annotations when they are read (PEP 649): one name that exists only for type
    # checkers would raise here, and no parameter of the function could be read.
    if sys.version_info >= (3, 14):
        return signature(function, annotation_format=Format.FORWARDREF)
    return signature(function)


def _read_all(declared: list[Declared], function: Callable[..., Any]) -> Iterator[Parameter]:
    # A wrapper made with functools.wraps has the annotations of the wrapped function, whose names exist in
    # the module of that function.
    names = getattr(_code_owner(function), "__globals__", {})
    for index, one in enumerate(declared):
        annotation, marker, unresolved = _resolve(one.annotation, names)
        depends = one.default if isinstance(one.default, Dependency) else None
        yield Parameter(
            name=one.name,
            index=None if one.kind is Declared.KEYWORD_ONLY else index,
            annotation=annotation,
            default=MISSING if depends else one.default,
            marker=depends or marker,
            unresolved=unresolved,
        )


def _resolve(annotation: Any, names: dict[str, Any]) -> tuple[Any, Marker | None, str | None]:
    """Return the evaluated annotation and its marker, or MISSING and the reason why it cannot be evaluated.

    Annotations are evaluated one by one: a name imported under TYPE_CHECKING must not break the other parameters.
    """
    if annotation is MISSING:
        return MISSING, None, None

    # get_type_hints() needs an object with annotations.
    def holder() -> None: ...

    holder.__annotations__ = {"it": annotation}
    try:
        resolved = get_type_hints(holder, globalns=names, include_extras=True)["it"]
        return _without_marker(resolved), marker_in(resolved), None
    except Exception as error:  # an annotation is code of the application: it may raise anything
        return MISSING, None, f"{type(error).__name__}: {error}"


def _code_owner(function: Callable[..., Any]) -> Any:
    """Return the plain function that runs when `function` is called."""
    target: Any = unwrap(function)
    while not isinstance(target, FunctionType):
        inner = _one_layer(target)
        if inner is target:
            break
        target = unwrap(inner)
    return target


def _one_layer(target: Any) -> Any:
    if isinstance(target, partial):
        return target.func
    if isinstance(target, MethodType):
        return target.__func__
    if isclass(target):
        return target.__init__
    return getattr(type(target), "__call__", target)  # noqa: B004  # the function, not whether there is one


def callable_name(function: Callable[..., Any]) -> str:
    """Return the qualified name of a function, or of the class of another callable."""
    return str(getattr(function, "__qualname__", type(function).__qualname__))


def _where(function: Callable[..., Any]) -> str:
    code = getattr(_code_owner(function), "__code__", None)
    location = f" ({code.co_filename}:{code.co_firstlineno})" if code else ""
    return f"{callable_name(function)}{location}"
