"""The browser's side of PyView, as files: what a page links to, and the endpoint that serves it.

The files are built into `pyview/static` (by the wheel's build, or by `make setup` in a checkout): one script
and two stylesheets whose names change with their content, so that browsers may keep them for ever, each with a
brotli and a gzip copy beside it; and `pyview.js`, whose name never changes, for a user's script to import.

The files beside views, as a page links to them: hashed, immutable, compressed.
"""

import gzip
import json
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from markupsafe import Markup
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from pyview.rendering.templates import FilesOfView, ViewFile, ViewFiles
from pyview.template.markup import Pattern

STATIC = Path(__file__).resolve().parent.parent / "static"
ASSETS_PATH = "/live/assets"

_SUFFIXES = {"br": ".br", "gzip": ".gz"}
_HEAD = Pattern(
    '<link phx-track-static rel="stylesheet" href="{style}"{nonce}>\n'
    '<meta name="pyview-live-path" content="{live}">\n'
    '<script phx-track-static type="module" src="{script}"{nonce}></script>'
)
_STYLESHEET = Pattern('<link rel="stylesheet" href="{style}"{nonce}>')
IMMUTABLE = "public, max-age=31536000, immutable"
_REVALIDATE = "no-cache"


class ClientMissingError(RuntimeError):
    """The built browser client is not where the package keeps it."""

    def __init__(self, directory: Path) -> None:
        super().__init__(
            f"PyView's browser client is missing: expected {directory / 'manifest.json'}. "
            "In a checkout run `make setup`, which builds it; an installed package carries it, so if this is "
            "one, install it again: pip install --force-reinstall pyview-live"
        )


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as bytes, in every encoding that it was compressed to; `identity` is always there."""

    media_type: str
    cache_control: str
    bodies: dict[str, bytes]
    digest: str

    def etag(self, encoding: str) -> str:
        return f'"{self.digest}-{encoding}"'


class ClientAssets:
    """The built client in `directory`, read when it is first needed and kept in memory (about 250 KB).

    An ASGI application: `route()` serves it. Everything else names its URLs, where `root_path` is the prefix
    under which the application is reached (`request.scope["root_path"]`), without a slash at its end.
    Anything that needs a file raises `ClientMissingError` when the client was never built.
    """

    def __init__(self, directory: Path = STATIC) -> None:
        self._directory = directory

    @property
    def liveview_version(self) -> str:
        """Version of the bundled LiveView client, for `liveview_version` in join replies."""
        return str(self._manifest["liveview_version"])

    def load(self) -> None:
        """Read every file now, so that a missing client stops the start and not the first visitor."""
        _ = self._assets

    def script_url(self, root_path: str = "") -> str:
        """The hashed module script that starts the page."""
        return _url(root_path, self._manifest["script"])

    def style_url(self, root_path: str = "") -> str:
        """The hashed stylesheet of the client's own few notices."""
        return _url(root_path, self._manifest["style"])

    def module_url(self, root_path: str = "") -> str:
        """The address that never changes, for `import {start} from ".../pyview.js"`."""
        return _url(root_path, self._manifest["module"])

    def head(self, root_path: str = "", nonce: str | None = None) -> Markup:
        """What a root template puts into `<head>`: stylesheet, socket path, script; nothing inline."""
        return _HEAD.fill(
            style=self.style_url(root_path),
            live=f"{root_path}/live",
            script=self.script_url(root_path),
            nonce=nonce_attribute(nonce),
        )

    @cached_property
    def names(self) -> frozenset[str]:
        """The files that there are, hashed names and stable ones."""
        return frozenset(self._manifest["files"])

    def component_styles(self, root_path: str = "", nonce: str | None = None) -> Markup:
        """What a root template puts into `<head>` for the looks of the core components."""
        file = self._manifest.get("components")
        return (
            _STYLESHEET.fill(style=_url(root_path, file), nonce=nonce_attribute(nonce)) if file else Markup()
        )

    def route(self, path: str = ASSETS_PATH) -> Route:
        """The route that answers GET and HEAD for the files, and nothing else."""
        return Route(f"{path}/{{file}}", self, methods=["GET"], name="pyview_assets")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = asset_response(self._assets.get(scope["path_params"]["file"]), scope)
        await response(scope, receive, send)

    @cached_property
    def _manifest(self) -> dict[str, Any]:
        try:
            manifest: dict[str, Any] = json.loads((self._directory / "manifest.json").read_bytes())
        except FileNotFoundError:
            raise ClientMissingError(self._directory) from None
        return manifest

    @cached_property
    def _assets(self) -> dict[str, Asset]:
        return {name: self._read(name, entry) for name, entry in self._manifest["files"].items()}

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


