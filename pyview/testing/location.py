"""Addresses as a browser reads them."""

from urllib.parse import urljoin, urlsplit


def absolute(base: str, href: str) -> str:
    """What `a.href` says for a link on the page at `base`."""
    if href.startswith("?"):  # `urljoin` takes a query without text for none
        return without_fragment(base).partition("?")[0] + href
    return urljoin(base, href)


def origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def same_origin(one: str, other: str) -> bool:
    return origin(one) == origin(other)


def path_and_query(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


def without_fragment(url: str) -> str:
    return url.partition("#")[0]
