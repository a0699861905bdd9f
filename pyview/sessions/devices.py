"""Where somebody is signed in: the list that lets them end the sessions that they do not know."""

import time
from dataclasses import dataclass

from starlette.requests import Request

from pyview.sessions.middleware import HANDLE, SessionRequest
from pyview.sessions.session import LONGEST_COOKIE, visible
from pyview.sessions.tracking import USER_DIGEST, own_revocation_keys
from pyview.stores.sessions import Record, decode


@dataclass(frozen=True, slots=True)
class Device:
    """One session of a user. `key` names it for `end_device`; it is no secret, and signs nobody in.

    Unix times in seconds. `session` is what the application keeps in it, for a name of the device, say.
    """

    key: str
    signed_in_at: float
    last_seen_at: float
    current: bool
    session: dict[str, object]


async def list_devices(request: Request) -> list[Device]:
    """The sessions of the user of this request, the one used last first; none where nobody is signed in.

    Raises `RuntimeError` without `ServerSessionMiddleware`, `StoreUnavailable` while the store is away.
    """
    visit = _visit(request)
    user = request.session.get(USER_DIGEST)
    records = await visit.store.list_user(user, time.time()) if user else []
    return [_device(record, visit) for record in records]


async def end_device(request: Request, key: str) -> bool:
    """End one session of the user of this request; its open pages are sent away, and a browser that was remembered is
    forgotten. False when there is none.

    A key of somebody else's session ends nothing.
    """
    visit = _visit(request)
    user = request.session.get(USER_DIGEST)
    records = await visit.store.list_user(user, time.time()) if user else []
    record = next((one for one in records if one.key == key), None)
    if record is None:
        return False
    await visit.store.delete(record.key)
    # As long as a remembered browser may come back, which is longer than its session would have lived.
    until = time.time() + LONGEST_COOKIE
    for name in own_revocation_keys(decode(record.data)):
        await request.app.revocations.revoke(name, until)
    return True


def _visit(request: Request) -> SessionRequest:
    visit = request.scope.get(HANDLE)
    if not isinstance(visit, SessionRequest):
        raise RuntimeError(
            "The list of devices needs sessions that live on the server: "
            "app.add_middleware(ServerSessionMiddleware, store=...), from pyview.sessions."
        )
    return visit


def _device(record: Record, visit: SessionRequest) -> Device:
    current = visit.record is not None and visit.record.key == record.key
    return Device(record.key, record.created_at, record.last_seen_at, current, visible(decode(record.data)))
