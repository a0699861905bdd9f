"""Authentication and authorization: requirements on views, providers, sign-in and sign-out."""

from pyview.auth.connection import LiveConnection
from pyview.auth.identity import Identity
from pyview.auth.provider import (
    AllowAllAuthProvider,
    Allowed,
    AuthProvider,
    AuthProviderFactory,
    Denied,
    Verdict,
)
from pyview.auth.redirects import safe_next
from pyview.auth.requires import public, requires
from pyview.auth.sign_in import end_sessions, login, logout, logout_everywhere

__all__ = [
    "AllowAllAuthProvider",
    "Allowed",
    "AuthProvider",
    "AuthProviderFactory",
    "Denied",
    "Identity",
    "LiveConnection",
    "Verdict",
    "end_sessions",
    "login",
    "logout",
    "logout_everywhere",
    "public",
    "requires",
    "safe_next",
]
