"""The same pages written with PyView, as a user would write them."""

from bench.apps.clock import Clock
from bench.apps.counter import Counter
from bench.apps.frozen_table import FrozenTable
from bench.apps.table import Table
from bench.apps.ticker import Ticker
from pyview import PyView

app = PyView()
app.add_live_view("/counter", Counter)
app.add_live_view("/table", Table)
app.add_live_view("/frozen_table", FrozenTable)
app.add_live_view("/ticker", Ticker)
app.add_live_view("/clock", Clock)
