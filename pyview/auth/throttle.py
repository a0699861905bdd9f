"""Login throttling: limits failed sign-ins. Needs the extra `[auth]`, for the library `limits`.

```python
throttle = LoginThrottle()

async def login(request):
    form = await request.form()
    attempt = await throttle.attempt(request, form.get("username"))  # raises the answer 429
    user = await authenticate(form.get("username"), form.get("password"))
    if user is None:
        return RedirectResponse("/login?error=1", status_code=303)
    await attempt.succeeded()
    ...
```

An attempt counts before its password is checked, so that a hundred simultaneous attempts do not evade the limit; a
successful one is subtracted again. The throttle does not know which accounts exist, so the answers reveal nothing about
it.
"""

import hashlib
import math
import os
import time
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, cast

from limits import RateLimitItemPerSecond
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from pyview.auth.audit import AuditEvent, audit_of
from pyview.auth.connection import client_address
from pyview.auth.throttle_sqlite import SQLiteCounters
from pyview.stores.from_environment import redis_url, state_path

_IPV6_NETWORK = 64  # bits that the addresses of one subscriber have in common (RFC 6177)
_UNAVAILABLE_RETRY = 10  # seconds
# redis-py works with Valkey too.
_SCHEMES = {"valkey": "redis", "valkeys": "rediss", "unix": "redis+unix"}
_REDIS_OPTIONS: dict[str, Any] = {
    "implementation": "redispy",
    "key_prefix": "pyview:attempts",  # as all names of PyView on a server, for its access rules
    "socket_timeout": 2.0,
    "socket_connect_timeout": 2.0,
}


class TooManyAttempts(HTTPException):
    """Answer 429 with `Retry-After`. `retry_after` is in whole seconds."""

    def __init__(self, retry_after: int) -> None:
        detail = "Too many attempts to sign in. Please wait and try again."
        super().__init__(429, detail, {"retry-after": str(retry_after), "cache-control": "no-store"})
        self.retry_after = retry_after


