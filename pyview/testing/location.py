"""URLs and cookies as a browser treats them."""

from urllib.parse import urljoin, urlsplit

import httpx


def set_cookie(jar: httpx.Cookies, url: str, name: str, value: str, max_age: int | None = None) -> None:
    """Set a cookie as `document.cookie = ...` does on a page at `url`. `max_age` is in seconds."""
    age = "" if max_age is None else f"; Max-Age={max_age}"
    _store(jar, url, f"{name}={value}; Path=/{age}")


def delete_cookie(jar: httpx.Cookies, url: str, name: str) -> None:
    """Delete a cookie as a script on a page at `url` does."""
    _store(jar, url, f"{name}=; Path=/; Max-Age=-1")


def _store(jar: httpx.Cookies, url: str, header: str) -> None:
    # Through a response, the cookie gets the same domain as the server's cookies, so that the server can replace it.
    request = httpx.Request("GET", url)
    jar.extract_cookies(httpx.Response(200, headers=[("set-cookie", header)], request=request))


def absolute(base: str, href: str) -> str:
    """Return the absolute URL of a link on the page at `base`, as the DOM's `a.href` does."""
    if href.startswith("?"):  # for a bare "?", `urljoin` keeps the query of `base`
        return base.partition("#")[0].partition("?")[0] + href
    return urljoin(base, href)


def origin(url: str) -> tuple[str, str, int | None]:
    """Return the scheme, the host and the port of a URL."""
    parts = urlsplit(url)
    # RFC 6454, section 4: a URL without a port has the default port of its scheme.
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def same_origin(one: str, other: str) -> bool:
    return origin(one) == origin(other)


def path_and_query(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
