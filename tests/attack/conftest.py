"""One application, its state, and browsers that use it."""

from collections.abc import AsyncIterator

import pytest

from pyview import PyView
from pyview.testing import LiveClient
from tests.attack.target import AppState, target


@pytest.fixture
def state() -> AppState:
    return AppState()


@pytest.fixture
def app(state: AppState) -> PyView:
    return target(state)


@pytest.fixture
async def client(app: PyView) -> AsyncIterator[LiveClient]:
    """The browser of the user under attack."""
    async with LiveClient(app) as client:
        yield client


@pytest.fixture
async def other(app: PyView) -> AsyncIterator[LiveClient]:
    """The browser of another user."""
    async with LiveClient(app) as client:
        yield client
