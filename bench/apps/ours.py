"""The same pages written with PyView, as a user would write them, and deployed: in production mode."""

from bench.apps.clock import Clock
from bench.apps.components import Components
from bench.apps.counter import Counter
from bench.apps.frozen_table import FrozenTable
from bench.apps.stream import Log
from bench.apps.table import Table
from bench.apps.ticker import Ticker
from pyview import PyView
from pyview.config import SecurityConfig

app = PyView(
    production=True,
    secret="0123456789abcdef0123456789abcdef0123456789abcdef",
    # The generator asks more of one socket than a browser may; frames are counted all the same.
    security=SecurityConfig(allowed_hosts=["127.0.0.1"], rate=1_000_000),
)
app.add_live_view("/counter", Counter)
app.add_live_view("/components", Components)
app.add_live_view("/table", Table)
app.add_live_view("/frozen_table", FrozenTable)
app.add_live_view("/ticker", Ticker)
app.add_live_view("/clock", Clock)
app.add_live_view("/stream/{shown:int}", Log)