def asset_response(asset: Asset | None, scope: Scope) -> Response:
    """The answer to a GET or HEAD for a file, or for one that is not there."""
    if asset is None:
        return PlainTextResponse("Not Found", 404, {"X-Content-Type-Options": "nosniff"})
    headers = Headers(scope=scope)
    encoding = preferred_encoding(headers.get("accept-encoding", ""), asset.bodies)
    if _matches(headers.get("if-none-match", ""), asset.etag(encoding)):
        return Response(status_code=304, headers=_cache_headers(asset, encoding))
    return _file_response(asset, encoding, with_body=scope["method"] != "HEAD")


def nonce_attribute(nonce: str | None) -> Markup:
    """` nonce="..."` for an element that a content security policy has to allow."""
    return Markup(' nonce="{}"').format(nonce) if nonce else Markup()


def preferred_encoding(accept: str, available: dict[str, bytes]) -> str:
    """The best of the `available` encodings that an `Accept-Encoding` header allows, else `identity`.

    On equal weights the smaller copy wins, which is brotli's.
    """
    asked = dict(_weighted(item) for item in accept.lower().split(",") if item.strip())
    weights = {name: asked.get(name, asked.get("*", 0.0)) for name in _SUFFIXES if name in available}
    allowed = [name for name, weight in weights.items() if weight > 0]
    return max(allowed, key=weights.__getitem__, default="identity")


def _weighted(item: str) -> tuple[str, float]:
    name, _, parameter = item.partition(";")
    _, _, weight = parameter.partition("q=")
    try:
        return name.strip(), float(weight or 1)
    except ValueError:
        return name.strip(), 0.0


def _matches(if_none_match: str, etag: str) -> bool:
    tags = (tag.strip().removeprefix("W/") for tag in if_none_match.split(","))
    return any(tag in ("*", etag) for tag in tags)


def _cache_headers(asset: Asset, encoding: str) -> dict[str, str]:
    return {"Cache-Control": asset.cache_control, "ETag": asset.etag(encoding), "Vary": "Accept-Encoding"}


def _file_response(asset: Asset, encoding: str, *, with_body: bool) -> Response:
    body = asset.bodies[encoding]
    headers = _cache_headers(asset, encoding)
    headers |= {"Content-Length": str(len(body)), "X-Content-Type-Options": "nosniff"}
    if encoding != "identity":
        headers["Content-Encoding"] = encoding
    return Response(body if with_body else b"", headers=headers, media_type=asset.media_type)


def _url(root_path: str, name: str) -> str:
    return f"{root_path}{ASSETS_PATH}/{name}"


VIEW_ASSETS_PATH = f"{ASSETS_PATH}/views"

_STYLE = Pattern('<link rel="stylesheet" href="{url}" data-pyview-style{nonce}>')
_SCRIPT = Pattern('<link rel="modulepreload" href="{url}" data-pyview-hooks="{view}"{nonce}>')
_TYPES = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
_SMALLEST_COMPRESSED = 860  # bytes; less fits into one packet anyway


class ViewAssets:
    """An ASGI application: `route()` serves the files of an application's views."""

    def __init__(self, files: ViewFiles) -> None:
        self._files = files
        self._asset = lru_cache(256)(_asset)

    def route(self) -> Route:
        """The route that answers GET and HEAD for the files, and nothing else."""
        return Route(f"{VIEW_ASSETS_PATH}/{{file}}", self, methods=["GET"], name="pyview_view_assets")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        file = self._files.named(scope["path_params"]["file"])
        response = asset_response(None if file is None else self._asset(file), scope)
        await response(scope, receive, send)


def head_elements(files: FilesOfView | None, root_path: str, nonce: str | None) -> list[Markup]:
    """What the first page of a view has in its `<head>` for the files beside it."""
    if files is None:
        return []
    elements = []
    if files.style is not None:
        url = _file_url(root_path, files.style)
        elements.append(_STYLE.fill(url=url, nonce=nonce_attribute(nonce)))
    if files.script is not None:
        url = _file_url(root_path, files.script)
        elements.append(_SCRIPT.fill(url=url, view=files.view, nonce=nonce_attribute(nonce)))
    return elements


def _file_url(root_path: str, file: ViewFile) -> str:
    return f"{root_path}{VIEW_ASSETS_PATH}/{file.name}"


def _asset(file: ViewFile) -> Asset:
    bodies = {"identity": file.content}
    if len(file.content) >= _SMALLEST_COMPRESSED:
        bodies["gzip"] = gzip.compress(file.content, mtime=0)
    media_type = _TYPES[file.name.rpartition(".")[2]]
    return Asset(media_type, IMMUTABLE, bodies, sha256(file.content).hexdigest()[:20])
