"""Broadcasts of sign-outs between workers: they arrive without the store, and foreign ones change nothing."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pyview.pubsub.memory import MemoryPubSub
from pyview.stores.health import StoreUnavailable
from pyview.stores.revocations import Revocation
from pyview.stores.revocations_shared import SharedRevocations
from pyview.stores.revocations_sqlite import SQLiteRevocations
from pyview.tokens.encryption import Encryptor
from pyview.tokens.secrets import Secrets
from pyview.transport.revocation_notices import TOPIC, RevocationNotices
from tests.asgi import poll

SECRETS = Secrets("t3st-s3cret-of-at-least-thirty-two-bytes")
KEYS = {"sid:a": 0.0}
END = time.time() + 3600


@asynccontextmanager
async def worker(
    pubsub: MemoryPubSub, path: Path, secrets: Secrets = SECRETS
) -> AsyncIterator[SharedRevocations]:
    """A worker that does not follow the store, because no page is open there."""
    revocations = SQLiteRevocations(path)
    notices = RevocationNotices(pubsub, revocations, secrets)
    await notices.start()
    yield revocations
    notices.close()
    await revocations.close()


async def test_a_sign_out_arrives_although_the_store_is_away(tmp_path: Path) -> None:
    pubsub, path = MemoryPubSub(), tmp_path / "missing" / "state.db"
    async with worker(pubsub, path) as one, worker(pubsub, path) as two:
        with pytest.raises(StoreUnavailable):
            await one.revoke("sid:a", time.time() + 60)
        assert two.known_revoked(KEYS)


async def test_it_keeps_the_time_of_the_sign_in(tmp_path: Path) -> None:
    pubsub, path, now = MemoryPubSub(), tmp_path / "state.db", time.time()
    async with worker(pubsub, path) as one, worker(pubsub, path) as two:
        await one.start()
        await one.revoke("user:a", now + 60, not_before=now)
        assert two.known_revoked({"user:a": now - 1})
        assert not two.known_revoked({"user:a": now + 1})


async def test_another_application_is_not_affected(tmp_path: Path) -> None:
    pubsub, path = MemoryPubSub(), tmp_path / "state.db"
    async with worker(pubsub, path) as one, worker(pubsub, path, SECRETS.for_application("blog")) as other:
        await one.start()
        await one.revoke("sid:a", time.time() + 60)
        assert not other.known_revoked(KEYS)


async def test_a_request_that_is_cancelled_during_the_broadcast_has_signed_out(tmp_path: Path) -> None:
    announcing = asyncio.Event()

    async def announce(revocation: Revocation) -> None:
        announcing.set()
        await asyncio.sleep(3600)

    path = tmp_path / "state.db"
    async with worker(MemoryPubSub(), path) as one, worker(MemoryPubSub(), path) as two:
        await one.start()
        await two.start()
        one.announce_with(announce)
        request = asyncio.create_task(one.revoke("sid:a", END))
        await announcing.wait()
        request.cancel()
        assert await poll(lambda: two.revoked(KEYS))


def sealed(data: object, age: float = 0.0, purpose: str = "revocation notice") -> str:
    return Encryptor(SECRETS, purpose, lambda: time.time() - age).encrypt(json.dumps(data))


@pytest.mark.parametrize(
    "message",
    [
        None,
        ["sid:a", END, None],
        json.dumps(["sid:a", END, None]),
        "x" * 10_000,
        sealed(["sid:a", END, None], purpose="another purpose"),
        sealed(["sid:a"]),
        sealed([["sid:a"], END, None]),
        sealed(["sid:a", "soon", None]),
        sealed(["", END, None]),
        sealed(["sid:a", 1e400, None]),
        sealed({}),
    ],
)
async def test_other_messages_are_ignored(tmp_path: Path, message: object) -> None:
    pubsub = MemoryPubSub()
    async with worker(pubsub, tmp_path / "state.db") as one:
        await pubsub.broadcast(TOPIC, message)
        assert not one.known_revoked(KEYS)
        await pubsub.broadcast(TOPIC, sealed(["sid:a", END, None]))
        assert one.known_revoked(KEYS)
