"""Calls between the workers of one application."""

from pyview.workers.workers import CallFailed, WorkerGone, Workers

__all__ = ["CallFailed", "WorkerGone", "Workers"]
