"""The application of the gallery: the start page, the guides, and each example below its prefix.

A plain Starlette application. Each example is mounted without knowing it: pages, sockets and links work below a prefix
as they do at the root. The dashboard is mounted last, at the root, because the code of its guide uses absolute paths
(/login, /dashboard). So the start page and the guides, which are at the root too, are views of that application.
"""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from markupsafe import Markup
from starlette.applications import Starlette
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from examples.auth_spec.app import app as root_app
from examples.auth_spec.app import login_page
from examples.gallery.catalogue import EXAMPLES, Example
from examples.gallery.guides import GuideLiveView
from examples.gallery.shell import example_document, gallery_document, plain_document
from examples.gallery.sources import source_page
from examples.gallery.start import StartLiveView
from examples.highlight import load_lexers
from examples.page import assets

LOGIN: Callable[[Request], Awaitable[Response]] = login_page
IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Start and stop the mounted applications: Starlette itself starts only the outermost one."""
    async with AsyncExitStack() as stack:
        for example in EXAMPLES:
            await stack.enter_async_context(example.app.router.lifespan_context(example.app))
        await asyncio.to_thread(load_lexers)
        yield


def sign_sessions_with(key: str, app: Starlette) -> None:
    """Replace the key of the session cookies. The key in the guide is public, so cookies could be forged."""
    for middleware in app.user_middleware:
        cls: Any = middleware.cls
        if cls is SessionMiddleware:
            middleware.kwargs["secret_key"] = key


def routes_to(example: Example) -> list[BaseRoute]:
    """Return the routes of an example: its mount, and a redirect from the prefix without the last slash."""
    example.app.rootTemplate = example_document(example)
    mount = Mount(example.prefix, example.app, name=example.folder)
    if not example.prefix:
        return [mount]
    return [Route(example.prefix, RedirectResponse(example.href)), mount]


async def framed_login(request: Request) -> Response:
    """Return the login page of the guide, which is a form only, in a document of the gallery."""
    response = await LOGIN(request)
    return HTMLResponse(plain_document(EXAMPLES[-1], Markup(bytes(response.body).decode())))  # noqa: S704  HTML of the guide


sign_sessions_with(os.environ.get("SESSION_SECRET") or secrets.token_urlsafe(32), root_app)
gallery = root_app.live_session("gallery", root_template=gallery_document())
gallery.add_live_view("/", StartLiveView)
gallery.add_live_view("/guides/{name}", GuideLiveView)

app = Starlette(
    routes=[
        Mount("/assets", assets),
        Mount("/guides/images", StaticFiles(directory=IMAGES)),
        Route("/sources/{folder}", source_page),
        Route("/login", framed_login),
        *(route for example in EXAMPLES for route in routes_to(example)),
    ],
    lifespan=lifespan,
)
