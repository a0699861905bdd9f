"""Documented import path, kept for users. Names of `pyview.sessions.session` and `pyview.sessions.tracking`."""

from pyview.sessions.session import ReadOnlySession
from pyview.sessions.tracking import SESSION_ID, SIGNED_IN_AT, session_key, signed_in_at

__all__ = ["SESSION_ID", "SIGNED_IN_AT", "ReadOnlySession", "session_key", "signed_in_at"]
