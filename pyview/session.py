"""Documented import path, kept for users. Names of `pyview.sessions.session`."""

from pyview.sessions.session import SESSION_ID, SIGNED_IN_AT, ReadOnlySession, session_key, signed_in_at

__all__ = ["SESSION_ID", "SIGNED_IN_AT", "ReadOnlySession", "session_key", "signed_in_at"]
