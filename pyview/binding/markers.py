"""Depends, Session, FromClient: where a parameter's value comes from, said in the signature."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, overload

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Dependency:
    """What `Depends(...)` leaves in a signature."""

    function: Callable[..., Any]
    use_cache: bool = True


class ServerSession:
    """Marks a parameter that receives the session."""


class ClientValue:
    """Marks a parameter of a dependency that the client may fill."""


Marker = Dependency | ServerSession | ClientValue

Session = Annotated[dict[str, Any], ServerSession()]
"""Annotate a parameter of any name with it to receive the session: read-only, always the server's."""

FromClient = Annotated[T, ClientValue()]
"""`tenant: FromClient[str]` lets the client fill this parameter of a dependency; else it fills none."""


@overload
def Depends(dependency: Callable[..., AsyncIterator[T]], use_cache: bool = True) -> T: ...
@overload
def Depends(dependency: Callable[..., Iterator[T]], use_cache: bool = True) -> T: ...
@overload
def Depends(dependency: Callable[..., Awaitable[T]], use_cache: bool = True) -> T: ...
@overload
def Depends(dependency: Callable[..., T], use_cache: bool = True) -> T: ...
def Depends(dependency: Callable[..., Any], use_cache: bool = True) -> Any:
    """Fills a parameter by calling `dependency`: `db: Database = Depends(get_database)`, or in `Annotated`.

    `dependency` is a function, a class or any callable, sync or async; a generator that yields once is closed
    after the callback has finished, and sees its exception. It may have dependencies of its own, and receives
    `socket`, `session`, `user`, `auth` and `url` by these names. Nothing else of it is filled, unless
    annotated `FromClient`. It is called once per callback, however many ask for it; `use_cache=False` calls
    it for each.
    """
    if not callable(dependency):
        raise TypeError(f"Depends() expects a function or class to call, got {type(dependency).__name__}")
    return Dependency(dependency, use_cache)
