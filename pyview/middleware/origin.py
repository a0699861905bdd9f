"""Origin checks: path, host and origin of requests and handshakes, and the URL of the page that joins.

Nothing here trusts `X-Forwarded-*`, which any client may send. A server that is configured to trust its proxy puts the
real values into the ASGI scope.
"""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from starlette.types import Scope

from pyview.auth.audit import AuditEvent
from pyview.auth.connection import client_address as client_address
from pyview.config import SecurityConfig

# Nearly all hosts match this; others are parsed with care. At most four digits, so that the port is always valid.
_PLAIN_AUTHORITY = re.compile(r"([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)(?::([0-9]{1,4}))?")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\\]")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})  # RFC 9110, 9.2.1
_PAGE_SCHEMES = ("http", "https")
_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class UnsafePageURL(ValueError):
    """A page URL of another site, or one that two parsers could read differently."""


class Refusal(NamedTuple):
    """Reason to refuse a request: its HTTP status, one sentence for the log, and its event in the audit trail."""

    status: int
    reason: str
    event: AuditEvent = AuditEvent.REQUEST_REFUSED


class PageURL(NamedTuple):
    """URL of a page of this site.

    `path` is decoded as ASGI servers decode it, and `raw_path` is percent-encoded. Both include the prefix that the
    application is mounted at. `query` has no `?`.
    """

    path: str
    query: str
    raw_path: str

    @property
    def relative(self) -> str:
        """Path and query as the browser shows them."""
        return f"{self.raw_path}?{self.query}" if self.query else self.raw_path


class Authority(NamedTuple):
    """A host in lower case, and its port, None if the text had none."""

    host: str
    port: int | None


class Origin(NamedTuple):
    """Origin of a page. `netloc` is the host and port as written in its URL."""

    scheme: str
    netloc: str
    authority: Authority


def check_handshake(scope: Scope, config: SecurityConfig) -> Refusal | None:
    """Check the handshake of a socket. Return None if it may be accepted."""
    return check_path(scope) or check_host(scope, config) or check_origin(scope, config)


