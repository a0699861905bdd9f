"""Files that a page links to, and the endpoints that serve them: PyView's own client, and the files beside views.

The client is built into `pyview/static` (by the build of the wheel, or by `make setup` in a checkout): one script and
three stylesheets whose names change with their content, so that browsers may cache them forever, each with a brotli and
a gzip copy; and `pyview.js`, whose name never changes, for scripts of the application to import. A second script is for
developers: only an application in debug mode serves it, and only its pages load it. Files beside views are served in
the same way; they are read and compressed here.
"""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from pyview.rendering.templates import FilesOfView, ViewFile, ViewFiles
from pyview.routing.own_route import OwnRoute
from pyview.template.markup import Pattern

STATIC = Path(__file__).resolve().parent.parent / "static"
ASSETS_PATH = "/live/assets"
VIEW_ASSETS_PATH = f"{ASSETS_PATH}/views"
IMMUTABLE = "public, max-age=31536000, immutable"

_REVALIDATE = "no-cache"
_SUFFIXES = {"br": ".br", "gzip": ".gz"}
_TYPES = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
_MIN_COMPRESSED = 860  # bytes; a smaller file fits into one packet anyway

_CLIENT_SCRIPT = Pattern(
    '<meta name="pyview-live-path" content="{live}">\n'
    '<script phx-track-static type="module" src="{script}"{nonce}></script>'
)
_CLIENT_STYLE = Pattern('<link phx-track-static rel="stylesheet" href="{style}"{nonce}>')
_VIEW_STYLE = Pattern('<link rel="stylesheet" href="{url}" data-pyview-style{nonce}>')
_VIEW_SCRIPT = Pattern('<link rel="modulepreload" href="{url}" data-pyview-hooks="{view}"{nonce}>')


class ClientMissingError(RuntimeError):
    """The built client is not in its directory."""

    def __init__(self, directory: Path) -> None:
        super().__init__(
            f"PyView's browser client is missing: expected {directory / 'manifest.json'}. "
            "In a checkout run `make setup`, which builds it; an installed package carries it, so if this is "
            "one, install it again: pip install --force-reinstall pyview-live"
        )


@dataclass(frozen=True, slots=True)
class Asset:
    """Content of one file in every encoding that it was compressed to; `identity` is always one of them."""

    media_type: str
    cache_control: str
    bodies: dict[str, bytes]
    digest: str

    # With the encoding: each one is a representation of its own (RFC 9110, 8.8.3.3).
    def etag(self, encoding: str) -> str:
        return f'"{self.digest}-{encoding}"'


class HeadElements(NamedTuple):
    """Elements for `<head>` of a page; each is safe HTML.

    `client` starts the client: its style sheet, the socket path, the script. `default_style` is the default style,
    which contains the style sheets of the client and of the core components; `script` is `client` for a page with it.
    """

    client: Markup
    script: Markup
    default_style: Markup
    component_styles: Markup


