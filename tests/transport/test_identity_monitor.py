"""Closed connections are not monitored."""

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
    """Signs every user in. It waits until `answer` is set."""

    def __init__(self) -> None:
        self.answer = asyncio.Event()
        self.answer.set()
        self.lookups = 0

    async def authenticate(self, conn: Any) -> Any:
        self.lookups += 1
        await self.answer.wait()
        return AuthCredentials(["authenticated"]), SimpleUser("ann")


@requires("authenticated")
class Private(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<p>private</p>", "private.html")


@pytest.mark.parametrize("code", [1000, 4000])
async def test_a_connection_that_closes_during_the_check_of_its_join_is_not_monitored(code: int) -> None:
    accounts = SlowAccounts()
    app = PyView(middleware=[Middleware(AuthenticationMiddleware, backend=accounts)])
    app.add_live_view("/", Private)
    async with LiveClient(app) as client:
        page = await load(client, "/")
        socket = await connect(client, page).connect()
        accounts.answer.clear()
        lookups = accounts.lookups
        await socket.send_frame(page.join("4"))
        await eventually(lambda: accounts.lookups > lookups)
        await socket.close(code)
        accounts.answer.set()
        await eventually(lambda: not app.app_context.processes)
        assert len(app._identity_monitor) == 0
