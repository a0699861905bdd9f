"""The tokens of one change of the session, on its way from a view to the browser's cookie and back to the socket.

```text
view      -> page    order    the change, for this page, this session and this browser
page      -> HTTP    order    applied once; the response sets the cookie
HTTP      -> page    receipt  that it was
page      -> HTTP    receipt  with the new cookie
HTTP      -> page    pass     the new cookie, which no script can read
page      -> socket  pass     the socket that gave the order goes on with it
```

All are sealed, so that a session's content and its cookie stay what they are: the server's, and HttpOnly.
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
    """A change that may be made once. `id` stands for it; it is no secret."""

    id: str
    change: SessionChange


class CookieToken(NamedTuple):
    """The `Cookie` header of a browser after the order `id`."""

    id: str
    cookie: str


class SessionBinding(NamedTuple):
    """Whose order it is: the id of the page, the binding of session and user, and the browser, "" where none."""

    page_id: str
    binding: str
    browser: str

    @property
    def known(self) -> bool:
        """Whether anything but the page tells this browser from others."""
        return bool(self.binding or self.browser)


class SessionTokens:
    """Mints and reads them. `clock`: Unix time in seconds, when reading."""

    def __init__(self, keys: Secrets, config: SecurityConfig, clock: Callable[[], float] = time.time) -> None:
        self.max_age = config.session_change_max_age
        self._orders = Encryptor(keys, "session.order.v1", clock)
        self._receipts = Encryptor(keys, "session.receipt.v1", clock)
        self._passes = Encryptor(keys, "session.pass.v1", clock)
        self._keys = keys.keys("session.holder.v1")

    def mint_order(self, change: SessionChange, holder: SessionBinding) -> tuple[str, str]:
        """An id and its token. Raises `ValueError` for a holder of whom nothing is known."""
        if not holder.known:
            raise ValueError("an order needs a session or a browser to be bound to")
        order_id = secrets.token_urlsafe(16)
        seal = _seal(self._keys[0], order_id, holder)
        return order_id, self._orders.seal(json.dumps([order_id, seal, change.to_json()]))

    def read_order(self, token: object, holder: SessionBinding) -> ChangeToken:
        """Raises `InvalidToken` unless it was minted for `holder`, at most `max_age` seconds ago."""
        order_id, seal, change = json.loads(self._orders.open(token, self.max_age))
        seals = [_seal(key, order_id, holder) for key in self._keys]
        if not holder.known or not any(hmac.compare_digest(seal, own) for own in seals):
            raise InvalidToken("holder")
        return ChangeToken(order_id, SessionChange.from_json(change))

    def mint_receipt(self, order_id: str) -> str:
        return self._receipts.seal(order_id)

    def read_receipt(self, token: object) -> str:
        """The id of the order. Raises `InvalidToken`."""
        return self._receipts.open(token, self.max_age)

    def mint_pass(self, order_id: str, cookie: str) -> str:
        return self._passes.seal(json.dumps([order_id, cookie]))

    def read_pass(self, token: object) -> CookieToken:
        """Raises `InvalidToken`."""
        return CookieToken(*json.loads(self._passes.open(token, self.max_age)))


def _seal(key: bytes, order_id: str, holder: SessionBinding) -> str:
    subject = "\0".join((order_id, *holder)).encode("utf-8", "surrogatepass")
    return urlsafe_b64encode(hmac.digest(key, subject, "sha256")[:16]).decode()
