"""One world, its application, and browsers in front of it."""

from collections.abc import AsyncIterator

import pytest

from pyview import PyView
from pyview.testing import LiveClient
from tests.attack.target import World, target


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def app(world: World) -> PyView:
    return target(world)


@pytest.fixture
async def client(app: PyView) -> AsyncIterator[LiveClient]:
    """Somebody's browser."""
    async with LiveClient(app) as client:
        yield client


@pytest.fixture
async def other(app: PyView) -> AsyncIterator[LiveClient]:
    """Somebody else's browser."""
    async with LiveClient(app) as client:
        yield client
