"""What the payload of a join claims, and what it is checked against."""

import re
from collections.abc import Mapping
from typing import Any

from starlette.datastructures import QueryParams
from starlette.types import Scope

from pyview.auth.audit import AuditEvent, audit_of
from pyview.auth.connection import LiveConnection
from pyview.auth.guard import authorize, is_protected
from pyview.auth.provider import Denied, Verdict
from pyview.flash import Flash
from pyview.process.messages import JoinRefused
from pyview.rendering.lifecycle import Location
from pyview.rendering.page_guard import NOTHING_AROUND, Surroundings
from pyview.tokens.page import Tokens

_LONGEST_NONCE = 200
_NONCE = re.compile(r"[A-Za-z0-9+/_=-]+")


def refused(reason: str, log: str) -> JoinRefused:
    """A refusal after which the browser loads the page again."""
    return JoinRefused({"reason": reason}, log)


def check_csrf(tokens: Tokens, scope: Scope, payload: Mapping[str, Any], page_id: str, binding: str) -> None:
    """Raises `JoinRefused` for a join from another session's page."""
    if not tokens.check_csrf_token(_csrf_token(scope, payload), page_id, binding):
        audit_of(scope).record(
            AuditEvent.CSRF_REFUSED, scope, "a page joins with another session's CSRF token"
        )
        raise JoinRefused({"reason": "stale"}, "CSRF token", audited=True)


async def check_access(scope: Scope, location: Location, around: Surroundings = NOTHING_AROUND) -> None:
    """Check the guards of the view of `location`, and those around it. Raises `JoinRefused` if one refuses."""
    route = location.route
    group = route.live_session.requirement
    if around.guarded:
        _check(await around.verdict(scope))
    if is_protected(route.view_class, scope, group):
        connection = LiveConnection(scope, location.page, location.path_params)
        _check(await authorize(route.view_class, connection, group))


def _check(verdict: Verdict) -> None:
    if isinstance(verdict, Denied):
        if verdict.redirect is None:
            raise JoinRefused({"reason": "unauthorized"}, "access denied", audited=True)
        redirect = {"to": verdict.redirect, "status": 302}
        raise JoinRefused({"redirect": redirect}, "access denied", audited=True)


def flash_of(tokens: Tokens, payload: Mapping[str, Any]) -> Flash | None:
    """A navigation brings its own; otherwise the page's, unless this view has been mounted before."""
    token = payload.get("flash")
    if token is None and "redirect" not in payload and is_first(payload):
        token = payload.get("static")
    flash = tokens.read_flash_token(token) if token else None
    return Flash(flash) if flash else None


def nonce_of(payload: Mapping[str, Any]) -> str | None:
    """The nonce that the page's content security policy asks for. It is the page's own word, and only it gets it back;
    what is none is ignored."""
    nonce = _params(payload).get("_csp_nonce")
    known = isinstance(nonce, str) and len(nonce) <= _LONGEST_NONCE and _NONCE.fullmatch(nonce)
    return nonce if known else None


def is_first(payload: Mapping[str, Any]) -> bool:
    """Whether this view has not been mounted yet, for this element of the page."""
    return _params(payload).get("_mounts") == 0


def _csrf_token(scope: Scope, payload: Mapping[str, Any]) -> Any:
    token = _params(payload).get("_csrf_token")
    return token if token is not None else QueryParams(scope["query_string"]).get("_csrf_token")


def _params(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    params = payload.get("params")
    return params if isinstance(params, dict) else {}
