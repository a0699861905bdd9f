"""Checks of an application at start-up: secrets, cookies, hosts, debug mode, workers, and its requirements."""

import inspect
import logging
import os
import sys
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import Receive, Scope, Send

from pyview.auth.findings import CheckMessage, Severity
from pyview.auth.middleware_order import argument
from pyview.auth.user_classes import user_classes
from pyview.checks.redirects import GuardedApp, check_requirements
from pyview.config import SecurityConfig
from pyview.environment.workers import configured_workers
from pyview.sessions.session import LONGEST_COOKIE
from pyview.stores.revocations import MemoryRevocations, Revocations
from pyview.tokens.secrets import GENERATE, Secrets, check_secret

logger = logging.getLogger("pyview")

_LONGEST_DAYS = LONGEST_COOKIE / 86400
_SHARE = (
    "Set what all workers share: PYVIEW_STATE, the path of a file, is enough for the workers of one host; "
    "PYVIEW_REDIS_URL, a Redis or Valkey server, is for those of several hosts."
)
_GENERATED = (
    "A random one is used: open pages reload when the server restarts, without the state that their views keep, and "
    "workers that are started one by one cannot serve each other's pages. "
)


class CheckedApp(GuardedApp, Protocol):
    """`PyView`, which imports this module."""

    @property
    def secrets(self) -> Secrets: ...
    @property
    def security(self) -> SecurityConfig: ...
    @property
    def debug(self) -> bool: ...
    @property
    def revocations(self) -> Revocations: ...


def check_app(app: CheckedApp, scope: Scope | None = None) -> list[CheckMessage]:
    """Return the problems of `app`.

    `scope` is that of the first request if there was no lifespan: a mounted app may get its authentication from its
    host application.
    """
    return [
        *check_requirements(app, scope or {}),
        *user_classes(app.all_middleware),
        *_secret(app.secrets),
        *_sessions(app),
        *_hosts(app),
        *_debug(app),
        *_workers(app),
    ]


def enforce(findings: Sequence[CheckMessage], production: bool) -> None:
    """Log weaknesses as warnings. Raises `RuntimeError` with all problems that stop the start."""
    fatal = [finding.text for finding in findings if stops(finding, production)]
    if fatal:
        raise RuntimeError("PyView does not start:\n" + "\n".join(f"- {text}" for text in fatal))
    for finding in findings:
        if finding.severity in (Severity.WEAK, Severity.NOTE):
            logger.warning("%s", finding.text)


def stops(finding: CheckMessage, production: bool) -> bool:
    """Return True if `finding` stops the start."""
    if finding.severity is Severity.ERROR:
        return True
    return production and finding.severity in (Severity.WEAK, Severity.DEPLOYMENT)


# Secrets, cookies, hosts


def _secret(secrets: Secrets) -> Iterator[CheckMessage]:
    for problem in secrets.problems():
        yield CheckMessage(
            Severity.WEAK,
            f"{problem}. {_GENERATED if secrets.generated else ''}Make one with: {GENERATE}",
        )


def _sessions(app: CheckedApp) -> Iterator[CheckMessage]:
    for middleware in app.all_middleware:
        if _is(middleware, SessionMiddleware):
            yield from _session(middleware, app)
        elif getattr(middleware.cls, "pyview_session", False):
            if not middleware.kwargs.get("https_only"):
                yield from _insecure_cookie(middleware, app.security)
            if str(argument(middleware, "same_site", "lax")).lower() == "none":
                yield from _cross_site_cookie(middleware, app.security)


def _session(middleware: Middleware, app: CheckedApp) -> Iterator[CheckMessage]:
    # An instance shows the values in use, whatever a subclass does with its arguments.
    session: Any = middleware.cls(_unused_app, *middleware.args, **middleware.kwargs)
    problem = check_secret(session.signer.secret_key)
    if problem:
        yield CheckMessage(
            Severity.WEAK,
            f"SessionMiddleware(secret_key=...) {problem}: anyone can sign in as any user. "
            f"Make one with: {GENERATE}",
        )
    elif app.secrets.holds(session.signer.secret_key):
        yield _shared_secret()
    if session.max_age is None:
        yield _endless_cookie(middleware)
    flags = {flag.strip() for flag in session.security_flags.lower().split(";")}
    if "secure" not in flags:
        yield from _insecure_cookie(middleware, app.security)
    if "samesite=none" in flags:
        yield from _cross_site_cookie(middleware, app.security)


