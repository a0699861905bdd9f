"""List of the devices on which a user is signed in, so that the user can end unknown sessions."""

import time
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from pyview.sessions.loading import LOADED_SESSION, LoadedSession
from pyview.sessions.session import LONGEST_COOKIE, visible
from pyview.sessions.tracking import USER_DIGEST, own_revocation_keys
from pyview.stores.sessions import Record, decode


@dataclass(frozen=True, slots=True)
class Device:
    """One session of a user. `key` identifies it for `end_device`; it is not secret and signs no user in.

    Times are Unix times in seconds. `session` is the application's content, for example a name of the device.
    """

    key: str
    signed_in_at: float
    last_seen_at: float
    current: bool
    session: dict[str, object]


async def list_devices(request: HTTPConnection) -> list[Device]:
    """Return the sessions of the user of this request, last used first; none if no user is signed in.

    Raises `RuntimeError` without `ServerSessionMiddleware`, `StoreUnavailable` if the store is unavailable.
    """
    loaded = _loaded(request)
    current = loaded.record.key if loaded.record else ""
    return [
        Device(
            record.key,
            record.created_at,
            record.last_seen_at,
            record.key == current,
            visible(decode(record.data)),
        )
        for record in await _records(request, loaded)
    ]


async def end_device(request: HTTPConnection, key: str) -> bool:
    """End one session of the user of this request, with its open pages and its remember-me cookie.

    Return False if the user has no such session: the key of another user's session ends nothing. Raises as
    `list_devices` does.
    """
    loaded = _loaded(request)
    record = next((one for one in await _records(request, loaded) if one.key == key), None)
    if record is None:
        return False
    # First the record, so that the browser cannot write the session again, then the revocations for its open pages.
    loaded.loader.forget(record.key)
    await loaded.store.delete(record.key)
    # As long as the remember-me cookie may live, which is longer than the session.
    until = time.time() + LONGEST_COOKIE
    for name in own_revocation_keys(decode(record.data)):
        await request.app.revocations.revoke(name, until)
    return True


def _loaded(request: HTTPConnection) -> LoadedSession:
    loaded = request.scope.get(LOADED_SESSION)
    if not isinstance(loaded, LoadedSession):
        raise RuntimeError(
            "The list of devices needs server-side sessions: "
            "app.add_middleware(ServerSessionMiddleware, store=...), from pyview.sessions."
        )
    return loaded


async def _records(request: HTTPConnection, loaded: LoadedSession) -> list[Record]:
    user = request.session.get(USER_DIGEST)
    return await loaded.store.list_user(user, time.time()) if user else []
