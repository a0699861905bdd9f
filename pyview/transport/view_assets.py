"""The files beside views, as a page links to them: hashed, immutable, compressed."""

import gzip
from functools import lru_cache
from hashlib import sha256

from markupsafe import Markup
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from pyview.rendering.templates import FilesOfView, ViewFile, ViewFiles
from pyview.template.markup import Pattern
from pyview.transport.assets import ASSETS_PATH, IMMUTABLE, Asset, asset_response, nonce_attribute

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
