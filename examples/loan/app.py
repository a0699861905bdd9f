"""Serve the loan alone: ``pyview dev examples.loan.app:app``."""

from examples.loan.loan import LoanLiveView
from examples.page import assets, page
from pyview import PyView

app = PyView()
app.rootTemplate = page("Loan")
app.mount("/assets", assets)
app.add_live_view("/", LoanLiveView)
