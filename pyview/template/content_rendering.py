"""Documented import path, kept for users. Names of `pyview.template.live_template`."""

from pyview.template.live_template import ContentRendering

__all__ = ["ContentRendering"]
