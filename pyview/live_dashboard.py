"""Documented import path, kept for users. Names of `pyview.dashboard`."""

from pyview.dashboard.page import live_dashboard
from pyview.dashboard.views import live_views

__all__ = ["live_dashboard", "live_views"]
