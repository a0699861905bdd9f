"""Where a view wants the browser to go, and the only URLs it may ask for.

A path is what the browser shows: it starts with one `/`. A relative address (`?page=2`, `#top`, `edit`, `../users`)
counts from the page. Anything that a browser could read as another host or as script (`//host`, `/\\host`,
`javascript:`, control characters) is refused, also when the application made it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode, urljoin, urlsplit

Kind = Literal["push", "replace"]

_HOST = "http://host"  # `urljoin` leaves out dot segments above the root only where there is a host
_BEHIND_FIRST_PART = re.compile(r"[/?#]")


@dataclass(frozen=True, slots=True)
class Patch:
    """Stay in this view, change the URL; `handle_params` runs."""

    to: str
    kind: Kind = "push"


@dataclass(frozen=True, slots=True)
class Navigate:
    """Go to another live view over the same socket."""

    to: str
    kind: Kind = "push"


@dataclass(frozen=True, slots=True)
class Redirect:
    """Load another page over HTTP. `status` counts when the redirect happens during the first render."""

    to: str
    status: int = 302


class UnsafeURL(ValueError):
    """A navigation target that could leave the site."""


def local_path(path: Any, params: Mapping[str, Any] | None = None) -> str:
    """`path` with `params` as its query. Raises `UnsafeURL` unless it is a path on this site."""
    if not isinstance(path, str) or not _is_local(path):
        raise UnsafeURL(
            f"expected a path on this site such as '/users?page=2', got {path!r}. "
            "For another site use socket.redirect(external='https://...')."
        )
    return _with_query(path, params)


def page_link(address: Any, params: Mapping[str, Any] | None = None) -> str:
    """Return `address` with `params` as its query, for an element of a page: the browser resolves a relative one.

    Raises `UnsafeURL` unless it is a path on this site or relative to the page.
    """
    if not isinstance(address, str) or not (_is_local(address) or _is_relative(address)):
        raise UnsafeURL(
            f"expected a path on this site such as '/users?page=2', or one that counts from the page such as "
            f"'?page=2', '#top', 'edit' or '../users', got {address!r}. For another site use a link with href."
        )
    return _with_query(address, params)


def path_from(page: str, address: Any, params: Mapping[str, Any] | None = None) -> str:
    """Return the path on this site that `address` means on `page`, which is a path with its query.

    Raises `UnsafeURL` unless `address` is a path on this site or relative to the page.
    """
    if isinstance(address, str) and _is_relative(address):
        return local_path(_joined(page, address), params)
    if isinstance(address, str) and _is_local(address):
        return _with_query(address, params)
    raise UnsafeURL(
        f"expected a path on this site such as '/users?page=2', or one that counts from the page such as '?page=2', "
        f"'#top', 'edit' or '../users', got {address!r}. For another site use socket.redirect(external='https://...')."
    )


def _is_relative(address: str) -> bool:
    """Return True if a browser reads `address` as relative. False for spaces around it: a browser drops them, so
    they could hide an absolute one."""
    if not address or address.startswith("/") or address != address.strip() or _has_unsafe(address):
        return False
    return ":" not in _BEHIND_FIRST_PART.split(address, maxsplit=1)[0]


def _joined(page: str, address: str) -> str:
    path = page.partition("#")[0].partition("?")[0]
    if address.startswith("?"):
        return path + address
    if address.startswith("#"):
        return page.partition("#")[0] + address
    return urljoin(_HOST + path, address).removeprefix(_HOST)


def _is_local(path: str) -> bool:
    return path.startswith("/") and not path.startswith("//") and not _has_unsafe(path)


def external_url(url: str) -> str:
    """`url` if it is http or https with a host. Raises `UnsafeURL`."""
    if _has_unsafe(url) or urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise UnsafeURL(f"expected an http:// or https:// URL with a host, got {url!r}.")
    return url


def _has_unsafe(url: str) -> bool:
    return "\\" in url or any(ord(char) < 0x20 or ord(char) == 0x7F for char in url)


def _with_query(path: str, params: Mapping[str, Any] | None) -> str:
    if not params:
        return path
    base, hash_, fragment = path.partition("#")
    joint = "" if base.endswith("?") else "&" if "?" in base else "?"
    return f"{base}{joint}{urlencode(params, doseq=True)}{hash_}{fragment}"
