"""`@requires` restricts a view or an event; `@public` opens a view of an application that restricts all by default."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any, TypeAlias, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from pyview.auth.identity import Identity
from pyview.auth.provider import AuthProvider, Denied, Endpoint, V, add_provider
from pyview.auth.redirects import check_redirect, login_location
from pyview.requirement import ConditionSet, Requirement, auth_age, condition_set, require

_ATTRIBUTE = "__pyview_public__"


def public(view: V) -> V:
    """Exempt the decorated view from `PyView(default_requires=...)`.

    Its own `@requires` and those of its base classes still apply. Subclasses are not public: each needs the decorator.
    Raises `TypeError` for anything but a class.
    """
    if not isinstance(view, type):
        raise TypeError(
            f"@public expects a LiveView class, got {view!r}. A Starlette route is not guarded by default_requires."
        )
    setattr(view, _ATTRIBUTE, True)
    return view


def is_public(view: type[Any]) -> bool:
    """Return True if the class itself has `@public`."""
    # vars(), not getattr(): @public is not inherited, so that a new subclass is never public by accident.
    return vars(view).get(_ATTRIBUTE) is True


D = TypeVar("D", bound=Callable[..., Any])

Rule: TypeAlias = Callable[[Identity, Any], bool | Awaitable[bool]]
"""`rule(identity, view)`: `view` is the class for a page, which has no view yet; for an event it is the view."""

Conditions: TypeAlias = str | Rule | Sequence[str | Rule]
"""A scope, a rule, or several of them."""

_CALLED_BY_SERVER = ("mount", "render", "disconnect", "handle_info")


def requires(
    scopes: Conditions | None = None,
    status_code: int = 403,
    redirect: str | None = None,
    *,
    any_of: Conditions | None = None,
    max_auth_age: float | None = None,
    fresh: bool = False,
    inherit: bool = True,
) -> "Requires":
    """Restrict a view class, or a method that handles an event, to users with all of `scopes`.

    `scopes` may contain rules too: functions of `(identity, view)`, sync or async; a rule that raises counts as not
    met. With `any_of`, one of these must hold as well. With `max_auth_age`, the user must have signed in within that
    many seconds. `fresh` re-checks the user before each event, instead of at most once a second.

    The answer for a view is `status_code`, or a redirect to `redirect`: a path of this app (`"/login"`) or the name of
    a route, with the requested URL as `next`. The answer for an event is `forbidden`, or the redirect; its handler is
    not called.

    All requirements of a list, of stacked decorators and of base classes must hold. `inherit=False` ignores those of
    the base classes. The first one that fails decides the answer: base classes first, then decorators from top to
    bottom. On methods, it goes above or below `@event`, on `handle_event`, and on `handle_params`, which is checked
    with the page.

    Raises `ValueError` without any condition, and for a redirect that is neither a path nor a name; `TypeError` for a
    condition that is neither a scope nor a rule.
    """
    return Requires(
        Requirement(
            _all_of(scopes, optional=any_of is not None or max_auth_age is not None),
            None if any_of is None else condition_set(any_of),
            None if max_auth_age is None else auth_age(max_auth_age),
            fresh,
            status_code,
            redirect and check_redirect(redirect),
            inherit,
        )
    )


@dataclass(frozen=True, slots=True)
class Requires:
    """Decorator for view classes and event handlers; returns the decorated object unchanged.

    It is also a value for `@event(..., requires=...)` and `PyView(default_requires=...)`.
    """

    requirement: Requirement

    def __call__(self, decorated: D) -> D:
        if isinstance(decorated, type):
            add_provider(decorated, RequirementProvider(self.requirement), inherit=self.requirement.inherit)
        else:
            require(_handler(decorated), self.requirement)
        return decorated


class RequirementProvider(AuthProvider):
    """Provider that `@requires` sets on a view class. `view` is the requested class, perhaps a subclass."""

    def __init__(self, requirement: Requirement, view: type[Any] | None = None) -> None:
        self.requirement = requirement
        self._view = view

    @property
    def scopes(self) -> tuple[str, ...]:
        return self.requirement.scopes

    def for_view(self, view: type[Any]) -> "RequirementProvider":
        return RequirementProvider(self.requirement, view)

    async def has_required_auth(self, websocket: WebSocket) -> bool:
        return await self._allows(websocket)

    async def on_denied(self, connection: HTTPConnection) -> Denied:
        return self._denied(connection)

    def wrap(self, func: Endpoint) -> Endpoint:
        async def guarded(request: Request) -> Any:
            return await func(request) if await self._allows(request) else _answer(self._denied(request))

        return guarded

    async def _allows(self, connection: HTTPConnection) -> bool:
        return await self.requirement.holds(Identity.from_scope(connection.scope), self._view)

    def _denied(self, connection: HTTPConnection) -> Denied:
        # Signing in again would not help, and the user may have been allowed.
        if self.requirement.waits_for(Identity.from_scope(connection.scope)):
            return Denied(503)
        redirect = self.requirement.redirect
        location = login_location(redirect, connection) if redirect else None
        return Denied(self.requirement.status_code, location)


def _all_of(scopes: Conditions | None, *, optional: bool) -> ConditionSet:
    if scopes is None:
        return ConditionSet() if optional else condition_set(())
    return condition_set(scopes)


def _answer(denied: Denied) -> Response:
    if denied.redirect is None:
        raise HTTPException(denied.status)
    # 303, so that the browser sends GET whatever the method was. no-store, because the answer depends on the user.
    return Response(status_code=303, headers={"location": denied.redirect, "cache-control": "no-store"})


def _handler(decorated: Any) -> FunctionType:
    if not isinstance(decorated, FunctionType) or not _is_method(decorated):
        raise TypeError(
            f"@requires expects a LiveView class or one of its methods that handle events, got {decorated!r}. "
            "For a Starlette route use starlette.authentication.requires; a decorator between @requires and the "
            "method needs functools.wraps."
        )
    if decorated.__name__ in _CALLED_BY_SERVER:
        raise TypeError(
            f"@requires on {decorated.__qualname__} guards nothing: the server calls this method, not a browser. "
            "Put @requires on the class, or on the @event method that leads here."
        )
    return decorated


def _is_method(function: FunctionType) -> bool:
    """Return True if the function was defined in the body of a class."""
    scope = function.__qualname__.rpartition(".")[0]
    return bool(scope) and not scope.endswith("<locals>")
