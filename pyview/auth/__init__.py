"""Who may see what: requirements on views, and the providers behind them."""

from pyview.auth.connection import LiveConnection
from pyview.auth.identity import Identity
from pyview.auth.provider import AllowAllAuthProvider, AuthProvider, AuthProviderFactory
from pyview.auth.public import public
from pyview.auth.redirects import safe_next
from pyview.auth.requires import requires
from pyview.auth.sign_in import end_sessions, login, logout, logout_everywhere
from pyview.auth.verdict import Allowed, Denied, Verdict

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
