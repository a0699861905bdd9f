"""The pings on their own: ``uvicorn examples.webping.app:app``.

``WEBPING_URLS`` names the sites to ask, separated by spaces; without it there are four within this process, so that
the example needs no network.
"""

import os
from collections.abc import Mapping

from examples.page import assets, page
from examples.webping.pings import Pinger
from examples.webping.places import PLACES, places
from examples.webping.webping import webping
from pyview import PyView


def pinger(environ: Mapping[str, str]) -> Pinger:
    urls = environ.get("WEBPING_URLS", "").split()
    return Pinger(urls) if urls else Pinger(PLACES, app=places)


app = PyView()
app.rootTemplate = page("Pings")
app.mount("/assets", assets)
app.add_live_view("/", webping(pinger(os.environ)))
