"""Navigation of the browser by a view: patch, navigate and redirect, with the check of their URLs.

A path starts with one `/`, as the browser shows it. A relative URL (`?page=2`, `#top`, `edit`, `../users`) is resolved
against the page. A URL that a browser could read as another host or as script (`//host`, `/\\host`, `javascript:`,
control characters) is refused, also if it comes from the application: it may contain a user's input.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode, urljoin, urlsplit

Kind = Literal["push", "replace"]

_HOST = "http://host"  # `urljoin` removes dot segments above the root only if there is a host
_AFTER_FIRST_PART = re.compile(r"[/?#]")


@dataclass(frozen=True, slots=True)
class Patch:
    """Change the URL of this view, and run `handle_params`."""

    to: str
    kind: Kind = "push"


@dataclass(frozen=True, slots=True)
class Navigate:
    """Go to another live view over the same socket."""

    to: str
    kind: Kind = "push"


@dataclass(frozen=True, slots=True)
class Redirect:
    """Load another page over HTTP. `status`: of the response, if the first render redirects."""

    to: str
    status: int = 302


class UnsafeURL(ValueError):
    """A navigation target that could leave the site."""


def local_path(path: Any, params: Mapping[str, Any] | None = None) -> str:
    """Return `path` with `params` as its query. Raises `UnsafeURL` unless it is a path on this site."""
    if not isinstance(path, str) or not _is_local(path):
        raise UnsafeURL(
            f"expected a path on this site such as '/users?page=2', got {path!r}. "
            "For another site use socket.redirect(external='https://...')."
        )
    return _with_query(path, params)


def page_link(url: Any, params: Mapping[str, Any] | None = None) -> str:
    """Return `url` with `params` as its query, for an element of a page: the browser resolves a relative one.

    Raises `UnsafeURL` unless it is a path on this site or relative to the page.
    """
    if not isinstance(url, str) or not (_is_local(url) or _is_relative(url)):
        raise UnsafeURL(
            f"expected a path on this site such as '/users?page=2', or a relative URL such as '?page=2', "
            f"'#top', 'edit' or '../users', got {url!r}. For another site use a link with href."
        )
    return _with_query(url, params)


def path_from(page: str, url: Any, params: Mapping[str, Any] | None = None) -> str:
    """Return the path on this site that `url` refers to on `page`, a path with its query.

    Raises `UnsafeURL` unless `url` is a path on this site or relative to the page.
    """
    if isinstance(url, str) and _is_relative(url):
        return local_path(_joined(page, url), params)
    if isinstance(url, str) and _is_local(url):
        return _with_query(url, params)
    raise UnsafeURL(
        f"expected a path on this site such as '/users?page=2', or a relative URL such as '?page=2', "
        f"'#top', 'edit' or '../users', got {url!r}. For another site use socket.redirect(external='https://...')."
    )


def _is_relative(url: str) -> bool:
    """Return True if a browser reads `url` as relative.

    False with spaces around it: a browser drops them, so they could hide an absolute URL.
    """
    if not url or url.startswith("/") or url != url.strip() or _has_unsafe(url):
        return False
    # A colon in the first part ends a scheme, such as `javascript:`.
    return ":" not in _AFTER_FIRST_PART.split(url, maxsplit=1)[0]


def _joined(page: str, url: str) -> str:
    path = page.partition("#")[0].partition("?")[0]
    if url.startswith("?"):
        return path + url
    if url.startswith("#"):
        return page.partition("#")[0] + url
    return urljoin(_HOST + path, url).removeprefix(_HOST)


def _is_local(path: str) -> bool:
    # `//host/path` is a URL of another host (RFC 3986, section 4.2).
    return path.startswith("/") and not path.startswith("//") and not _has_unsafe(path)


def external_url(url: str) -> str:
    """Return `url` if it is http or https with a host. Raises `UnsafeURL` otherwise."""
    if _has_unsafe(url) or urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise UnsafeURL(f"expected an http:// or https:// URL with a host, got {url!r}.")
    return url


def _has_unsafe(url: str) -> bool:
    # A browser reads a backslash as a slash, and drops tabs and line breaks: with them, a path could name another host.
    return "\\" in url or any(ord(char) < 0x20 or ord(char) == 0x7F for char in url)


def _with_query(path: str, params: Mapping[str, Any] | None) -> str:
    if not params:
        return path
    base, hash_, fragment = path.partition("#")
    joint = "" if base.endswith("?") else "&" if "?" in base else "?"
    return f"{base}{joint}{urlencode(params, doseq=True)}{hash_}{fragment}"
