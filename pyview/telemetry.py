"""Documented import path, kept for users. Names of `pyview.observability.telemetry`."""

from pyview.observability.telemetry import Telemetry

__all__ = ["Telemetry"]
