"""An application with a view without a template starts in development, and not in production."""

import asyncio
from typing import Any

import pytest
from jinja2 import DictLoader

from pyview import LiveView, PyView, SecurityConfig
from pyview.template.view_files import TemplateFileNotFound
from pyview.testing import LiveClient

SECRET = "Zm9yIHRlc3RzIG9ubHksIG5vdCBmb3IgYW55IHNpdGU="


class Bare(LiveView[Any]):
    """A view without a template."""


class Named(LiveView[Any]):
    template = "none.html"


class Broken(LiveView[Any]):
    template = "broken.html"


class Outer(LiveView[Any]):
    template = "around.html"


class Sound(LiveView[Any]):
    template = "sound.html"


TEMPLATES = {
    "broken.html": "<p>\n{% if %}</p>",
    "around.html": "{{ live_render(Bare, id='bare') }}",
    "sound.html": "<p>sound</p>",
}


def application(*views: type[LiveView[Any]], production: bool, layout: Any = None) -> PyView:
    security = SecurityConfig(allowed_hosts=["testserver"])
    app = PyView(secret=SECRET, production=production, security=security, templates=DictLoader(TEMPLATES))
    for number, view in enumerate(views):
        app.live_session(f"group-{number}", layout=layout).add_live_view(f"/{number}", view)
    return app


async def started(app: PyView, *paths: str) -> list[tuple[int, str]]:
    async with asyncio.timeout(20), LiveClient(app) as client:
        return [(answer.status_code, answer.text) for answer in [await client.get(path) for path in paths]]


@pytest.mark.parametrize(
    ("view", "message"),
    [
        (Bare, "Bare has no template: no file .*test_templates.html"),
        (Named, "Named names the template 'none.html', which no loader finds"),
        (Broken, "Broken: broken.html:2: "),
    ],
)
async def test_production_does_not_start_without_its_templates(
    view: type[LiveView[Any]], message: str
) -> None:
    with pytest.raises(RuntimeError, match=f"PyView does not start:\n- {message}"):
        await started(application(Sound, view, view, production=True))


async def test_nor_without_a_layout() -> None:
    with pytest.raises(RuntimeError, match=r"Sound names the template 'nowhere\.html'"):
        await started(application(Sound, production=True, layout="nowhere.html"))


async def test_it_starts_with_all_of_them() -> None:
    [(status, text)] = await started(application(Sound, production=True, layout="sound.html"), "/0")
    assert (status, "<p>sound</p>" in text) == (200, True)


async def test_developers_see_a_placeholder() -> None:
    [(status, text), (other, _)] = await started(application(Bare, Sound, production=False), "/0", "/1")
    assert (status, other) == (200, 200)
    assert "test_templates.html" in text


async def test_a_view_within_a_view_shows_no_placeholder_in_production() -> None:
    with pytest.raises(TemplateFileNotFound, match="Bare has no template"):
        await started(application(Outer, production=True), "/0")
    [(status, text)] = await started(application(Outer, production=False), "/0")
    assert (status, "no template yet" in text) == (200, True)
