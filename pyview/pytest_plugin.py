"""Plugin for pytest, which finds it by itself: the fixtures `live_app` and `live_client`.

Tests that use `live_client` are coroutines, and run on asyncio. AnyIO, which Starlette needs, runs them: no mark and no
setting is needed.
"""

from collections.abc import AsyncIterator
from importlib import import_module
from typing import Any

import pytest

from pyview.serving.applications import CannotLoad, load, locate


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting that names the application."""
    parser.addini(
        "pyview_app",
        "the application of live_client as module:app (default: found in the files of the project)",
    )


@pytest.fixture(scope="session")
def live_app(pytestconfig: pytest.Config) -> Any:
    """The application under test: that of the setting `pyview_app`, or the one that `pyview dev` would serve.

    A fixture of the same name in your `conftest.py` replaces it.
    """
    folder = pytestconfig.rootpath
    try:
        return load(locate(pytestconfig.getini("pyview_app") or None, folder), folder)
    except CannotLoad as error:
        pytest.fail(f"live_app: {error}. Or write a fixture live_app that returns it", pytrace=False)


@pytest.fixture
async def live_client(live_app: Any, anyio_backend_name: str) -> AsyncIterator[Any]:
    """A browser in memory with `live_app`, whose start-up has run: a `pyview.testing.LiveClient`."""
    if anyio_backend_name != "asyncio":
        pytest.skip("PyView runs on asyncio")
    async with _testing().LiveClient(live_app) as client:
        yield client


def _testing() -> Any:
    try:
        # The plugin is imported in every environment that has PyView, also without the extra [testing].
        return import_module("pyview.testing")
    except ModuleNotFoundError as error:
        pytest.fail(f"live_client needs {error.name}: pip install 'pyview-live[testing]'", pytrace=False)
