"""Connections that have ended are asked no more."""

import asyncio
from typing import Any

import pytest
from starlette.authentication import AuthCredentials, AuthenticationBackend, SimpleUser
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware

from pyview import LiveView, PyView
from pyview.auth import requires
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from tests.asgi import eventually
from tests.frames import connect, load


class SlowAccounts(AuthenticationBackend):
    """Knows everybody; while the gate is shut, it takes its time."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.asked = 0

    async def authenticate(self, conn: Any) -> Any:
        self.asked += 1
        await self.gate.wait()
        return AuthCredentials(["authenticated"]), SimpleUser("ann")


@requires("authenticated")
class Private(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<p>private</p>", "private.html")


@pytest.mark.parametrize("code", [1000, 4000])
async def test_who_leaves_while_the_join_is_being_checked_is_not_watched(code: int) -> None:
    accounts = SlowAccounts()
    app = PyView(middleware=[Middleware(AuthenticationMiddleware, backend=accounts)])
    app.add_live_view("/", Private)
    async with LiveClient(app) as client:
        page = await load(client, "/")
        socket = await connect(client, page).connect()
        accounts.gate.clear()
        asked = accounts.asked
        await socket.send_frame(page.join("4"))
        await eventually(lambda: accounts.asked > asked)
        await socket.close(code)
        accounts.gate.set()
        await eventually(lambda: not app.app_context.processes)
        assert len(app._identity_monitor) == 0
