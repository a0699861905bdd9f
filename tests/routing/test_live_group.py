"""Adding views: invalid paths, and paths that are taken."""

import logging
from typing import Any

import pytest

from pyview import LiveView, PyView
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient


class First(LiveView[Any]):
    template = LiveTemplate.from_string("<p>first</p>")


class Second(LiveView[Any]):
    template = LiveTemplate.from_string("<p>second</p>")


@pytest.mark.parametrize("path", ["", "items", "items/{item}"])
def test_a_path_starts_with_a_slash(path: str) -> None:
    with pytest.raises(ValueError, match=r"expected a path that starts with '/', such as '/"):
        PyView().add_live_view(path, First)


async def test_a_taken_path_is_logged_and_keeps_its_first_view(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = PyView()
    app.add_live_view("/{item}", First)
    app.add_live_view("/first/{item}", First)
    assert "unreachable" not in caplog.text
    with caplog.at_level(logging.WARNING, "pyview"):
        app.live_session("others").add_live_view("/{item}", Second)
    assert "add_live_view('/{item}', Second): unreachable: First is already registered" in caplog.text
    async with LiveClient(app) as client:
        assert (await client.open("/a")).text == "first"
