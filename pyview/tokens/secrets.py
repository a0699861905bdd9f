"""The application's secret: reading it, checking its strength, deriving keys and signers from it.

Every purpose of every application has a key of its own: HMAC-SHA256 of purpose and application name under the secret.
A token that was signed for one purpose is therefore invalid for every other one. Fallback secrets verify what was
signed before a rotation and sign nothing.
"""

import hmac
import os
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import Any

import orjson
from itsdangerous import BadData, TimestampSigner
from itsdangerous.encoding import base64_decode, base64_encode
from itsdangerous.signer import SigningAlgorithm

from pyview.environment.development import shared_secret

MINIMUM_BYTES = 32
MINIMUM_DISTINCT_BYTES = 8
CLOCK_SKEW = 60.0  # seconds by which the clocks of two servers of one application may differ
GENERATE = "openssl rand -base64 32"

DOCUMENTED_VALUES = frozenset(
    {"...", "change-me-in-production", "your-secret-key", "your-secret-key-here", "changeme", "secret"}
)


class SecretError(RuntimeError):
    """The secret cannot be read."""


class InvalidToken(Exception):
    """The token is invalid or has expired. `reason` is one word for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def check_secret(value: str | bytes) -> str | None:
    """Return the problem of a weak secret, such as "has 3 bytes, ...", or None."""
    raw = value.encode() if isinstance(value, str) else value
    if not raw.strip():
        return "is not set"
    if raw.decode("utf-8", "replace").strip() in DOCUMENTED_VALUES:
        return "is a value printed in documentation"
    if len(raw) < MINIMUM_BYTES:
        return f"has {len(raw)} bytes, fewer than {MINIMUM_BYTES}, and can be guessed"
    if len(set(raw)) < MINIMUM_DISTINCT_BYTES:
        return "repeats a few characters and can be guessed"
    return None


def get_secret() -> str:
    """Return the secret of `PYVIEW_SECRET` or `PYVIEW_SECRET_FILE`, otherwise a new random one at every call. In
    development, the workers of one server get the same one.

    Raises `SecretError` if the file is unreadable or empty.
    """
    found = _from_environment(os.environ)[0] or shared_secret(os.environ)
    return found or secrets.token_urlsafe(MINIMUM_BYTES)


class Secrets:
    """The secret that signs, and the fallbacks that still verify.

    `generated` is True if no secret was configured: then every start has a random one, that of `shared` if it is given,
    which the workers of one server have in common. `source` names the origin of the secret in the texts of `problems`.
    Applications with the same secret have different keys if their names differ (`for_application`).
    """

    __slots__ = ("_application", "_secrets", "_source", "generated", "shared")

    def __init__(
        self,
        secret: str | bytes | None = None,
        fallbacks: Iterable[str | bytes] = (),
        *,
        source: str = "PyView(secret=...)",
        shared: str = "",
    ) -> None:
        self.generated = not secret
        self.shared = self.generated and bool(shared)
        self._application = b""
        self._source = source
        current = _as_bytes(secret or shared or secrets.token_bytes(MINIMUM_BYTES))
        self._secrets = (current, *(_as_bytes(fallback) for fallback in fallbacks))

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str] = os.environ, secret: str | bytes | None = None
    ) -> "Secrets":
        """Read `PYVIEW_SECRET` or `PYVIEW_SECRET_FILE`, and `PYVIEW_SECRET_FALLBACKS=old,older`.

        A `secret` from the application's code takes precedence; the fallbacks apply to it too. An empty value counts as
        unset. Raises `SecretError` if the file is unreadable or empty.
        """
        fallbacks = (value.strip() for value in environ.get("PYVIEW_SECRET_FALLBACKS", "").split(","))
        found = (secret, "PyView(secret=...)") if secret else _from_environment(environ)
        shared = "" if found[0] else shared_secret(environ)
        return cls(found[0], filter(None, fallbacks), source=found[1], shared=shared)

    def __repr__(self) -> str:
        return f"<Secrets: {len(self._secrets)}, generated={self.generated}>"

    def keys(self, purpose: str) -> tuple[bytes, ...]:
        """Return 32-byte keys for `purpose`: first the one that signs, then those that only verify."""
        name = b"pyview." + purpose.encode() + self._application
        return tuple(hmac.digest(secret, name, "sha256") for secret in self._secrets)

    def for_application(self, name: str) -> "Secrets":
        """Return the same secrets with keys of their own for the application `name`."""
        renamed = copy(self)
        # A purpose has no NUL byte, so that no purpose and name together are the purpose of another application.
        renamed._application = b"\0" + name.encode()
        return renamed

    def holds(self, value: str | bytes) -> bool:
        """Return True if `value` is the secret or one of the fallbacks."""
        given = _as_bytes(value).strip()
        return any(hmac.compare_digest(secret.strip(), given) for secret in self._secrets)

    def signer(self, purpose: str, clock: Callable[[], float] = time.time) -> "Signer":
        """Return the signer for `purpose`. `clock` returns the Unix time in seconds, for reading."""
        return Signer(self.keys(purpose), clock)

    def problems(self) -> list[str]:
        """Return one sentence for each weak secret."""
        if self.generated:
            return ["PYVIEW_SECRET is not set"]
        names = [self._source] + ["a secret of PYVIEW_SECRET_FALLBACKS"] * (len(self._secrets) - 1)
        checked = zip(names, map(check_secret, self._secrets), strict=True)
        return [f"{name} {problem}" for name, problem in checked if problem]


class Signer:
    """Signs JSON data with a timestamp, and verifies it."""

    __slots__ = ("_clock", "_signer")

    def __init__(self, keys: Sequence[bytes], clock: Callable[[], float] = time.time) -> None:
        """The first of `keys` signs; all of them verify."""
        self._clock = clock
        oldest_first = list(reversed(keys))  # itsdangerous signs with the last one
        # The keys are derived already, one for each purpose.
        self._signer = TimestampSigner(oldest_first, key_derivation="none", algorithm=_HMACSHA256())

    def sign(self, data: Any) -> str:
        """Return a URL-safe token of `data`. Raises `TypeError` if `data` is not JSON-serialisable."""
        return self._signer.sign(base64_encode(orjson.dumps(data))).decode()

    def read(self, token: object, max_age: float) -> Any:
        """Return the data of a token at most `max_age` seconds old. Raises `InvalidToken`.

        A token from the future passes within `CLOCK_SKEW`: the clocks of two servers differ.
        """
        if not isinstance(token, str) or not token.isascii():
            raise InvalidToken("missing")
        # Otherwise one signature could be written in several ways.
        if not _is_canonical(token.rpartition(".")[2]):
            raise InvalidToken("signature")
        try:
            payload, signed_at = self._signer.unsign(token, return_timestamp=True)
        except BadData:
            raise InvalidToken("signature") from None
        if not -CLOCK_SKEW <= self._clock() - signed_at.timestamp() <= max_age:
            raise InvalidToken("expired")
        # Only `sign` makes valid signatures, so the payload needs no further check.
        return orjson.loads(base64_decode(payload))


def _is_canonical(text: str) -> bool:
    """Return True if base64 `text` is written as the encoder writes it: decoders accept several spellings."""
    try:
        return base64_encode(base64_decode(text)).decode() == text
    except BadData:
        return False


class _HMACSHA256(SigningAlgorithm):
    """HMAC-SHA256 in one call of OpenSSL, three times as fast as the algorithm of itsdangerous."""

    def get_signature(self, key: bytes, value: bytes) -> bytes:
        return hmac.digest(key, value, "sha256")


def _from_environment(environ: Mapping[str, str]) -> tuple[str, str]:
    """Return the secret, "" without one, and the name of the variable it came from."""
    secret, name = environ.get("PYVIEW_SECRET", "").strip(), environ.get("PYVIEW_SECRET_FILE", "")
    if secret or not name:
        return secret, "PYVIEW_SECRET"
    return _read(name), f"PYVIEW_SECRET_FILE={name!r}"


def _read(name: str) -> str:
    try:
        secret = Path(name).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(name, f"is unreadable: {error}") from error
    if not secret:
        raise _unreadable(name, "is empty")
    return secret


def _unreadable(name: str, why: str) -> SecretError:
    return SecretError(
        f"PYVIEW_SECRET_FILE={name!r} {why}. "
        f"It must name a text file that holds the secret; make one with: {GENERATE} > {name}"
    )


def _as_bytes(secret: str | bytes) -> bytes:
    return secret.encode() if isinstance(secret, str) else secret
