"""Serve the components alone: ``pyview dev examples.core_components.app:app``."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from examples.core_components.components import ComponentsLiveView
from examples.page import assets, page
from pyview import PyView


async def posted(request: Request) -> Response:
    """Handle the links with a method, and redirect back to the page."""
    form = await request.form()
    return RedirectResponse(f"./?method={form.get('_method', request.method.lower())}", status_code=303)


app = PyView(routes=[Route("/posted", posted, methods=["POST"])])
app.rootTemplate = page("Core components")
app.mount("/assets", assets)
app.add_live_view("/", ComponentsLiveView)
