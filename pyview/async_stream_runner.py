"""Documented import path, kept for users. Names of `pyview.background.stream_runner`."""

from pyview.background.stream_runner import AsyncStreamRunner

__all__ = ["AsyncStreamRunner"]
