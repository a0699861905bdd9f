"""Documented import path, kept for users. Names of `pyview.background.timers`."""

from pyview.background.timers import Timer

__all__ = ["Timer"]
