"""AuthProvider: decides about access to a view, for its HTTP page and for the socket."""

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket


@dataclass(frozen=True, slots=True)
class Allowed:
    """The user may see the view."""


@dataclass(frozen=True, slots=True)
class Denied:
    """The user may not see the view. The answer is the HTTP `status`, or a redirect to the local URL `redirect`."""

    status: int = 403
    redirect: str | None = None


Verdict = Allowed | Denied


Endpoint = Callable[[Any], Awaitable[Any]]
V = TypeVar("V", bound=type[Any])

_ATTRIBUTE = "__pyview_auth__"


class AuthProvider(Protocol):
    """Decides about access to the views it is set on."""

    @abstractmethod
    async def has_required_auth(self, websocket: WebSocket) -> bool:
        """Return True if the socket may join the view. An exception counts as False.

        `websocket` is a `LiveConnection`: it has the URL of the joining page.
        """
        raise NotImplementedError

    @abstractmethod
    def wrap(self, func: Endpoint) -> Endpoint:
        """Return an endpoint that checks the request before it calls `func`, the HTTP endpoint of the view."""
        raise NotImplementedError


@runtime_checkable
class ExplainsDenial(Protocol):
    """Provider that chooses the answer to a refused socket; for the others it is `Denied(403)`."""

    async def on_denied(self, connection: HTTPConnection) -> Denied: ...


@runtime_checkable
class PerView(Protocol):
    """Provider that needs the requested view class, which may be a subclass of the class it is set on."""

    def for_view(self, view: type[Any]) -> AuthProvider: ...


class AllowAllAuthProvider(AuthProvider):
    """Provider of a public view, which has no other one."""

    async def has_required_auth(self, websocket: WebSocket) -> bool:
        return True

    def wrap(self, func: Endpoint) -> Endpoint:
        return func


class AllOf(AuthProvider):
    """Several providers that must all allow; the first one that refuses gives the answer."""

    def __init__(self, providers: tuple[AuthProvider, ...]) -> None:
        self.providers = providers

    async def has_required_auth(self, websocket: WebSocket) -> bool:
        for provider in self.providers:
            if not await provider.has_required_auth(websocket):
                return False
        return True

    def wrap(self, func: Endpoint) -> Endpoint:
        # The first provider becomes the outermost endpoint, so that it is asked first.
        for provider in reversed(self.providers):
            func = provider.wrap(func)
        return func


@dataclass(frozen=True, slots=True)
class _Own:
    """Providers that are set on one class, in reading order. With `inherit`, those of its bases apply too."""

    providers: tuple[AuthProvider, ...] = ()
    inherit: bool = True


class AuthProviderFactory:
    """Gets and sets the provider of a view class. It is read at every request and join, so `set` may come any time."""

    @staticmethod
    def get(view: type[Any]) -> AuthProvider:
        """Return the provider of `view`: its own and those of all its base classes, which must all allow."""
        providers = providers_of(view)
        if not providers:
            return AllowAllAuthProvider()
        return providers[0] if len(providers) == 1 else AllOf(providers)

    @staticmethod
    def set(view: type[Any], provider: AuthProvider) -> None:
        """Guard `view` and its subclasses with `provider` alone. Replaces `@requires` and inherited providers."""
        setattr(view, _ATTRIBUTE, _Own((provider,), inherit=False))


def add_provider(view: V, provider: AuthProvider, *, inherit: bool) -> V:
    """Add `provider` to `view`, before those that it already has."""
    own = _own(view)
    setattr(view, _ATTRIBUTE, _Own((provider, *own.providers), inherit and own.inherit))
    return view


def providers_of(view: type[Any]) -> tuple[AuthProvider, ...]:
    """Return all providers of `view`, base classes first, each once; empty for a public view."""
    if not hasattr(view, _ATTRIBUTE):  # the common case, without a walk over the bases
        return ()
    return tuple(
        provider.for_view(view) if isinstance(provider, PerView) else provider for provider in _set_on(view)
    )


def _set_on(view: type[Any]) -> tuple[AuthProvider, ...]:
    own = _own(view)
    inherited = [found for base in view.__bases__ for found in _set_on(base)] if own.inherit else []
    # A base class may be reached on two ways (a diamond): its provider is called once. By identity, because providers
    # need not be hashable.
    return tuple({id(provider): provider for provider in (*inherited, *own.providers)}.values())


def _own(view: type[Any]) -> _Own:
    found = vars(view).get(_ATTRIBUTE, _Own())
    return found if isinstance(found, _Own) else _Own()