class ClientAssets:
    """The built client in `directory`, read at the first use and kept in memory (about 250 KB).

    It is an ASGI application, which `route()` serves. `debug()`: True if it may serve the script for developers. The
    other methods return URLs and elements. `root_path` is the prefix that the application is mounted at
    (`request.scope["root_path"]`), without a slash at its end. Methods that need a file raise `ClientMissingError` if
    the client has not been built.
    """

    def __init__(self, directory: Path = STATIC, *, debug: Callable[[], bool] = lambda: False) -> None:
        self._directory = directory
        self._debug = debug
        # Without a nonce these are equal for all pages. Bounded, because a mount path may have parameters.
        self._head_elements = lru_cache(64)(self._make_head_elements)

    @property
    def liveview_version(self) -> str:
        """Version of the bundled LiveView client, for `liveview_version` in join replies."""
        return str(self._manifest["liveview_version"])

    @property
    def development_script(self) -> str:
        """Name of the hashed module script for developers."""
        return str(self._manifest["development"])

    def load(self) -> None:
        """Read every file now, so that a missing client fails at the start and not at the first request."""
        _ = self._assets

    def script_url(self, root_path: str = "") -> str:
        """Return the URL of the hashed module script that starts the page."""
        return _url(root_path, self._manifest["script"])

    def style_url(self, root_path: str = "") -> str:
        """Return the URL of the hashed stylesheet of the client's notices."""
        return _url(root_path, self._manifest["style"])

    def module_url(self, root_path: str = "") -> str:
        """Return the URL that never changes, for `import {start} from ".../pyview.js"`."""
        return _url(root_path, self._manifest["module"])

    def head(self, root_path: str = "", nonce: str | None = None) -> Markup:
        """Return the elements for `<head>` that start the client. Nothing is inline."""
        return self.head_elements(root_path, nonce).client

    def head_elements(self, root_path: str = "", nonce: str | None = None) -> HeadElements:
        """Return all elements for `<head>`, from which the root template takes what it uses."""
        return self._make_head_elements(root_path, nonce) if nonce else self._head_elements(root_path)

    def _make_head_elements(self, root_path: str, nonce: str | None = None) -> HeadElements:
        style = self._stylesheet("style", root_path, nonce)
        script = _CLIENT_SCRIPT.fill(
            live=f"{root_path}/live", script=self.script_url(root_path), nonce=nonce_attribute(nonce)
        )
        return HeadElements(
            client=style + Markup("\n") + script,
            script=script,
            default_style=self._stylesheet("default", root_path, nonce),
            component_styles=self._stylesheet("components", root_path, nonce),
        )

    def _stylesheet(self, name: str, root_path: str, nonce: str | None) -> Markup:
        file = self._manifest.get(name)
        if not file:
            return Markup()
        return _CLIENT_STYLE.fill(style=_url(root_path, file), nonce=nonce_attribute(nonce))

    @cached_property
    def names(self) -> frozenset[str]:
        """Names of all files, hashed and stable."""
        return frozenset(self._manifest["files"])

    def route(self, path: str = ASSETS_PATH) -> OwnRoute:
        """Return the route that answers GET and HEAD for the files."""
        return OwnRoute(f"{path}/{{file}}", self, methods=["GET"], name="pyview_assets")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = asset_response(self._asset(scope["path_params"]["file"]), scope)
        await response(scope, receive, send)

    def _asset(self, name: str) -> Asset | None:
        if name == self._manifest.get("development"):
            return self._development_asset if self._debug() else None
        return self._assets.get(name)

    @cached_property
    def _development_asset(self) -> Asset:
        name = self.development_script
        return self._read(name, self._manifest["files"][name])

    @cached_property
    def _manifest(self) -> dict[str, Any]:
        try:
            manifest: dict[str, Any] = json.loads((self._directory / "manifest.json").read_bytes())
        except FileNotFoundError:
            raise ClientMissingError(self._directory) from None
        return manifest

    @cached_property
    def _assets(self) -> dict[str, Asset]:
        files, development = self._manifest["files"], self._manifest.get("development")
        return {name: self._read(name, entry) for name, entry in files.items() if name != development}

    def _read(self, name: str, entry: dict[str, Any]) -> Asset:
        path = self._directory / name
        copies = {encoding: path.with_name(name + suffix) for encoding, suffix in _SUFFIXES.items()}
        bodies = {encoding: copy.read_bytes() for encoding, copy in copies.items() if copy.exists()}
        bodies["identity"] = path.read_bytes()
        return Asset(
            media_type=entry["type"],
            cache_control=IMMUTABLE if entry["immutable"] else _REVALIDATE,
            bodies=bodies,
            digest=sha256(bodies["identity"]).hexdigest()[:20],
        )


