"""Tests of sockets that run over both ways of a server: `receive` and `send` of ASGI, and plain calls."""

from typing import Any

import pytest

from pyview.testing import RawSocket
from tests.direct import DirectWays


@pytest.fixture(params=["asgi", "direct"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The way of all sockets in memory: with ASGI's messages only, or with `websocket.direct` besides."""
    if request.param == "direct":
        make = RawSocket.__init__

        def make_direct(socket: RawSocket, app: Any, *args: Any, **options: Any) -> None:
            make(socket, DirectWays(app), *args, **options)

        monkeypatch.setattr(RawSocket, "__init__", make_direct)
    return str(request.param)
