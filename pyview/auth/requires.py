"""`@requires`: a view, or an event of it, for some people only.

`@public`: a view for everybody, in an application whose views are for some by default.
"""

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
    """Leave `PyView(default_requires=...)` out for the decorated view.

    Its own `@requires`, and those of its base classes, hold all the same. Subclasses are not public by it: each
    says so itself. Raises `TypeError` for anything but a class.
    """
    if not isinstance(view, type):
        raise TypeError(
            f"@public opens LiveView classes, got {view!r}. A Starlette route is not guarded by default_requires."
        )
    setattr(view, _ATTRIBUTE, True)
    return view


def is_public(view: type[Any]) -> bool:
    """Whether the class itself says that it is public."""
    return vars(view).get(_ATTRIBUTE) is True


D = TypeVar("D", bound=Callable[..., Any])

Rule: TypeAlias = Callable[[Identity, Any], bool | Awaitable[bool]]
"""`rule(identity, view)`: for a page the view's class, before anything is made; for an event the view itself."""

Conditions: TypeAlias = str | Rule | Sequence[str | Rule]
"""A scope, a rule, or several of them."""

_ON_THE_SERVER = ("mount", "render", "disconnect", "handle_info")


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
    """Let only those see the decorated view, or cause the decorated event, who have all of `scopes`.

    `scopes` may hold rules too, functions of `(identity, view)`, sync or async; one that raises has said no. With
    `any_of`, one of those must hold as well. With `max_auth_age`, somebody must have signed in within that many
    seconds. `fresh` looks up who is there before each event, instead of at most once a second.

    Who may not see a view is answered `status_code`, or is sent to `redirect`: a path of this app (`"/login"`) or
    the name of a route; the URL they came for travels along as `next`. An event that somebody may not cause is
    answered `forbidden`, or with the redirect; its handler is not called.

    Requirements add up: those of a list, of stacked decorators and of base classes must all hold. `inherit=False`
    leaves out those of the base classes. The first one that fails answers: base classes first, then decorators
    from top to bottom. On methods it goes above or below `@event`, on `handle_event`, and on `handle_params`,
    which is asked with the page.

    Raises `ValueError` when nothing is required, and for a redirect that is neither path nor name; `TypeError` for
    conditions that are neither scope nor rule.
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
    """A decorator for views and for what handles their events; it returns what it decorates.

    As a value it says the same to `@event(..., requires=...)` and `PyView(default_requires=...)`.
    """

    requirement: Requirement

    def __call__(self, decorated: D) -> D:
        if isinstance(decorated, type):
            add_provider(decorated, RequirementProvider(self.requirement), inherit=self.requirement.inherit)
        else:
            require(_handler(decorated), self.requirement)
        return decorated


class RequirementProvider(AuthProvider):
    """The provider that `@requires` sets on a view class. `view`: the class that is asked for, perhaps a subclass."""

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
    return Response(status_code=303, headers={"location": denied.redirect, "cache-control": "no-store"})


def _handler(decorated: Any) -> FunctionType:
    if not isinstance(decorated, FunctionType) or not _is_method(decorated):
        raise TypeError(
            f"@requires guards LiveView classes and the methods of them that handle events, got {decorated!r}. "
            "For a Starlette route use starlette.authentication.requires; a decorator between @requires and the "
            "method needs functools.wraps."
        )
    if decorated.__name__ in _ON_THE_SERVER:
        raise TypeError(
            f"@requires on {decorated.__qualname__} guards nothing: the server calls it, not somebody in a browser. "
            "Put @requires on the class, or on the @event method that leads here."
        )
    return decorated


def _is_method(function: FunctionType) -> bool:
    """Whether it was written in the body of a class."""
    around = function.__qualname__.rpartition(".")[0]
    return bool(around) and not around.endswith("<locals>")
