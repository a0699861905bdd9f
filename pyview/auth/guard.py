"""Asks the providers of a view, for a socket and for an HTTP request, and fails closed."""

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
from pyview.events.requirements import event_requirements, params_requirements
from pyview.requirement import Requirement

logger = logging.getLogger("pyview.security")


class HasDefault(Protocol):
    """An application: what it requires for every view that is not public."""

    @property
    def default_requires(self) -> Requirement | None: ...


def guards_of(
    view: type[Any], app: HasDefault | None, group: Requirement | None = None
) -> tuple[AuthProvider, ...]:
    """Everybody who must agree before somebody sees `view`, in the order in which they are asked: the default of
    `app`, the live session (its requirement is `group`), the base classes of `view`, `view` itself, and its
    `handle_params`."""
    default = None if app is None or is_public(view) else app.default_requires
    first = (RequirementProvider(one, view) for one in (default, group) if one is not None)
    params = (RequirementProvider(requirement, view) for requirement in params_requirements(view))
    return (*first, *providers_of(view), *params)


def is_protected(view: type[Any], scope: Scope, group: Requirement | None = None) -> bool:
    """Whether anything guards `view` in the application of `scope`."""
    return bool(guards_of(view, _app(scope), group))


def follows_identity(view: type[Any], scope: Scope, group: Requirement | None = None) -> bool:
    """Whether what somebody may see or do on `view` depends on who they are, so that it must be asked again."""
    return is_protected(view, scope, group) or event_requirements(view) is not None


def wants_fresh(view: type[Any], scope: Scope, group: Requirement | None = None) -> bool:
    """Whether a guard of `view` wants an identity that has just been looked up."""
    guards = guards_of(view, _app(scope), group)
    return any(guard.requirement.fresh for guard in guards if isinstance(guard, RequirementProvider))


async def authorize(view: type[Any], connection: LiveConnection, group: Requirement | None = None) -> Verdict:
    """Whether `connection` may join `view` now. Never raises: a provider that does has said no."""
    verdict = await _verdict(view, connection, group)
    if isinstance(verdict, Denied):
        _audit_denial(view, connection.scope)
    return verdict


async def _verdict(view: type[Any], connection: LiveConnection, group: Requirement | None) -> Verdict:
    for provider in guards_of(view, _app(connection.scope), group):
        try:
            if not await _asked(provider, connection):
                return await _denial(provider, connection)
        except Exception:
            logger.exception("%s failed; %s stays closed", type(provider).__qualname__, view.__qualname__)
            return Denied()
    return Allowed()


async def guarded_response(
    view: type[Any], endpoint: Endpoint, request: Request, group: Requirement | None = None
) -> Any:
    """What the guards of `view` let `endpoint` answer to `request`.

    An exception of a provider becomes 403, never an open door; one of the endpoint itself passes through, and
    so does every `HTTPException`, which is an answer, and `UnknownUser`, which says what to repair.
    """
    entered = False

    async def entering(inner: Request) -> Any:
        nonlocal entered
        entered = True
        return await endpoint(inner)

    try:
        guards = AllOf(guards_of(view, _app(request.scope), group))
        return await _awaited(guards.wrap(entering)(request))
    except (HTTPException, UnknownUser):
        raise
    except Exception as error:
        if entered:
            raise
        logger.exception("The provider of %s failed; it stays closed", view.__qualname__)
        raise HTTPException(403) from error
    finally:
        if not entered:
            _audit_denial(view, request.scope)


def _audit_denial(view: type[Any], scope: Scope) -> None:
    audit_of(scope).record(AuditEvent.DENIED, scope, "this view is not for them", subject=view.__qualname__)


def _app(scope: Scope) -> HasDefault | None:
    """The PyView that the connection came through; Starlette notes it in every scope."""
    app = scope.get("app")
    return app if hasattr(app, "default_requires") else None


async def _asked(provider: AuthProvider, connection: LiveConnection) -> bool:
    return bool(await _awaited(provider.has_required_auth(connection)))


async def _denial(provider: AuthProvider, connection: LiveConnection) -> Denied:
    return await provider.on_denied(connection) if isinstance(provider, ExplainsDenial) else Denied()


async def _awaited(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result
