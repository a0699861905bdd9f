"""Where a view wants the browser to go, and the only URLs it may ask for.

A path is what the browser shows: it starts with one `/`. Anything that a browser could read as another host or as
script (`//host`, `/\\host`, `javascript:`, control characters) is refused, whoever made it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

Kind = Literal["push", "replace"]


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
    joint = "&" if "?" in base else "?"
    return f"{base}{joint}{urlencode(params, doseq=True)}{hash_}{fragment}"