class ViewAssets:
    """Files beside the views of an application. It is an ASGI application, which `route()` serves."""

    def __init__(self, files: ViewFiles) -> None:
        self._files = files
        self._asset = lru_cache(256)(_view_asset)

    def route(self) -> OwnRoute:
        """Return the route that answers GET and HEAD for the files."""
        return OwnRoute(f"{VIEW_ASSETS_PATH}/{{file}}", self, methods=["GET"], name="pyview_view_assets")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        file = self._files.named(scope["path_params"]["file"])
        response = asset_response(None if file is None else self._asset(file), scope)
        await response(scope, receive, send)


def _view_asset(file: ViewFile) -> Asset:
    bodies = {"identity": file.content}
    if len(file.content) >= _MIN_COMPRESSED:
        bodies["gzip"] = gzip.compress(
            file.content, mtime=0
        )  # without a time, so that all workers send equal bytes
    media_type = _TYPES[file.name.rpartition(".")[2]]
    return Asset(media_type, IMMUTABLE, bodies, sha256(file.content).hexdigest()[:20])


# HTML elements


def head_elements(files: FilesOfView | None, root_path: str, nonce: str | None) -> list[Markup]:
    """Return the elements for `<head>` of a page that shows a view with these files."""
    if files is None:
        return []
    elements = []
    if files.style is not None:
        url = f"{root_path}{VIEW_ASSETS_PATH}/{files.style.name}"
        elements.append(_VIEW_STYLE.fill(url=url, nonce=nonce_attribute(nonce)))
    if files.script is not None:
        url = f"{root_path}{VIEW_ASSETS_PATH}/{files.script.name}"
        elements.append(_VIEW_SCRIPT.fill(url=url, view=files.view, nonce=nonce_attribute(nonce)))
    return elements


def nonce_attribute(nonce: str | None) -> Markup:
    """Return ` nonce="..."` for an element that a content security policy has to allow."""
    return Markup(' nonce="{}"').format(nonce) if nonce else Markup()


def _url(root_path: str, name: str) -> str:
    return f"{root_path}{ASSETS_PATH}/{name}"


# HTTP responses


def asset_response(asset: Asset | None, scope: Scope) -> Response:
    """Answer a GET or HEAD for a file; None for one that does not exist."""
    if asset is None:
        return PlainTextResponse("Not Found", 404, {"X-Content-Type-Options": "nosniff"})
    request_headers = Headers(scope=scope)
    encoding = preferred_encoding(request_headers.get("accept-encoding", ""), asset.bodies)
    etag = asset.etag(encoding)
    headers = {"Cache-Control": asset.cache_control, "ETag": etag, "Vary": "Accept-Encoding"}
    # `If-None-Match` compares weakly (RFC 9110, 13.1.2), and proxies that compress make tags weak.
    known = (tag.strip().removeprefix("W/") for tag in request_headers.get("if-none-match", "").split(","))
    if any(tag in ("*", etag) for tag in known):
        return Response(status_code=304, headers=headers)
    body = asset.bodies[encoding]
    headers |= {"Content-Length": str(len(body)), "X-Content-Type-Options": "nosniff"}
    if encoding != "identity":
        headers["Content-Encoding"] = encoding
    content = b"" if scope["method"] == "HEAD" else body
    return Response(content, headers=headers, media_type=asset.media_type)


def preferred_encoding(accept: str, available: dict[str, bytes]) -> str:
    """Return the best of the `available` encodings that an `Accept-Encoding` header allows, else `identity`.

    On equal weights brotli wins, whose copy is the smallest.
    """
    given = dict(_weighted(item) for item in accept.lower().split(",") if item.strip())
    weights = {name: given.get(name, given.get("*", 0.0)) for name in _SUFFIXES if name in available}
    # A weight of 0 means "not acceptable" (RFC 9110, 12.4.2).
    allowed = [name for name, weight in weights.items() if weight > 0]
    return max(allowed, key=weights.__getitem__, default="identity")


def _weighted(item: str) -> tuple[str, float]:
    name, _, parameter = item.partition(";")
    _, _, weight = parameter.partition("q=")
    try:
        return name.strip(), float(weight or 1)
    except ValueError:
        return name.strip(), 0.0
