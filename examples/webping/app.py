"""Serve the pings alone: ``pyview dev examples.webping.app:app``.

``WEBPING_URLS`` lists the sites to ping, separated by spaces. Without it, the example pings four sites inside this
process, so that it needs no network.
"""

import os
from collections.abc import Mapping

from examples.page import assets, page
from examples.webping.demo_sites import DEMO_URLS, demo_sites
from examples.webping.pings import Pinger
from examples.webping.webping import webping
from pyview import PyView


def pinger(environ: Mapping[str, str]) -> Pinger:
    urls = environ.get("WEBPING_URLS", "").split()
    return Pinger(urls) if urls else Pinger(DEMO_URLS, app=demo_sites)


app = PyView()
app.rootTemplate = page("Pings")
app.mount("/assets", assets)
app.add_live_view("/", webping(pinger(os.environ)))
