"""Keys and encryption of kept states: what a page did, for its return to another worker.

The key is a digest of everything that the page must show again: the application (in the derived key), the page, the
load of the page, the element, the number of the join, session and user, and the browser. The encrypted text names its
key, so that the state of one page cannot be offered as that of another.
"""

import hmac
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

from pyview.tokens.encryption import Encryptor
from pyview.tokens.secrets import InvalidToken, Secrets

_DIGEST_BYTES = 24
_LONGEST = 366 * 24 * 3600  # seconds; each state has a time of its own


class KeptPage(NamedTuple):
    """One view of one load of one page, and its owner.

    `joins` is the number of joins of this view in the page so far: a worker that still has an older view of the page
    stores it under another key, and overwrites nothing. `binding` stands for session and user, `browser` for the
    browser's own cookie.
    """

    page_id: str
    load_id: str
    dom_id: str
    joins: int
    binding: str
    browser: str


class KeptTokens:
    """Keys and encryption of the kept states of one application. `clock` returns the Unix time in seconds."""

    def __init__(self, keys: Secrets, clock: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._clock = clock

    @cached_property
    def _key_secrets(self) -> tuple[bytes, ...]:
        return self._keys.keys("kept-key.v1")

    @cached_property
    def _encryptor(self) -> Encryptor:
        return Encryptor(self._keys, "kept.v1", self._clock)

    def key(self, page: KeptPage) -> str:
        """Return the key to store the state of a page under."""
        return _key(self._key_secrets[0], page)

    def keys(self, page: KeptPage) -> list[str]:
        """Return the keys to look for: after a rotation of the secret, the states have those of the older one."""
        return [_key(secret, page) for secret in self._key_secrets]

    def seal(self, key: str, text: str, seconds: float) -> str:
        """Return the encrypted state, which `unseal` reads with the same key, for `seconds`."""
        return self._encryptor.encrypt(f"{key}.{(self._clock() + seconds) * 1000:.0f}.{text}")

    def unseal(self, key: str, sealed: str) -> str:
        """Return the text of `seal`. Raises `InvalidToken` for another key, and when its time is over."""
        sealed_key, until, text = self._encryptor.decrypt(sealed, _LONGEST).split(".", 2)
        if not hmac.compare_digest(sealed_key, key):
            raise InvalidToken("page")
        if self._clock() * 1000 > int(until):
            raise InvalidToken("expired")
        return text


def _key(secret: bytes, page: KeptPage) -> str:
    # Each part with its length: no two pages are written alike, whatever text the browser sent as a part.
    parts = "".join(f"{len(part)}:{part}" for part in map(str, page))
    digest = hmac.digest(secret, parts.encode("utf-8", "surrogatepass"), "sha256")
    return urlsafe_b64encode(digest[:_DIGEST_BYTES]).decode()
