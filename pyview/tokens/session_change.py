"""Tokens for one change of the session, from a view to the browser's cookie and back to the socket.

```text
view      -> page    change token  the change, for this page, this session and this browser
page      -> HTTP    change token  applied once; the response sets the cookie
HTTP      -> page    receipt       proof that the change was applied
page      -> HTTP    receipt       sent with the new cookie
HTTP      -> page    cookie token  the new cookie, which no script can read
page      -> socket  cookie token  the socket that minted the change token continues with the new cookie
```

All of them are encrypted, because the session's content and its `HttpOnly` cookie must stay hidden from scripts.
"""

import hmac
import json
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import NamedTuple

from pyview.config import SecurityConfig
from pyview.sessions.change import SessionChange
from pyview.tokens.encryption import Encryptor
from pyview.tokens.secrets import InvalidToken, Secrets


class ChangeToken(NamedTuple):
    """A change that may be applied once. `id` identifies it and is not secret."""

    id: str
    change: SessionChange


class CookieToken(NamedTuple):
    """The `Cookie` header of a browser after the change with this `id`."""

    id: str
    cookie: str


class SessionBinding(NamedTuple):
    """Owner of a change: the page's id, the binding of session and user, and the browser's cookie or ""."""

    page_id: str
    binding: str
    browser: str

    @property
    def known(self) -> bool:
        """True if the session, the user or the browser is known. The page's id alone is no secret."""
        return bool(self.binding or self.browser)


class SessionTokens:
    """Mints and reads the tokens of session changes. `clock` returns the Unix time in seconds, for reading."""

    def __init__(self, keys: Secrets, config: SecurityConfig, clock: Callable[[], float] = time.time) -> None:
        self.max_age = config.session_change_max_age
        self._changes = Encryptor(keys, "session.change.v2", clock)
        self._receipts = Encryptor(keys, "session.receipt.v2", clock)
        self._cookies = Encryptor(keys, "session.cookie.v2", clock)
        self._binding_keys = keys.keys("session.binding.v2")

    def mint_change_token(self, change: SessionChange, owner: SessionBinding) -> tuple[str, str]:
        """Return the id of a new change and its token. Raises `ValueError` if `owner` is unknown."""
        if not owner.known:
            raise ValueError("a change of the session must be bound to a session or a browser, got neither")
        change_id = secrets.token_urlsafe(16)
        mac = _binding_mac(self._binding_keys[0], change_id, owner)
        return change_id, self._changes.encrypt(json.dumps([change_id, mac, change.to_json()]))

    def read_change_token(self, token: object, owner: SessionBinding) -> ChangeToken:
        """Raises `InvalidToken` unless it was minted for `owner`, at most `max_age` seconds ago."""
        change_id, mac, change = json.loads(self._changes.decrypt(token, self.max_age))
        expected = [_binding_mac(key, change_id, owner) for key in self._binding_keys]
        # No token is minted for an unknown owner, but this check does not rely on it.
        if not owner.known or not any(hmac.compare_digest(mac, candidate) for candidate in expected):
            raise InvalidToken("binding")
        return ChangeToken(change_id, SessionChange.from_json(change))

    def mint_receipt(self, change_id: str) -> str:
        return self._receipts.encrypt(change_id)

    def read_receipt(self, token: object) -> str:
        """Return the id of the change. Raises `InvalidToken`."""
        return self._receipts.decrypt(token, self.max_age)

    def mint_cookie_token(self, change_id: str, cookie: str) -> str:
        return self._cookies.encrypt(json.dumps([change_id, cookie]))

    def read_cookie_token(self, token: object) -> CookieToken:
        """Raises `InvalidToken`."""
        return CookieToken(*json.loads(self._cookies.decrypt(token, self.max_age)))


def _binding_mac(key: bytes, change_id: str, owner: SessionBinding) -> str:
    subject = "\0".join((change_id, *owner)).encode("utf-8", "surrogatepass")
    return urlsafe_b64encode(hmac.digest(key, subject, "sha256")[:16]).decode()
