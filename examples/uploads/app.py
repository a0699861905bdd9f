"""Serve the uploads alone: ``pyview dev examples.uploads.app:app``."""

from starlette.routing import Route

from examples.page import assets, page
from examples.uploads.pictures import shelf
from examples.uploads.uploads import UploadsLiveView
from pyview import PyView

app = PyView()
app.rootTemplate = page("Uploads")
app.mount("/assets", assets)
app.routes.append(Route("/pictures/{id}", shelf.show))
app.add_live_view("/", UploadsLiveView)
