"""The route of the inspector, in a live session of its own."""

from collections.abc import Awaitable
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pyview.inspector.page import inspector_view
from pyview.recording.recorder import Recorder
from pyview.routing.live_session import LiveSession
from pyview.routing.routes import LiveRoute
from pyview.template.container import container_of
from pyview.template.root_template import defaultRootTemplate
from pyview.tokens.page import Tokens
from pyview.transport.http import LivePage, PageEndpoint

PATH: Final = "/live/inspector"

INSPECTOR_SESSION: Final = LiveSession(
    "pyview-inspector",
    root_template=defaultRootTemplate(title="Inspector", style=False),
    layout=False,
    container=container_of("main", "the inspector"),
)

# Not that of the application: the page has to be shown in a frame of its own site, whatever the application forbids.
_POLICY: Final = (
    "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'self'"
)


class InspectorEndpoint(PageEndpoint):
    """ASGI application of the inspector's page: other sites cannot show it, and no cache keeps it."""

    def respond(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[Response]:
        return self._with_headers(super().respond(scope, receive, send))

    async def _with_headers(self, page: Awaitable[Response]) -> Response:
        response = await page
        response.headers["content-security-policy"] = _POLICY
        response.headers["cache-control"] = "no-store"
        return response


def inspector_route(pages: LivePage, recorder: Recorder, tokens: Tokens) -> LiveRoute:
    """Return the route of the inspector of an application. Its own messages are not recorded."""
    view = inspector_view(recorder, tokens)
    recorder.unrecorded.add(view)
    endpoint = InspectorEndpoint(pages)
    route = endpoint.route = LiveRoute(PATH, view, endpoint, "pyview_inspector", INSPECTOR_SESSION)
    return route
