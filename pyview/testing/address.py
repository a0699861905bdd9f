"""The address at which a test opens an application: one that the application accepts."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.routing import Mount

from pyview.config import SecurityConfig
from pyview.middleware.origin import check_host

USUAL: Final = "testserver"


def base_url_of(app: Any) -> str:
    """Return "http://testserver", or the first host that `app` and all applications in it accept.

    The scheme is `https` in production mode, where session cookies are secure.
    """
    accepted = [*_accepted_hosts(app)]
    candidates = [USUAL, *(_concrete(host) for hosts in accepted for host in hosts)]
    fitting = (host for host in candidates if all(_is_accepted(host, hosts) for hosts in accepted))
    return f"{_scheme(app)}://{next(fitting, USUAL)}"


def _accepted_hosts(app: Any) -> Iterator[Sequence[str]]:
    """Yield each list of hosts that a request must be in."""
    if hosts := getattr(getattr(app, "security", None), "allowed_hosts", ()):
        yield hosts
    for middleware in getattr(app, "user_middleware", ()):
        if middleware.cls is TrustedHostMiddleware:
            yield middleware.kwargs.get("allowed_hosts") or ("*",)
    for inner in _mounted(app):
        yield from _accepted_hosts(inner)


def _mounted(app: Any) -> Iterator[Any]:
    yield from (route.app for route in getattr(app, "routes", ()) if isinstance(route, Mount))


def _concrete(host: str) -> str:
    return f"www{host[1:]}" if host.startswith("*.") else host


def _is_accepted(host: str, hosts: Sequence[str]) -> bool:
    scope = {"headers": [(b"host", host.encode())]}
    return check_host(scope, SecurityConfig(allowed_hosts=hosts)) is None


def _scheme(app: Any) -> str:
    production = getattr(app, "production", False) or any(
        _scheme(inner) == "https" for inner in _mounted(app)
    )
    return "https" if production else "http"
