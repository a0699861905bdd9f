"""Tokens that travel through a browser which can neither read nor change them.

What is sealed is concealed first and signed then, each with a key of its own (encrypt-then-MAC): XOR with SHAKE-256 of
a secret key and of a nonce that never comes again is a stream cipher, and nothing is uncovered whose signature does
not hold.
"""

import hashlib
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable

from pyview.tokens.secrets import InvalidToken, Secrets

_NONCE_BYTES = 24


class Encryptor:
    """Seals text for one purpose. `clock`: Unix time in seconds, when opening."""

    def __init__(self, keys: Secrets, purpose: str, clock: Callable[[], float] = time.time) -> None:
        self._signer = keys.signer(purpose, clock)
        concealing = keys.keys(f"{purpose}.conceal")
        self._keys = {_name(key): key for key in reversed(concealing)}
        self._current = concealing[0]

    def seal(self, text: str) -> str:
        """A URL-safe token that only `open` of the same purpose and secret understands."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        concealed = nonce + _xor(text.encode(), self._current, nonce)
        return self._signer.sign([_name(self._current), urlsafe_b64encode(concealed).decode()])

    def open(self, token: object, max_age: float) -> str:
        """The text of a token at most `max_age` seconds old. Raises `InvalidToken`."""
        name, encoded = self._signer.read(token, max_age)
        concealed = urlsafe_b64decode(encoded)
        key = self._keys.get(name)
        if key is None:
            raise InvalidToken("signature")
        return _xor(concealed[_NONCE_BYTES:], key, concealed[:_NONCE_BYTES]).decode()


def _name(key: bytes) -> str:
    """Which of several keys it is; says nothing about it."""
    return hashlib.sha256(b"name" + key).hexdigest()[:8]


def _xor(data: bytes, key: bytes, nonce: bytes) -> bytes:
    stream = hashlib.shake_256(key + nonce).digest(len(data))
    return bytes(a ^ b for a, b in zip(data, stream, strict=True))
