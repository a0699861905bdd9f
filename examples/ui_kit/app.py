"""Serve the UI kit alone: ``pyview dev examples.ui_kit.app:app``."""

from examples.page import assets, page
from examples.ui_kit.demo import demos
from examples.ui_kit.office import OfficeLiveView
from examples.ui_kit.start import StartLiveView
from pyview import PyView, defaultRootTemplate


def create_app() -> PyView:
    app = PyView()
    app.rootTemplate = page("UI kit")
    app.mount("/assets", assets)
    app.add_live_view("/", StartLiveView)
    for name, view in demos().items():
        app.add_live_view(f"/{name}", view)
    # The shell of an application is the whole page, so there is no bar of the gallery around it.
    office = app.live_session("office", root_template=defaultRootTemplate(title="Office"))
    office.add_live_view("/office/{section}", OfficeLiveView)
    return app


app = create_app()
