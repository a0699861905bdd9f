"""The pages with PyView, as a user would write them, in production mode."""

from bench.apps.clock import Clock
from bench.apps.components import Components
from bench.apps.counter import Counter
from bench.apps.frozen_table import FrozenTable
from bench.apps.report import Report
from bench.apps.stream import Log
from bench.apps.table import Table
from bench.apps.ticker import Ticker
from pyview import PyView
from pyview.config import SecurityConfig

app = PyView(
    production=True,
    secret="0123456789abcdef0123456789abcdef0123456789abcdef",
    # The generator sends more on one socket than a browser may. The rate limiter still counts the frames.
    security=SecurityConfig(allowed_hosts=["127.0.0.1"], rate=1_000_000),
)
app.add_live_view("/counter", Counter)
app.add_live_view("/components", Components)
app.add_live_view("/table", Table)
app.add_live_view("/frozen_table", FrozenTable)
app.add_live_view("/report", Report)
app.add_live_view("/ticker", Ticker)
app.add_live_view("/clock", Clock)
app.add_live_view("/stream/{shown:int}", Log)
