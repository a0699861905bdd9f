"""Answers of the port while the application cannot be started: the failure, on a page that waits for its end."""

from typing import Final

from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from pyview.failures.failure import Failure
from pyview.failures.html import failure_page
from pyview.observability.error_ids import new_error_id

_HEADER: Final = "x-pyview-failure"
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})

# The header goes when the application serves, and is another one after a save that has not mended it.
_RELOAD: Final = """\
<script>setInterval(async () => {{
  try {{
    const answer = await fetch(location.href, {{method: "HEAD", cache: "no-store"}});
    if (answer.headers.get("{header}") !== "{failure}") location.reload();
  }} catch {{}}
}}, 400)</script>
</body>"""


class FailureServer:
    """ASGI application that answers every request with the failure of a start.

    `host` is the address that the server listens at. A page of another site that has a name with our address does not
    get to see the source code.
    """

    def __init__(self, error: BaseException, host: str) -> None:
        self._id = new_error_id()
        reload = _RELOAD.format(header=_HEADER, failure=self._id)
        failure = Failure.from_error(error, what="start of the application")
        self._page = failure_page(failure).replace("</body>", reload)
        self._hosts = _LOCAL | {host, f"[{host}]"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _no_lifespan(receive, send)
        elif scope["type"] == "websocket":
            # The client tries again, until the application is there.
            await receive()
            await send({"type": "websocket.close", "code": 1013})
        else:
            await self._response(scope)(scope, receive, send)

    def _response(self, scope: Scope) -> Response:
        named = dict(scope["headers"]).get(b"host", b"").decode("latin-1")
        headers = {_HEADER: self._id, "cache-control": "no-store"}
        if _without_port(named) in self._hosts:
            return HTMLResponse(self._page, 500, headers)
        return PlainTextResponse("The application cannot be started: see the terminal.\n", 500, headers)


def _without_port(host: str) -> str:
    name, _, port = host.rpartition(":")
    return name if name and port.isdecimal() else host


async def _no_lifespan(receive: Receive, send: Send) -> None:
    while (message := await receive())["type"] != "lifespan.shutdown":
        await send({"type": f"{message['type']}.complete"})
    await send({"type": "lifespan.shutdown.complete"})
