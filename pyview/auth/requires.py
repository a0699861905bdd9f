"""`@requires`: a view for people with certain scopes."""

from collections.abc import Callable, Sequence
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from pyview.auth.identity import scopes_of
from pyview.auth.provider import AuthProvider, Endpoint, V, add_provider
from pyview.auth.redirects import check_redirect, login_location
from pyview.auth.verdict import Denied


def requires(
    scopes: str | Sequence[str],
    status_code: int = 403,
    redirect: str | None = None,
    *,
    inherit: bool = True,
) -> Callable[[V], V]:
    """Let only connections with all of `scopes` see the decorated view.

    Everybody else is answered `status_code`, or is sent to `redirect`: a path of this app (`"/login"`) or the
    name of a route; the URL they came for travels along as `next`. Requirements add up: those of a list, of
    stacked decorators and of base classes must all hold. `inherit=False` leaves out those of the base
    classes. The first one that fails answers: base classes first, then decorators from top to bottom.

    Raises `ValueError` for an empty list of scopes and for a redirect that is neither path nor name.
    """
    requirement = ScopeRequirement(_scopes(scopes), status_code, redirect and check_redirect(redirect))

    def decorate(view: V) -> V:
        if not isinstance(view, type):
            raise TypeError(
                f"@requires guards LiveView classes, got {view!r}. "
                "For a Starlette route use starlette.authentication.requires."
            )
        return add_provider(view, requirement, inherit=inherit)

    return decorate


class ScopeRequirement(AuthProvider):
    """The provider that `@requires` sets."""

    def __init__(self, scopes: tuple[str, ...], status_code: int = 403, redirect: str | None = None) -> None:
        self.scopes = scopes
        self.status_code = status_code
        self.redirect = redirect

    async def has_required_auth(self, websocket: WebSocket) -> bool:
        return self._allows(websocket)

    async def on_denied(self, connection: HTTPConnection) -> Denied:
        return self._denied(connection)

    def wrap(self, func: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Any:
            return await func(request) if self._allows(request) else _answer(self._denied(request))

        return guarded

    def _allows(self, connection: HTTPConnection) -> bool:
        return scopes_of(connection.scope).issuperset(self.scopes)

    def _denied(self, connection: HTTPConnection) -> Denied:
        location = login_location(self.redirect, connection) if self.redirect else None
        return Denied(self.status_code, location)


def _answer(denied: Denied) -> Response:
    if denied.redirect is None:
        raise HTTPException(denied.status)
    return Response(status_code=303, headers={"location": denied.redirect, "cache-control": "no-store"})


def _scopes(scopes: str | Sequence[str]) -> tuple[str, ...]:
    found = (scopes,) if isinstance(scopes, str) else tuple(scopes)
    if not found or not all(scope.strip() for scope in found):
        raise ValueError(
            f"@requires({scopes!r}): expected the name of a scope or a list of names, such as "
            "'authenticated'. A view without @requires is open to everybody."
        )
    return found
