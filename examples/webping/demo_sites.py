"""Four sites that need no network: fast, slow, broken, and one that never responds."""

import asyncio

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

_ANSWERS = {"near": (0.02, 200), "far": (0.3, 200), "broken": (0.05, 503), "silent": (60.0, 200)}
"""Host name -> delay in seconds and status of the response."""

DEMO_URLS = tuple(f"http://{name}.example/" for name in _ANSWERS)


async def _answer(request: Request) -> Response:
    seconds, status = _ANSWERS[str(request.url.hostname).partition(".")[0]]
    await asyncio.sleep(seconds)
    return PlainTextResponse("here", status)


demo_sites = Starlette(routes=[Route("/", _answer)])