def check_path(scope: Scope) -> Refusal | None:
    """Refuse paths that parsers read differently: with control characters or backslashes, raw or encoded, or with
    `//` at the start."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    # Browsers read a backslash in a URL as a slash (WHATWG URL), other parsers do not.
    if _UNSAFE.search(path):
        return Refusal(400, "control character or backslash in the path")
    # In a redirect or a link `//name` is another host.
    if path.startswith("//") or path.removeprefix(root).startswith("//"):
        return Refusal(400, "the path starts with //")
    return None


def check_host(scope: Scope, config: SecurityConfig) -> Refusal | None:
    """Refuse a `Host` header that is not in `allowed_hosts`, if those are set."""
    if not config.allowed_hosts:
        return None
    host = _host(scope)
    if host is None or not any([_covers(pattern, host) for pattern in config.allowed_hosts]):
        return Refusal(400, f"Host {_shown(scope, b'host')} is not in allowed_hosts")
    return None


def check_origin(scope: Scope, config: SecurityConfig) -> Refusal | None:
    """Refuse a socket of a page whose origin is neither this host and port nor in `allowed_origins`.

    Programs that are not browsers send no `Origin`. They pass unless `require_origin` is set.
    """
    origins = _headers(scope, b"origin")
    if not origins:
        missing = Refusal(403, "no Origin header", AuditEvent.ORIGIN_REFUSED)
        return missing if config.require_origin else None
    if _is_our_origin(scope, config, origins):
        return None
    return Refusal(403, _foreign(scope), AuditEvent.ORIGIN_REFUSED)


def check_form(scope: Scope, config: SecurityConfig) -> Refusal | None:
    """Refuse a request with an unsafe method that a page of another site makes.

    Every current browser sends `Sec-Fetch-Site` over a connection that it trusts (TLS, or localhost), and all of them
    send `Origin` with a POST. A program that is not a browser sends neither and passes: it has no user's cookies.
    (W3C Fetch Metadata Request Headers; the Fetch standard, "append a request Origin header".)
    """
    if scope["method"] in _SAFE_METHODS or _is_cross_site_path(scope, config):
        return None
    sites, origins = _headers(scope, b"sec-fetch-site"), _headers(scope, b"origin")
    if not sites:
        # A browser that does not trust the connection, or a program: the Origin decides.
        ours = not origins or _is_our_origin(scope, config, origins)
        return None if ours else _foreign_form(_foreign(scope))
    # `none` is an address that the user typed or chose.
    # `same-site` does not pass, because a subdomain may be foreign.
    if sites in (["same-origin"], ["none"]) or _is_allowed_origin(config, origins):
        return None
    site, origin = _shown(scope, b"sec-fetch-site"), _shown(scope, b"origin")
    return _foreign_form(f"Sec-Fetch-Site {site}, and Origin {origin} is not in allowed_origins")


def check_same_origin(scope: Scope, config: SecurityConfig) -> Refusal | None:
    """Refuse a request that no script of this site made. `cross_site_paths` does not apply."""
    sites, origins = _headers(scope, b"sec-fetch-site"), _headers(scope, b"origin")
    if sites not in ([], ["same-origin"]):
        site = _shown(scope, b"sec-fetch-site")
        return Refusal(403, f"Sec-Fetch-Site {site} is not same-origin", AuditEvent.CSRF_REFUSED)
    if origins and not _is_our_origin(scope, config, origins):
        return Refusal(403, _foreign(scope), AuditEvent.CSRF_REFUSED)
    return None


def split_page_url(url: object, scope: Scope, config: SecurityConfig) -> PageURL:
    """Parse the URL of a join, patch or navigation: absolute or a path. The fragment is dropped.

    Raises `UnsafePageURL` for a page of another site.
    """
    if not isinstance(url, str) or not 0 < len(url) <= config.max_url_length:
        raise UnsafePageURL(f"expected the URL of a page, up to {config.max_url_length} characters")
    if _UNSAFE.search(url):
        raise UnsafePageURL("control character or backslash in the URL")
    return _checked_page(url if url.startswith("/") else _without_origin(url, scope, config))


def _foreign_form(why: str) -> Refusal:
    advice = "a path that other sites may send forms to belongs in cross_site_paths"
    return Refusal(403, f"{why}; {advice}", AuditEvent.CSRF_REFUSED)


def _foreign(scope: Scope) -> str:
    return (
        f"Origin {_shown(scope, b'origin')} is neither Host {_shown(scope, b'host')} nor in allowed_origins; "
        "a proxy must pass the Host header on"
    )


def _is_cross_site_path(scope: Scope, config: SecurityConfig) -> bool:
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    # `fnmatch` would ignore the case of a path on some systems.
    return any(fnmatchcase(path, pattern) for pattern in config.cross_site_paths)


def _is_our_origin(scope: Scope, config: SecurityConfig, origins: list[str]) -> bool:
    if len(origins) == 1 and _is_host_itself(origins[0], scope):
        return True
    origin = _single_origin(origins)
    return origin is not None and _is_ours(origin, scope, config.allowed_origins)


def _is_allowed_origin(config: SecurityConfig, origins: list[str]) -> bool:
    """Return True if the origin is in `allowed_origins`. Being this host is not enough: the browser said cross-site."""
    origin = _single_origin(origins)
    return origin is not None and _is_listed(origin, config.allowed_origins)


def _single_origin(origins: list[str]) -> Origin | None:
    return _split_origin(origins[0]) if len(origins) == 1 else None


def _checked_page(url: str) -> PageURL:
    raw_path, _, query = url.partition("#")[0].partition("?")
    # Decoded first: an encoded backslash or slash must not pass either.
    page = PageURL(unquote(raw_path), query, raw_path)
    if page.path.startswith("//") or _UNSAFE.search(page.path):
        raise UnsafePageURL("the path starts with // or hides a control character or backslash")
    return page


def _without_origin(url: str, scope: Scope, config: SecurityConfig) -> str:
    start = url.find("/", url.find("://") + 3)
    if start > 0 and _is_host_itself(url[:start], scope):
        return url[start:]
    origin = _origin_of(url)
    if origin is None or not _is_ours(origin, scope, config.allowed_origins):
        raise UnsafePageURL("not a page of this site")
    rest = url.partition("://")[2].removeprefix(origin.netloc)
    return rest if rest.startswith("/") else f"/{rest}"


def _split_origin(text: str) -> Origin | None:
    """Parse an `Origin` header: a scheme, a host and a port, and nothing else. `null` is no origin."""
    origin = _origin_of(text)
    return origin if origin and f"{origin.scheme}://{origin.netloc}".lower() == text.lower() else None


def _origin_of(url: str) -> Origin | None:
    """Return the origin of an http(s) URL that has a host and no user information, else None."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    # User information may look like our host: `https://shop.example.org@evil.example`.
    if port == 0 or parts.scheme not in _PAGE_SCHEMES or "@" in parts.netloc or not host:
        return None
    return Origin(
        parts.scheme, parts.netloc, Authority(host.rstrip("."), port or _DEFAULT_PORTS[parts.scheme])
    )


