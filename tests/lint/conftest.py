"""Fixture that makes an application of one module and its template files."""

import importlib
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from pyview import LiveView, PyView

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
VIEW = """\
from typing import TypedDict
from dataclasses import dataclass
from pyview import LiveView
from pyview.events import AutoEventDispatch, BaseEventHandler, event

class Count(TypedDict):
    count: int

class CountView(BaseEventHandler, LiveView[Count]):
    async def mount(self, socket, session):
        socket.context = {"count": 0}

    @event("increase")
    async def increase(self, socket):
        socket.context["count"] += 1
"""
Make = Callable[..., PyView]
numbers = count()


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Return a function that makes an application of the module `view`, its template, and other files by name."""
    monkeypatch.syspath_prepend(tmp_path)

    def made(template: str = "", view: str = VIEW, **files: str) -> PyView:
        name = f"linted_{next(numbers)}"
        (tmp_path / f"{name}.py").write_text(view)
        (tmp_path / f"{name}.html").write_text(template)
        for file, text in files.items():
            (tmp_path / file.replace("_", ".")).write_text(text)
        module = importlib.import_module(name)
        app = PyView(secret=SECRET)
        views = [one for one in vars(module).values() if isinstance(one, type) and one.__module__ == name]
        pages = [one for one in views if issubclass(one, LiveView)]
        app.add_live_view(
            "/", next(one for one in pages if not any(one in other.__mro__[1:] for other in pages))
        )
        return app

    return made
