"""Servers for the tests of this folder: our protocol on both event loops, and uvicorn's own as the reference."""

from collections.abc import Iterator
from importlib.util import find_spec

import pytest

from tests.uvicorn_ws.server import OURS, REFERENCE, Served, serving

needs_uvloop = pytest.mark.skipif(find_spec("uvloop") is None, reason="uvloop is not installed")
ON_LOOPS = [(OURS, "asyncio"), pytest.param((OURS, "uvloop"), marks=needs_uvloop)]


def _name(pair: tuple[str, str]) -> str:
    protocol, loop = pair
    return f"{protocol.rpartition(':')[2]} on {loop}"


@pytest.fixture(scope="module", params=ON_LOOPS, ids=_name)
def server(request: pytest.FixtureRequest) -> Iterator[Served]:
    """Our protocol, on each event loop in turn."""
    with serving(*request.param) as served:
        yield served


@pytest.fixture(scope="module")
def reference() -> Iterator[Served]:
    """The protocol that uvicorn brings."""
    with serving(REFERENCE) as served:
        yield served


@pytest.fixture(scope="module", params=[*ON_LOOPS, (REFERENCE, "asyncio")], ids=_name)
def any_server(request: pytest.FixtureRequest) -> Iterator[Served]:
    """Ours on each event loop, and the reference."""
    with serving(*request.param) as served:
        yield served
