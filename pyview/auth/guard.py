"""Asks the providers of a view, for a socket and for an HTTP request, and fails closed."""

import inspect
import logging
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request

from pyview.auth.connection import LiveConnection
from pyview.auth.provider import AuthProvider, AuthProviderFactory, Endpoint, ExplainsDenial, providers_of
from pyview.auth.verdict import Allowed, Denied, Verdict

logger = logging.getLogger("pyview.security")


def is_protected(view: type[Any]) -> bool:
    """Whether anything guards `view`."""
    return bool(providers_of(view))


async def authorize(view: type[Any], connection: LiveConnection) -> Verdict:
    """Whether `connection` may join `view` now. Never raises: a provider that does has said no."""
    for provider in providers_of(view):
        try:
            if not await _asked(provider, connection):
                return await _denial(provider, connection)
        except Exception:
            logger.exception("%s failed; %s stays closed", type(provider).__qualname__, view.__qualname__)
            return Denied()
    return Allowed()


async def guarded_response(view: type[Any], endpoint: Endpoint, request: Request) -> Any:
    """What the providers of `view` let `endpoint` answer to `request`.

    An exception of a provider becomes 403, never an open door; one of the endpoint itself passes through, and
    so does every `HTTPException`, which is an answer.
    """
    entered = False

    async def entering(inner: Request) -> Any:
        nonlocal entered
        entered = True
        return await endpoint(inner)

    try:
        return await _awaited(AuthProviderFactory.get(view).wrap(entering)(request))
    except HTTPException:
        raise
    except Exception as error:
        if entered:
            raise
        logger.exception("The provider of %s failed; it stays closed", view.__qualname__)
        raise HTTPException(403) from error


async def _asked(provider: AuthProvider, connection: LiveConnection) -> bool:
    return bool(await _awaited(provider.has_required_auth(connection)))


async def _denial(provider: AuthProvider, connection: LiveConnection) -> Denied:
    return await provider.on_denied(connection) if isinstance(provider, ExplainsDenial) else Denied()


async def _awaited(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result
