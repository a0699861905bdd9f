"""AuthProvider: who may see a view. One provider answers for the HTTP page and for the socket.

What a guard answers: allowed, or denied and how to say so.
"""

from abc import abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, runtime_checkable

from starlette.requests import HTTPConnection
from starlette.websockets import WebSocket


@dataclass(frozen=True, slots=True)
class Allowed:
    """Go on."""


@dataclass(frozen=True, slots=True)
class Denied:
    """Go no further.

    `status` is the HTTP status for a page that has nowhere to send its reader. `redirect` is a local URL
    (`/login?next=%2Fdashboard`) to send the reader to instead.
    """

    status: int = 403
    redirect: str | None = None


Verdict = Allowed | Denied


Endpoint = Callable[[Any], Awaitable[Any]]
V = TypeVar("V", bound=type[Any])

_ATTRIBUTE = "__pyview_auth__"


class AuthProvider(Protocol):
    """Decides who may see the views that it was set on."""

    @abstractmethod
    async def has_required_auth(self, websocket: WebSocket) -> bool:
        """Whether the socket may join the view. `websocket` shows the joining page's URL (`LiveConnection`).

        An exception means no.
        """
        raise NotImplementedError

    @abstractmethod
    def wrap(self, func: Endpoint) -> Endpoint:
        """The HTTP endpoint `func` of the view, behind a check of the request."""
        raise NotImplementedError


@runtime_checkable
class ExplainsDenial(Protocol):
    """A provider that says what a refused socket shall do; the others answer `Denied(403)`."""

    async def on_denied(self, connection: HTTPConnection) -> Denied: ...


@runtime_checkable
class PerView(Protocol):
    """A provider that is set on a base class and wants to know which view is asked for."""

    def for_view(self, view: type[Any]) -> AuthProvider: ...


class AllowAllAuthProvider(AuthProvider):
    """Everybody may see the view: what a view without a provider has."""

    async def has_required_auth(self, websocket: WebSocket) -> bool:
        return True

    def wrap(self, func: Endpoint) -> Endpoint:
        return func


class AllOf(AuthProvider):
    """Several providers that must all agree; the first that does not gives the answer."""

    def __init__(self, providers: tuple[AuthProvider, ...]) -> None:
        self.providers = providers

    async def has_required_auth(self, websocket: WebSocket) -> bool:
        for provider in self.providers:
            if not await provider.has_required_auth(websocket):
                return False
        return True

    def wrap(self, func: Endpoint) -> Endpoint:
        for provider in reversed(self.providers):
            func = provider.wrap(func)
        return func


@dataclass(frozen=True, slots=True)
class _Own:
    """What was said on one class: its providers in reading order, and whether its bases count as well."""

    providers: tuple[AuthProvider, ...] = ()
    inherit: bool = True


class AuthProviderFactory:
    """Which provider guards a view class. Asked anew for every request and join, so order does not matter."""

    @staticmethod
    def get(view: type[Any]) -> AuthProvider:
        """The provider of `view`: its own and those of all its base classes, which must all agree."""
        providers = providers_of(view)
        if not providers:
            return AllowAllAuthProvider()
        return providers[0] if len(providers) == 1 else AllOf(providers)

    @staticmethod
    def set(view: type[Any], provider: AuthProvider) -> None:
        """Guard `view` and its subclasses with `provider` alone: it replaces `@requires` and inherited
        providers."""
        setattr(view, _ATTRIBUTE, _Own((provider,), inherit=False))


def add_provider(view: V, provider: AuthProvider, *, inherit: bool) -> V:
    """Guard `view` with `provider` as well, which is asked before those that it already has."""
    own = _own(view)
    setattr(view, _ATTRIBUTE, _Own((provider, *own.providers), inherit and own.inherit))
    return view


def providers_of(view: type[Any]) -> tuple[AuthProvider, ...]:
    """Every provider that must agree, base classes first, each once; empty for a view that nothing guards."""
    if not hasattr(view, _ATTRIBUTE):
        return ()
    return tuple(_for_view(provider, view) for provider in _set_on(view))


def _set_on(view: type[Any]) -> tuple[AuthProvider, ...]:
    own = _own(view)
    inherited = [found for base in view.__bases__ for found in _set_on(base)] if own.inherit else []
    return tuple({id(provider): provider for provider in (*inherited, *own.providers)}.values())


def _for_view(provider: AuthProvider, view: type[Any]) -> AuthProvider:
    return provider.for_view(view) if isinstance(provider, PerView) else provider


def _own(view: type[Any]) -> _Own:
    found = vars(view).get(_ATTRIBUTE, _Own())
    return found if isinstance(found, _Own) else _Own()
