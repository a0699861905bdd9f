"""A page that needs an API key, for browsers and for programs: ``pyview dev examples.auth_api_key.app:app``."""

import os

from examples.auth_api_key.keys import APIKeyAuthProvider
from examples.auth_api_key.status import StatusLiveView
from examples.page import assets, page
from pyview import PyView
from pyview.auth import AuthProviderFactory

API_KEY = os.environ.get("EXAMPLE_API_KEY", "demo-key")

app = PyView()
app.rootTemplate = page("Status")
app.mount("/assets", assets)
AuthProviderFactory.set(StatusLiveView, APIKeyAuthProvider(API_KEY))
app.add_live_view("/", StatusLiveView)