def _is_host_itself(origin: str, scope: Scope) -> bool:
    """Return True for `http://` or `https://` and the `Host` header as it stands, the origin of nearly every page.

    False means nothing: only a parse of both can tell. It takes six times as long.
    """
    scheme, _, netloc = origin.partition("://")
    if scheme not in _PAGE_SCHEMES or _headers(scope, b"host") != [netloc]:
        return False
    plain = _PLAIN_AUTHORITY.fullmatch(netloc)
    if plain is None:
        return False
    # Without a port, both have the default port of the page unless the socket uses TLS and the page does not.
    return int(plain[2]) > 0 if plain[2] else scheme == "https" or scope.get("scheme") not in ("wss", "https")


def _is_ours(origin: Origin, scope: Scope, allowed: Iterable[str]) -> bool:
    return origin.authority == _socket_authority(scope, origin.scheme) or _is_listed(origin, allowed)


def _is_listed(origin: Origin, allowed: Iterable[str]) -> bool:
    return any(_allows(pattern, origin.scheme, origin.authority) for pattern in allowed)


def _socket_authority(scope: Scope, page_scheme: str) -> Authority | None:
    """Return the host and port of the `Host` header.

    Without a port it is the default port: that of the socket if it uses TLS, else that of the page, because a proxy may
    have terminated TLS.
    """
    host = _host(scope)
    if host is None or host.port is not None:
        return host
    secure = scope.get("scheme") in ("wss", "https")
    return Authority(host.host, _DEFAULT_PORTS["https" if secure else page_scheme])


def _allows(pattern: str, scheme: str, page: Authority) -> bool:
    """Return True if `pattern` matches: an origin, `host`, `host:port`, `*.host`, `*.host:port` or `*`."""
    wanted_scheme, separator, rest = pattern.lower().rpartition("://")
    if separator and wanted_scheme != scheme:
        return False
    wanted = _authority(rest)
    return rest == "*" or (
        wanted is not None
        and _matches(wanted.host, page.host)
        and (wanted.port or _DEFAULT_PORTS[scheme]) == page.port
    )


def _covers(pattern: str, host: Authority) -> bool:
    if pattern in ("*", host.host):
        return True
    wanted = _authority(pattern.lower())
    return wanted is not None and _matches(wanted.host, host.host) and wanted.port in (None, host.port)


def _matches(pattern: str, host: str) -> bool:
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def _host(scope: Scope) -> Authority | None:
    hosts = _headers(scope, b"host")
    # RFC 9112, 3.2: a request with more than one Host line is invalid.
    return _authority(hosts[0]) if len(hosts) == 1 else None


def _authority(text: str) -> Authority | None:
    """Parse `host[:port]`, IPv6 in brackets. Return None for anything else."""
    plain = _PLAIN_AUTHORITY.fullmatch(text)
    if plain is not None:
        return Authority(plain[1].lower(), None if plain[2] is None else int(plain[2]))
    if not text or not text.isascii() or any(char in text for char in "/?#@\\ ") or _UNSAFE.search(text):
        return None
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    # A dot at the end names the same host (RFC 1034, 3.1).
    return Authority(host.rstrip("."), port) if host else None


def _headers(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1").strip() for key, value in scope["headers"] if key.lower() == name]


def _shown(scope: Scope, name: bytes) -> str:
    # The text is the client's and goes into a log line, so its length is bounded.
    return repr(", ".join(_headers(scope, name))[:100])
