"""Check of a view's providers, for a socket and for an HTTP request. It fails closed."""

import inspect
import logging
from typing import Any, Protocol

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Scope

from pyview.auth.audit import AuditEvent, audit_of
from pyview.auth.connection import LiveConnection
from pyview.auth.provider import (
    AllOf,
    Allowed,
    AuthProvider,
    Denied,
    Endpoint,
    ExplainsDenial,
    Verdict,
    providers_of,
)
from pyview.auth.requires import RequirementProvider, is_public
from pyview.auth.user_key import UnknownUser
from pyview.events.requirements import params_requirements
from pyview.requirement import Requirement
from pyview.sessions.session import is_unknown
from pyview.sessions.unsaved import RETRY_AFTER

logger = logging.getLogger("pyview.security")


class HasDefaultRequires(Protocol):
    """`PyView`, which imports this module."""

    @property
    def default_requires(self) -> Requirement | None: ...


def guards_of(
    view: type[Any], app: HasDefaultRequires | None, group: Requirement | None = None
) -> tuple[AuthProvider, ...]:
    """Return all providers that must allow `view`, in the order of the check.

    These are the default of `app`, the live session (its requirement is `group`), the base classes of `view`, `view`
    itself, and its `handle_params`.
    """
    # Read at every check and never cached: a provider may be set on a class at any time.
    default = _default(view, app)
    first = (RequirementProvider(one, view) for one in (default, group) if one is not None)
    params = (RequirementProvider(requirement, view) for requirement in params_requirements(view))
    return (*first, *providers_of(view), *params)


def is_protected(view: type[Any], scope: Scope, group: Requirement | None = None) -> bool:
    """Return True if `view` has any provider in the application of `scope`."""
    # The guards themselves are not made: most views have none, and every page asks.
    has_default = group is not None or _default(view, _app(scope)) is not None
    return has_default or bool(providers_of(view)) or bool(params_requirements(view))


def _default(view: type[Any], app: HasDefaultRequires | None) -> Requirement | None:
    default = None if app is None else app.default_requires
    return None if default is None or is_public(view) else default


def wants_fresh(view: type[Any], scope: Scope, group: Requirement | None = None) -> bool:
    """Return True if a guard of `view` requires an identity that has just been re-checked."""
    guards = guards_of(view, _app(scope), group)
    return any(guard.requirement.fresh for guard in guards if isinstance(guard, RequirementProvider))


async def authorize(view: type[Any], connection: LiveConnection, group: Requirement | None = None) -> Verdict:
    """Return the verdict on `connection` joining `view` now. Never raises: a provider that raises refuses."""
    verdict = await _verdict(view, connection, group)
    if isinstance(verdict, Denied):
        _audit_denial(view, connection.scope)
    return verdict


async def _verdict(view: type[Any], connection: LiveConnection, group: Requirement | None) -> Verdict:
    for provider in guards_of(view, _app(connection.scope), group):
        try:
            if not await _awaited(provider.has_required_auth(connection)):
                return (
                    await provider.on_denied(connection) if isinstance(provider, ExplainsDenial) else Denied()
                )
        except Exception:
            logger.exception(
                "%s failed; access to %s is denied", type(provider).__qualname__, view.__qualname__
            )
            return Denied()
    return Allowed()


async def guarded_response(
    view: type[Any], endpoint: Endpoint, request: Request, group: Requirement | None = None
) -> Any:
    """Return the response of `endpoint` if the guards of `view` allow `request`, otherwise theirs.

    An exception of a provider becomes 403. These pass through: exceptions of the endpoint, `HTTPException`, which is a
    response, and `UnknownUser`, whose text names the repair. If a store does not answer, so that the user of the
    request is not known, a refusal becomes 503: after a redirect, the user would sign in again for nothing.
    """
    entered = False

    # Providers wrap the endpoint, so this is the only place that knows whether all of them have allowed.
    async def entering(inner: Request) -> Any:
        nonlocal entered
        entered = True
        return await endpoint(inner)

    try:
        guards = AllOf(guards_of(view, _app(request.scope), group))
        response = await _awaited(guards.wrap(entering)(request))
    except (HTTPException, UnknownUser) as refusal:
        if entered or not _may_return(request.scope, refusal):
            raise
        raise _unavailable(request) from refusal
    except Exception as error:
        if entered:
            raise
        logger.exception("the provider of %s failed; access is denied", view.__qualname__)
        raise HTTPException(403) from error
    finally:  # also for a provider that answers by itself, without an exception
        if not entered:
            _audit_denial(view, request.scope)
    if not entered and is_unknown(request.scope):
        raise _unavailable(request)
    return response


def _may_return(scope: Scope, refusal: Exception) -> bool:
    """Return True if the user may be allowed as soon as the stores answer."""
    return is_unknown(scope) or (isinstance(refusal, HTTPException) and refusal.status_code == 503)


def _unavailable(request: Request) -> HTTPException:
    headers = {"retry-after": RETRY_AFTER, "cache-control": "no-store"}
    if request.method == "GET":
        headers["refresh"] = RETRY_AFTER  # browsers ignore Retry-After
        detail = f"This page cannot be shown at the moment. It loads again every {RETRY_AFTER} seconds until it can."
    else:
        detail = "This cannot be done at the moment. Please try again in a few seconds."
    return HTTPException(503, detail, headers)


def _audit_denial(view: type[Any], scope: Scope) -> None:
    if is_unknown(scope):
        return  # not denied: the user may be allowed as soon as the stores answer
    audit_of(scope).record(
        AuditEvent.DENIED, scope, "the user may not see this view", subject=view.__qualname__
    )


def _app(scope: Scope) -> HasDefaultRequires | None:
    """Return the PyView that serves the connection; Starlette puts it into every scope."""
    app = scope.get("app")
    return app if hasattr(app, "default_requires") else None


async def _awaited(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result