def _shared_secret() -> CheckMessage:
    return CheckMessage(
        Severity.DEPLOYMENT,
        "SessionMiddleware(secret_key=...) and PyView have the same secret: whatever leaks one of them, such as "
        "another service that reads the session, leaks both, and neither can be changed alone. Use two values. "
        f"Make one with: {GENERATE}",
    )


def _endless_cookie(middleware: Middleware) -> CheckMessage:
    return CheckMessage(
        Severity.DEPLOYMENT,
        f"{_name(middleware)}(max_age=None) creates session cookies that never expire: the browser deletes its own "
        f"when it is closed, but a copy stays valid, and a sign-out is remembered for {_LONGEST_DAYS:.0f} days only. "
        "Set max_age to seconds, or use ServerSessionMiddleware, whose sessions end after idle_timeout without use.",
    )


def _cross_site_cookie(middleware: Middleware, security: SecurityConfig) -> Iterator[CheckMessage]:
    if not _serves_other_sites(security):
        yield CheckMessage(
            Severity.DEPLOYMENT,
            f"{_name(middleware)}(same_site='none') lets every site send requests with the session of its visitors. "
            "Use 'lax'. If another site needs it, name the site or the paths: PyView(security=SecurityConfig(...)) "
            "with allowed_origins, cross_site_paths, or a content_security_policy whose frame-ancestors names it.",
        )


def _serves_other_sites(security: SecurityConfig) -> bool:
    """Return True if settings let pages of other sites use the session: by sockets, by forms or in a frame."""
    return bool(security.allowed_origins or security.cross_site_paths) or _frames(
        security.content_security_policy
    )


def _frames(policy: str | None) -> bool:
    # Every source besides 'self' and 'none' is another site.
    directives = [directive.split() for directive in (policy or "").lower().split(";")]
    named = next((words[1:] for words in directives if words[:1] == ["frame-ancestors"]), [])
    return not set(named) <= {"'self'", "'none'"}


def _insecure_cookie(middleware: Middleware, security: SecurityConfig) -> Iterator[CheckMessage]:
    if not security.allow_insecure_cookies:
        yield CheckMessage(
            Severity.DEPLOYMENT,
            f"{_name(middleware)}(https_only=False) sends the session cookie "
            "without TLS. Set https_only=True, or acknowledge it with "
            "PyView(security=SecurityConfig(allow_insecure_cookies=True)).",
        )


def _hosts(app: CheckedApp) -> Iterator[CheckMessage]:
    # TrustedHostMiddleware does the same check.
    guarded = any(_is(middleware, TrustedHostMiddleware) for middleware in app.all_middleware)
    if not app.security.allowed_hosts and not guarded:
        yield CheckMessage(
            Severity.DEPLOYMENT,
            "allowed_hosts is empty, so any host name is accepted (DNS rebinding). Set "
            "PyView(security=SecurityConfig(allowed_hosts=['app.example.org'])); ['*'] allows any name.",
        )


def _debug(app: CheckedApp) -> Iterator[CheckMessage]:
    if app.debug:
        yield CheckMessage(
            Severity.DEPLOYMENT,
            "debug=True shows message, traceback and source lines of an exception to every visitor. Remove it where "
            "others can reach the application: the log has all of it, under the error id that the visitor sees.",
        )


def _name(middleware: Middleware) -> str:
    return getattr(middleware.cls, "__name__", "SessionMiddleware")


def _workers(app: CheckedApp) -> Iterator[CheckMessage]:
    configured = configured_workers(os.environ, sys.argv)
    if configured.workers > 1 and _has_memory_store(app):
        yield CheckMessage(
            Severity.WEAK,
            f"{configured.workers} workers ({configured.source}), and each has sign-outs, broadcasts and presence of "
            f"its own: a user who signs out at one is still signed in at the others. {_SHARE}",
        )


def check_sharing(app: CheckedApp) -> list[CheckMessage]:
    """Return what `app` needs before it runs with several workers, if their number is unknown yet."""
    # If the number is known, `_workers` reports it.
    if not _has_memory_store(app) or configured_workers(os.environ, sys.argv).workers > 1:
        return []
    text = f"With more than one worker it does not start in production mode: they do not share sign-outs. {_SHARE}"
    return [CheckMessage(Severity.NOTE, text)]


def _has_memory_store(app: CheckedApp) -> bool:
    return isinstance(app.revocations, MemoryRevocations)


def _is(middleware: Middleware, expected: type[Any]) -> bool:
    cls: Any = middleware.cls
    # Starlette also accepts a function that returns the middleware, and `issubclass` raises for that.
    return inspect.isclass(cls) and issubclass(cls, expected)


async def _unused_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Stand for the app of a middleware that is never called."""
