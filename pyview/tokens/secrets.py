"""The application's secret: reading it, checking its strength, deriving keys and signers from it.

Every purpose of every application has a key of its own: HMAC-SHA256 of purpose and application name under the secret.
A token that was signed for one purpose is therefore invalid for every other one. Fallback secrets verify what was
signed before a rotation and sign nothing.
"""

import hmac
import os
import secrets
import time
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import Any

import orjson

from pyview.environment.development import shared_secret
from pyview.tokens.mac import Mac, is_any

MINIMUM_BYTES = 32
MINIMUM_DISTINCT_BYTES = 8
CLOCK_SKEW = 60.0  # seconds by which the clocks of two servers of one application may differ
_TO_URL_SAFE = bytes.maketrans(b"+/", b"-_")  # RFC 4648, 5
_FROM_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_TIME_BYTES = 4  # until the year 2106
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

    def macs(self, purpose: str) -> tuple[Mac, ...]:
        """Return the codes of the keys for `purpose`, in the same order."""
        return tuple(map(Mac, self.keys(purpose)))

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
        return Signer(self.macs(purpose), clock)

    def problems(self) -> list[str]:
        """Return one sentence for each weak secret."""
        if self.generated:
            return ["PYVIEW_SECRET is not set"]
        names = [self._source] + ["a secret of PYVIEW_SECRET_FALLBACKS"] * (len(self._secrets) - 1)
        checked = zip(names, map(check_secret, self._secrets), strict=True)
        return [f"{name} {problem}" for name, problem in checked if problem]


class Signer:
    """Signs JSON data with a timestamp, and verifies it.

    A token is the data, the Unix time and the signature of both, each in base64 without padding, with dots between
    them.
    """

    __slots__ = ("_clock", "_macs")

    def __init__(self, macs: Sequence[Mac], clock: Callable[[], float] = time.time) -> None:
        """The first of `macs` signs; all of them verify."""
        self._clock = clock
        self._macs = macs

    def sign(self, data: Any) -> str:
        """Return a URL-safe token of `data`. Raises `TypeError` if `data` is not JSON-serialisable."""
        signed = b".".join((url_safe(orjson.dumps(data)), url_safe(int(time.time()).to_bytes(_TIME_BYTES))))
        return b".".join((signed, _signature(self._macs[0], signed))).decode()

    def read(self, token: object, max_age: float) -> Any:
        """Return the data of a token at most `max_age` seconds old. Raises `InvalidToken`.

        A token from the future passes within `CLOCK_SKEW`: the clocks of two servers differ.
        """
        if not isinstance(token, str) or not token.isascii():
            raise InvalidToken("missing")
        signed, _, signature = token.encode().rpartition(b".")
        # The text is compared and not its bytes, which base64 can write in several ways.
        if not is_any(signature, [_signature(mac, signed) for mac in self._macs]):
            raise InvalidToken("signature")
        # Only `sign` makes valid signatures, so what is signed needs no further check.
        payload, _, signed_at = signed.rpartition(b".")
        if not -CLOCK_SKEW <= self._clock() - int.from_bytes(decode_url_safe(signed_at)) <= max_age:
            raise InvalidToken("expired")
        return orjson.loads(decode_url_safe(payload))


def _signature(mac: Mac, signed: bytes) -> bytes:
    return url_safe(mac.digest(signed))


def url_safe(data: bytes) -> bytes:
    """Return `data` in the base64 of URLs, without padding."""
    # In one pass: `urlsafe_b64encode` calls two functions more, five times for each page.
    return b2a_base64(data, newline=False).translate(_TO_URL_SAFE, b"=")


def decode_url_safe(text: bytes) -> bytes:
    """Return the bytes of URL-safe base64, with or without padding. Raises `binascii.Error`."""
    # Not the functions of `base64`: each calls two more. More padding than needed is ignored.
    return a2b_base64(text.translate(_FROM_URL_SAFE) + b"==")


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
