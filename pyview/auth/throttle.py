"""Slows down who guesses passwords. Needs the extra `[auth]`, for the library `limits`.

```python
throttle = LoginThrottle()

async def login(request):
    form = await request.form()
    attempt = await throttle.attempt(request, form.get("username"))  # answers 429 by itself
    user = await authenticate(form.get("username"), form.get("password"))
    if user is None:
        return RedirectResponse("/login?error=1", status_code=303)
    await attempt.succeeded()
    ...
```

An attempt counts before its password is looked at, so that a hundred at once are no way around; one that succeeds
counts no more. Nothing here knows which accounts exist, so unknown ones are answered alike.
"""

import hashlib
import math
import time
import unicodedata
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

_IPV6_NETWORK = 64  # bits that one subscriber's addresses have in common (RFC 6177)
_UNREACHABLE_RETRY = 10
# redis-py speaks to Valkey too, so that one client serves both.
_SCHEMES = {"valkey": "redis", "valkeys": "rediss", "unix": "redis+unix"}
_REDIS_OPTIONS: dict[str, Any] = {
    "implementation": "redispy",
    "socket_timeout": 2.0,
    "socket_connect_timeout": 2.0,
}


class TooManyAttempts(HTTPException):
    """The answer 429, with `Retry-After`. `retry_after` is whole seconds."""

    def __init__(self, retry_after: int) -> None:
        detail = "Too many attempts to sign in. Please wait and try again."
        super().__init__(429, detail, {"retry-after": str(retry_after), "cache-control": "no-store"})
        self.retry_after = retry_after


class ThrottleUnavailable(HTTPException):
    """The answer 503: the counters cannot be reached, so nobody may try."""

    def __init__(self) -> None:
        headers = {"retry-after": str(_UNREACHABLE_RETRY), "cache-control": "no-store"}
        super().__init__(503, "Signing in is not possible at the moment.", headers)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to sign in, counted as a failure until `succeeded` is called."""

    _throttle: "LoginThrottle"
    _keys: "_Keys"

    async def succeeded(self) -> None:
        """Somebody is signed in: their failures are forgotten, and the address has one less."""
        await self._throttle._forgive(self._keys)


@dataclass(frozen=True, slots=True)
class _Keys:
    """What is counted: an account seen from an address, and the address."""

    account: str
    address: str


class LoginThrottle:
    """So many failures in `window` seconds: `per_account` of one account from one address, `per_address` of an address.

    `storage` is where they are counted: `memory://` for one process, for several the address of a Redis or Valkey
    server, such as `redis://host:6379/0`, `valkeys://...` or `unix:///path` (extra `[redis]`). A window begins with
    the first failure. An address is what the server says it is; IPv6 addresses count by their network of 64 bits. The
    account's name is counted as a digest, and without regard to case.

    Raises `ValueError` for limits that are not positive, `limits.errors.ConfigurationError` for an unknown storage.
    """

    def __init__(
        self,
        storage: str = "memory://",
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
        self._storage = _storage(storage)
        self._limiter = FixedWindowRateLimiter(self._storage)

    async def attempt(self, connection: HTTPConnection, account: Any) -> Attempt:
        """Count an attempt of whoever is at `connection` to sign in as `account`, the name that was typed.

        Raises `TooManyAttempts`, and `ThrottleUnavailable` when the counters cannot be reached; both are answers that
        Starlette gives by itself.
        """
        keys = _Keys(_account_key(account, connection), _network(client_address(connection.scope)))
        try:
            refused = await self._refused(keys)
        except StorageError as error:
            self._log(connection, f"failed sign-ins cannot be counted ({type(error.storage_error).__name__})")
            raise ThrottleUnavailable from error
        if refused is not None:
            self._log(connection, "too many failed attempts to sign in")
            raise TooManyAttempts(refused)
        return Attempt(self, keys)

    async def close(self) -> None:
        """Let go of the connections to a server."""
        bridge = getattr(self._storage, "bridge", None)
        if bridge is not None:
            await bridge.storage.aclose()

    async def _refused(self, keys: _Keys) -> int | None:
        """Seconds to wait, None for an attempt that was counted."""
        if not await self._limiter.hit(self._address, keys.address):
            return await self._wait(self._address, keys.address)
        if await self._limiter.hit(self._account, keys.account):
            return None
        # Nobody's password was tried: who hammers at one account does not shut out an office.
        await self._give_back(keys.address)
        return await self._wait(self._account, keys.account)

    async def _wait(self, item: RateLimitItemPerSecond, key: str) -> int:
        stats = await self._limiter.get_window_stats(item, key)
        return max(1, math.ceil(stats.reset_time - time.time()))

    async def _forgive(self, keys: _Keys) -> None:
        # Who has proved who they are gets in, whether or not the counters can be reached.
        with suppress(StorageError):
            await self._limiter.clear(self._account, keys.account)
            await self._give_back(keys.address)

    async def _give_back(self, address: str) -> None:
        key = self._address.key_for(address)
        await self._storage.incr(key, self._address.get_expiry(), amount=-1)

    def _log(self, connection: HTTPConnection, reason: str) -> None:
        audit_of(connection.scope).record(
            AuditEvent.RATE_LIMITED, connection.scope, reason, subject="sign-in"
        )


def _storage(url: str) -> Storage:
    scheme, separator, rest = url.partition("://")
    name = _SCHEMES.get(scheme, scheme)
    options = _REDIS_OPTIONS if name.startswith("redis") else {}
    return cast(
        Storage, storage_from_string(f"async+{name}{separator}{rest}", wrap_exceptions=True, **options)
    )


def _account_key(account: Any, connection: HTTPConnection) -> str:
    name = unicodedata.normalize("NFKC", account if isinstance(account, str) else "").strip().casefold()
    whole = f"{_network(client_address(connection.scope))}\0{name}"
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()


def _network(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address  # a name that the server made up, such as that of a Unix socket
    if not isinstance(found, IPv6Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ip_network((int(found), _IPV6_NETWORK), strict=False))
