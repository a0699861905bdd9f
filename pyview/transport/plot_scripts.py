"""The endpoint of the scripts that draw plots. Their names are digests, so any worker serves what another has named."""

import asyncio
import gzip
from hashlib import sha256
from typing import Final

from starlette.types import Receive, Scope, Send

from pyview.plots.scripts import Script, script_named
from pyview.routing.own_route import OwnRoute
from pyview.transport.assets import ASSETS_PATH, IMMUTABLE, Asset, asset_response

PLOT_SCRIPTS_PATH: Final = f"{ASSETS_PATH}/libraries"
_JAVASCRIPT: Final = "text/javascript; charset=utf-8"


class PlotScripts:
    """The scripts of the plot libraries that are installed. It is an ASGI application, which `route()` serves.

    A script is read and compressed at its first request, in a thread, and kept in memory.
    """

    def __init__(self) -> None:
        self._assets: dict[str, asyncio.Task[Asset]] = {}

    def route(self) -> OwnRoute:
        """Return the route that answers GET and HEAD for the scripts."""
        return OwnRoute(f"{PLOT_SCRIPTS_PATH}/{{file}}", self, methods=["GET"], name="pyview_plot_scripts")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        script = script_named(scope["path_params"]["file"])
        response = asset_response(None if script is None else await self._asset(script), scope)
        await response(scope, receive, send)

    async def _asset(self, script: Script) -> Asset:
        task = self._assets.get(script.name)
        if task is None or (task.done() and (task.cancelled() or task.exception())):
            # One for all requests: the script of Vega takes seconds to make.
            task = self._assets[script.name] = asyncio.create_task(asyncio.to_thread(_read, script))
        return await asyncio.shield(task)


def _read(script: Script) -> Asset:
    content = script.read()
    bodies = {"identity": content, "gzip": gzip.compress(content, 9, mtime=0)}
    return Asset(_JAVASCRIPT, IMMUTABLE, bodies, sha256(content).hexdigest()[:20])
