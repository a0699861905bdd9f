"""The end of a worker: what fails there does not keep the rest from closing."""

from pathlib import Path
from typing import Any

import pytest

from pyview import PyView
from pyview.pubsub import MemoryPubSub
from pyview.stores.revocations_sqlite import SQLiteRevocations
from pyview.testing import LiveClient


class Closed(SQLiteRevocations):
    closed = False

    async def close(self) -> None:
        await super().close()
        self.closed = True


class FailingPubSub(MemoryPubSub):
    async def broadcast(self, topic: str, message: Any, *, keep: float = 0.0) -> None:
        raise ConnectionError("the broker has gone")

    async def close(self) -> None:
        raise ConnectionError("the broker has gone")


async def test_sign_outs_are_written_although_the_pubsub_fails_to_close(tmp_path: Path) -> None:
    revocations = Closed(tmp_path / "state.db")
    app = PyView(pubsub=FailingPubSub(), revocations=revocations)
    with pytest.raises(ConnectionError):
        async with LiveClient(app):
            pass
    assert revocations.closed
