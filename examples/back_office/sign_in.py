"""Accounts, roles and the sign-in page.

The password is public, as this is a demo. `examples/auth_db` has hashes, and limits failed attempts.
"""

import hmac
from typing import Any
from urllib.parse import ParseResult, urljoin

from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.requests import HTTPConnection

from examples.back_office.data import new_session, note
from pyview import LiveView, LiveViewSocket
from pyview.auth import safe_next
from pyview.events import event

PASSWORD = "tea time"
ROLES: dict[str, tuple[str, ...]] = {"ada": ("orders", "import", "audit"), "grace": ("orders",), "alan": ()}
"""Rights of each user, besides those to look at orders and reports."""


class Accounts(AuthenticationBackend):
    """Finds the user of a session. It is asked again while a page is open, so a lost role counts at once."""

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, SimpleUser] | None:
        name = conn.session.get("user")
        return (AuthCredentials(["authenticated", *ROLES[name]]), SimpleUser(name)) if name in ROLES else None


class SignInLiveView(LiveView[dict[str, Any]]):
    async def handle_params(self, socket: LiveViewSocket[Any], url: ParseResult, next: str = "") -> None:
        target = safe_next(next, default=urljoin(url.path, "./"))
        if socket.user.is_authenticated:
            await socket.redirect(target)
        socket.live_title = "Sign in"
        socket.context = {"next": target, "name": "", "error": "", "users": tuple(ROLES), "demo": PASSWORD}

    @event
    async def sign_in(self, socket: LiveViewSocket[Any], name: str = "", password: str = "") -> None:
        if name not in ROLES or not hmac.compare_digest(password.encode(), PASSWORD.encode()):
            socket.context.update(name=name, error="There is no such user, or the password is wrong.")
            return
        async with new_session.begin() as session:
            note(session, name, "signed in", "")
        await socket.redirect(socket.context["next"], session={"user": name})