class ThrottleUnavailable(HTTPException):
    """Answer 503: the counters are unavailable, so no sign-in is possible."""

    def __init__(self) -> None:
        headers = {"retry-after": str(_UNAVAILABLE_RETRY), "cache-control": "no-store"}
        super().__init__(503, "Signing in is not possible at the moment.", headers)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to sign in, counted as a failure until `succeeded` is called."""

    _throttle: "LoginThrottle"
    _keys: "_Keys"

    async def succeeded(self) -> None:
        """Reset the failures of the account, and subtract this attempt from those of the address."""
        await self._throttle.forgive(self._keys)


@dataclass(frozen=True, slots=True)
class _Keys:
    """Keys of the two counters: an account from one address, and the address."""

    account: str
    address: str


class LoginThrottle:
    """Limits failures in `window` seconds: `per_account` for one account from one address, `per_address` for an
    address.

    `storage` has the counters: `memory://` for one process, or the URL of a Redis or Valkey server, such as
    `redis://host:6379/0`, `valkeys://...` or `unix:///path` (extra `[redis]`). By default it is what the workers share:
    `PYVIEW_REDIS_URL`, else `PYVIEW_STATE`, else the memory. A window begins with the first failure. The address is the
    client IP from the server; IPv6 addresses count by their network of 64 bits. The account's name is stored as a
    digest and is case-insensitive.

    Raises `ValueError` for limits that are not positive, `limits.errors.ConfigurationError` for an unknown storage.
    """

    def __init__(
        self,
        storage: str | None = None,
        *,
        per_account: int = 5,
        per_address: int = 50,
        window: int = 15 * 60,
    ) -> None:
        if min(per_account, per_address, window) < 1:
            raise ValueError(
                "LoginThrottle expected positive numbers of failures, and of seconds for `window`"
            )
        self._account = RateLimitItemPerSecond(per_account, window, "pyview:login:account")
        self._address = RateLimitItemPerSecond(per_address, window, "pyview:login:address")
        self._storage = _shared_storage(os.environ) if storage is None else _storage(storage)
        self._limiter = FixedWindowRateLimiter(self._storage)

    async def attempt(self, connection: HTTPConnection, account: Any) -> Attempt:
        """Count an attempt to sign in as `account`, the name from the form.

        Raises `TooManyAttempts`, and `ThrottleUnavailable` if the counters are unavailable. Both are an
        `HTTPException`, which Starlette turns into the response.
        """
        keys = _Keys(_account_key(account, connection), _network(client_address(connection.scope)))
        try:
            wait = await self._count(keys)
        except StorageError as error:
            self._log(connection, f"failed sign-ins cannot be counted ({type(error.storage_error).__name__})")
            raise ThrottleUnavailable from error
        if wait is not None:
            self._log(connection, "too many failed attempts to sign in")
            raise TooManyAttempts(wait)
        return Attempt(self, keys)

    async def close(self) -> None:
        """Close the connections to a server, or the file."""
        if isinstance(self._storage, SQLiteCounters):
            await self._storage.aclose()
        bridge = getattr(self._storage, "bridge", None)
        if bridge is not None:
            await bridge.storage.aclose()

    async def _count(self, keys: _Keys) -> int | None:
        """Count an attempt. Return None, or the seconds to wait if there were too many."""
        if not await self._limiter.hit(self._address, keys.address):
            return await self._wait(self._address, keys.address)
        if await self._limiter.hit(self._account, keys.account):
            return None
        # No password is checked, so the address gets its attempt back: attempts at one blocked account must not block
        # all other users of an office.
        await self._refund(keys.address)
        return await self._wait(self._account, keys.account)

    async def _wait(self, item: RateLimitItemPerSecond, key: str) -> int:
        stats = await self._limiter.get_window_stats(item, key)
        return max(1, math.ceil(stats.reset_time - time.time()))

    async def forgive(self, keys: _Keys) -> None:
        """Undo a counted attempt that was successful, and reset the failures of the account."""
        # A user with the right password gets in, even if the counters are unavailable by now.
        with suppress(StorageError):
            await self._limiter.clear(self._account, keys.account)
            await self._refund(keys.address)

    async def _refund(self, address: str) -> None:
        key = self._address.key_for(address)
        await self._storage.incr(key, self._address.get_expiry(), amount=-1)

    def _log(self, connection: HTTPConnection, reason: str) -> None:
        audit_of(connection.scope).record(
            AuditEvent.RATE_LIMITED, connection.scope, reason, subject="sign-in"
        )


def _shared_storage(environ: Mapping[str, str]) -> Storage:
    """Return the storage that the workers of the application share, the memory if there is none."""
    url, path = redis_url(environ), state_path(environ)
    return SQLiteCounters(path) if path and not url else _storage(url or "memory://")


def _storage(url: str) -> Storage:
    scheme, separator, rest = url.partition("://")
    name = _SCHEMES.get(scheme, scheme)
    options = _REDIS_OPTIONS if name.startswith("redis") else {}
    # Each kind of storage has errors of its own. `wrap_exceptions` turns all of them into StorageError.
    return cast(
        Storage, storage_from_string(f"async+{name}{separator}{rest}", wrap_exceptions=True, **options)
    )


def _account_key(account: Any, connection: HTTPConnection) -> str:
    # A name in another spelling must not have a counter of its own.
    name = unicodedata.normalize("NFKC", account if isinstance(account, str) else "").strip().casefold()
    # With the network: failures from elsewhere must not lock out the user of the account.
    subject = f"{_network(client_address(connection.scope))}\0{name}"
    return hashlib.sha256(subject.encode("utf-8", "surrogatepass")).hexdigest()


def _network(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address  # not an IP: a name from the server, for example for a Unix socket
    if not isinstance(found, IPv6Address):
        return str(found)
    # A socket for both families shows IPv4 clients as `::ffff:192.0.2.1` (RFC 4291, section 2.5.5.2).
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((int(found), _IPV6_NETWORK), strict=False))
