"""Encrypted tokens that the browser carries but can neither read nor change.

The format is Fernet, from the library `cryptography`: AES-128-CBC, HMAC-SHA256 and the time of encryption. Every
purpose has keys of its own (`Secrets.keys`), and `MultiFernet` decrypts with those of older secrets as well.
"""

import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable

from cryptography import fernet

from pyview.tokens.secrets import InvalidToken, Secrets


class Encryptor:
    """Encrypts text for one purpose. `clock` returns the Unix time in seconds; only `decrypt` calls it."""

    def __init__(self, keys: Secrets, purpose: str, clock: Callable[[], float] = time.time) -> None:
        # Fernet takes 32 bytes: 16 for the signature and 16 for the encryption.
        self._fernet = fernet.MultiFernet(
            [fernet.Fernet(urlsafe_b64encode(key)) for key in keys.keys(purpose)]
        )
        self._clock = clock

    def encrypt(self, text: str) -> str:
        """Return a URL-safe token that only `decrypt` with the same purpose and secret can read."""
        return self.encrypt_bytes(text.encode())

    def encrypt_bytes(self, data: bytes) -> str:
        """Return a URL-safe token that only `decrypt_bytes` with the same purpose and secret can read."""
        return self._fernet.encrypt(data).decode()

    def decrypt(self, token: object, max_age: int) -> str:
        """Return the text of a token at most `max_age` seconds old. Raises `InvalidToken`.

        A token from the future passes within 60 seconds: the clocks of two servers differ.
        """
        return self.decrypt_bytes(token, max_age).decode()

    def decrypt_bytes(self, token: object, max_age: int) -> bytes:
        """Return the bytes of a token at most `max_age` seconds old, as `decrypt` does for text."""
        if not isinstance(token, str) or not token.isascii():
            raise InvalidToken("missing")
        try:
            # Decoders of base64 skip foreign characters and ignore the last bits. Without this check, one token could
            # be written in several ways.
            if urlsafe_b64encode(urlsafe_b64decode(token)).decode() != token:
                raise InvalidToken("signature")
            return self._fernet.decrypt_at_time(token, max_age, int(self._clock()))
        except (ValueError, fernet.InvalidToken):
            raise InvalidToken(self._reason(token)) from None

    def _reason(self, token: str) -> str:
        """Return "expired" for a token whose signature is valid. The library has one error for both."""
        try:
            self._fernet.decrypt(token)
        except fernet.InvalidToken:
            return "signature"
        return "expired"
