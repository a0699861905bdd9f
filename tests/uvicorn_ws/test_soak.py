"""A minute of events and joins leaves nothing. `python -m tests.uvicorn_ws.soak` does the same for an hour."""

from pathlib import Path

import pytest

from pyview.uvicorn_ws import websocket_protocol
from tests.uvicorn_ws.soak import Load, growth, soak

needs_proc = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="asks Linux about memory")


@pytest.mark.soak
@needs_proc
async def test_nothing_grows() -> None:
    assert await soak(Load(60, connections=50, rate=200, joins=1000), websocket_protocol()) == []


def test_growth_is_noticed() -> None:
    before = {"resident": 50_000_000, "blocks": 100_000, "tasks": 3}
    after = {"resident": 59_000_000, "blocks": 104_000, "tasks": 4, "objects: SendQueue": 1}
    assert growth(before, after) == [
        "resident: 50000000 -> 59000000",
        "blocks: 100000 -> 104000",
        "tasks: 3 -> 4",
        "objects: SendQueue: 0 -> 1",
    ]
    assert growth(before, before) == []
