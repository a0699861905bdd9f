"""CSRF tokens of pages: a random nonce, and an HMAC of nonce and subject."""

import os
from binascii import Error as Base64Error

from pyview.tokens.mac import Mac, is_any
from pyview.tokens.secrets import Secrets, decode_url_safe, url_safe

_NONCE_BYTES = 14  # with the code 30 bytes, which base64 writes without padding
_CODE_BYTES = 16  # 128 bits cannot be guessed, and every page carries them
_FORMER_BYTES = 32  # of the mask and of the code in tokens of the version before


class CSRFTokens:
    """Mints and checks CSRF tokens with the keys of one application.

    The nonce makes the bytes of a token different on every page, so that the length of a compressed response reveals
    nothing about its code (BREACH attack).
    """

    def __init__(self, keys: Secrets) -> None:
        self._macs = keys.macs("csrf.v2")
        self._former_macs = keys.macs("csrf.v1")

    def mint(self, subject: str) -> str:
        nonce = os.urandom(_NONCE_BYTES)
        return url_safe(nonce + _code(self._macs[0], nonce, subject)).decode()

    def check(self, token: object, subject: str) -> bool:
        """Return True if `token` was minted for `subject`, with any of the keys."""
        raw = _decoded(token)
        if len(raw) == 2 * _FORMER_BYTES:
            return self._check_former(raw, subject)
        nonce, code = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
        # The code of an invalid token is too short, and equals none.
        return is_any(code, [_code(mac, nonce, subject) for mac in self._macs])

    def _check_former(self, raw: bytes, subject: str) -> bool:
        """Check the token of a page that is open during an update of PyView: a mask, and the masked code."""
        code = _xor(raw[:_FORMER_BYTES], raw[_FORMER_BYTES:])
        return is_any(code, (mac.digest(subject.encode()) for mac in self._former_macs))


def _code(mac: Mac, nonce: bytes, subject: str) -> bytes:
    return mac.digest(nonce + subject.encode())[:_CODE_BYTES]


def _decoded(token: object) -> bytes:
    """Return the bytes of `token`, b"" for anything that is not base64."""
    if not isinstance(token, str) or not token.isascii():
        return b""
    try:
        return decode_url_safe(token.encode())
    except Base64Error:
        return b""


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left) ^ int.from_bytes(right)).to_bytes(len(left))
