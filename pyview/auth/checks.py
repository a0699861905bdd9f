"""What is wrong with an app before it serves its first page, said where a developer sees it: at start-up."""

import inspect
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Any, Protocol

from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import BaseRoute, Match, NoMatchFound
from starlette.types import Receive, Scope, Send

from pyview.auth.order import provides_auth
from pyview.auth.provider import providers_of
from pyview.auth.requires import ScopeRequirement
from pyview.config import SecurityConfig
from pyview.secret import GENERATE, Secrets, check_secret

logger = logging.getLogger("pyview")

_GENERATED = (
    "A random one is used: open pages reload when the server restarts, and several workers cannot serve each "
    "other's pages. "
)


class Severity(Enum):
    """When a finding stops the start."""

    ERROR = "error"  # always
    WEAK = "weak"  # in production; a warning in development
    DEPLOYMENT = "deployment"  # in production; nothing in development
    NOTE = "note"  # never; a warning


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and what to do about it."""

    severity: Severity
    text: str


class CheckedApp(Protocol):
    """What the checks look at. Live routes are those with a `view_class`."""

    @property
    def routes(self) -> Sequence[BaseRoute]: ...
    @property
    def user_middleware(self) -> Sequence[Middleware]: ...
    @property
    def secrets(self) -> Secrets: ...
    @property
    def security(self) -> SecurityConfig: ...
    def url_path_for(self, name: str, /, **path_params: Any) -> Any: ...


def is_production(environ: Mapping[str, str]) -> bool:
    """Whether `PYVIEW_ENV=production` is set."""
    return environ.get("PYVIEW_ENV", "").strip().lower() in ("production", "prod")


def check_app(app: CheckedApp, scope: Scope | None = None) -> list[Finding]:
    """Everything that is wrong with `app`. `scope`: of the first request, where there was no lifespan; an app
    mounted inside another one may have its authentication from there."""
    return [
        *_authentication(app, scope or {}),
        *_redirects(app),
        *_secret(app.secrets),
        *_sessions(app),
        *_hosts(app),
    ]


def enforce(findings: Sequence[Finding], production: bool) -> None:
    """Log what is weak. Raises `RuntimeError` with all that must not start."""
    fatal = [finding.text for finding in findings if _stops(finding, production)]
    if fatal:
        raise RuntimeError("PyView does not start:\n" + "\n".join(f"- {text}" for text in fatal))
    for finding in findings:
        if finding.severity in (Severity.WEAK, Severity.NOTE):
            logger.warning("%s", finding.text)


def several_workers(environ: Mapping[str, str], argv: Sequence[str]) -> bool:
    """Whether a server was asked for more than one worker, as far as environment and command line tell."""
    given = [environ.get("WEB_CONCURRENCY", "")]
    for option, value in pairwise([*argv, ""]):
        if option in ("--workers", "-w"):
            given.append(value)
        elif option.startswith("--workers="):
            given.append(option.partition("=")[2])
    return any(value.isdecimal() and int(value) > 1 for value in given)


def _stops(finding: Finding, production: bool) -> bool:
    if finding.severity is Severity.ERROR:
        return True
    return production and finding.severity in (Severity.WEAK, Severity.DEPLOYMENT)


# Requirements


def _authentication(app: CheckedApp, scope: Scope) -> Iterator[Finding]:
    if "auth" in scope or any(map(provides_auth, app.user_middleware)):
        return
    views = sorted({view.__qualname__ for _, view, _ in _requirements(app)})
    if views:
        yield Finding(
            Severity.ERROR,
            f"@requires guards {', '.join(views)}, but no AuthenticationMiddleware says who is signed in. "
            "Add one: app.add_middleware(AuthenticationMiddleware, backend=YourBackend()), from "
            "starlette.middleware.authentication.",
        )


def _redirects(app: CheckedApp) -> Iterator[Finding]:
    for path, view, requirement in _requirements(app):
        if requirement.redirect:
            yield from _redirect(app, f"{view.__qualname__} at {path}", requirement, requirement.redirect)


def _redirect(app: CheckedApp, where: str, requirement: ScopeRequirement, target: str) -> Iterator[Finding]:
    try:
        path = target if target.startswith("/") else str(app.url_path_for(target))
    except NoMatchFound:
        yield Finding(
            Severity.ERROR,
            f"{where} redirects to {target!r}, but no route without parameters has that name. "
            "Give the name of a route, or a path that starts with '/'.",
        )
        return
    route = _route_at(app.routes, path.partition("?")[0])
    if route is None:
        yield Finding(Severity.NOTE, f"{where} redirects to {target!r}, which no route of this app answers.")
    elif _asks_for(getattr(route, "view_class", None), requirement):
        yield Finding(
            Severity.ERROR,
            f"{where} redirects to {target!r}, which asks for the same scopes {list(requirement.scopes)}: "
            "nobody could ever sign in. Take @requires off the page that people sign in on.",
        )


def _requirements(app: CheckedApp) -> Iterator[tuple[str, type[Any], ScopeRequirement]]:
    """Every `@requires` of every live route."""
    for route in app.routes:
        view: type[Any] | None = getattr(route, "view_class", None)
        if view is not None:
            for provider in providers_of(view):
                if isinstance(provider, ScopeRequirement):
                    yield getattr(route, "path", "?"), view, provider


def _route_at(routes: Sequence[BaseRoute], path: str) -> BaseRoute | None:
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": [], "path_params": {}}
    return next((route for route in routes if route.matches(scope)[0] is Match.FULL), None)


def _asks_for(view: type[Any] | None, requirement: ScopeRequirement) -> bool:
    if view is None:
        return False
    guards = (provider for provider in providers_of(view) if isinstance(provider, ScopeRequirement))
    return any(not set(requirement.scopes).isdisjoint(guard.scopes) for guard in guards)


# Secrets, cookies, hosts


def _secret(secrets: Secrets) -> Iterator[Finding]:
    for problem in secrets.problems():
        yield Finding(
            Severity.WEAK,
            f"{problem}. {_GENERATED if secrets.generated else ''}Make one with: {GENERATE}",
        )


def _sessions(app: CheckedApp) -> Iterator[Finding]:
    for middleware in app.user_middleware:
        if _is(middleware, SessionMiddleware):
            yield from _session(middleware, app.security)


def _session(middleware: Middleware, security: SecurityConfig) -> Iterator[Finding]:
    # Made only to be looked at: whatever a subclass does with its arguments, this is what it signs with.
    session: Any = middleware.cls(_nothing, *middleware.args, **middleware.kwargs)
    problem = check_secret(session.signer.secret_key)
    if problem:
        yield Finding(
            Severity.WEAK,
            f"SessionMiddleware(secret_key=...) {problem}: anybody can sign in as anybody. "
            f"Make one with: {GENERATE}",
        )
    if "secure" not in session.security_flags and not security.allow_insecure_cookies:
        yield Finding(
            Severity.DEPLOYMENT,
            "SessionMiddleware(https_only=False) sends the session cookie without TLS. Set https_only=True, "
            "or acknowledge it with PyView(security=SecurityConfig(allow_insecure_cookies=True)).",
        )


def _hosts(app: CheckedApp) -> Iterator[Finding]:
    guarded = any(_is(middleware, TrustedHostMiddleware) for middleware in app.user_middleware)
    if not app.security.allowed_hosts and not guarded:
        yield Finding(
            Severity.DEPLOYMENT,
            "allowed_hosts is empty, so any name that points here is served (DNS rebinding). Set "
            "PyView(security=SecurityConfig(allowed_hosts=['app.example.org'])); ['*'] allows any name.",
        )


def _is(middleware: Middleware, expected: type[Any]) -> bool:
    cls: Any = middleware.cls
    return inspect.isclass(cls) and issubclass(cls, expected)


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that is never called."""
