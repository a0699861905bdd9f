"""Serve the registration alone: ``pyview dev examples.form_validation.app:app``."""

from examples.form_validation.registration import RegistrationLiveView
from examples.page import assets, page
from pyview import PyView

app = PyView()
app.rootTemplate = page("Open an account")
app.mount("/assets", assets)
app.add_live_view("/", RegistrationLiveView)
