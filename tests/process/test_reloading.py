"""Tests of open pages whose files a developer changes."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jinja2 import DictLoader
from starlette.applications import Starlette
from starlette.routing import Mount

from pyview import LiveView, PyView, SecurityConfig
from pyview.process.file_watch import PERIOD, FileWatch
from pyview.template.environment import create_environment
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, Page, ViewCrashed
from tests.asgi import eventually
from tests.frames import connect, join, load
from tests.modules import write_module

VIEW = """
from pyview import LiveView
from pyview.events import event

class CountView(LiveView):
    mounts = 0

    async def mount(self, socket, session):
        CountView.mounts += socket.connected
        socket.context = {"count": 0, "word": "word", "rows": None}

    @event
    async def more(self, socket):
        socket.context["count"] += 1
        return {"count": socket.context["count"]}
"""
BUTTON = '<button phx-click="more">more</button>'
PAGE = f"<p>old {{{{ count }}}}</p>{BUTTON}"
NEW = f"<h1>new</h1><p>new {{{{ count }}}}</p>{BUTTON}"
BROKEN = f"<p>\n{{{{ count }}</p>{BUTTON}"
FAILING = f"<p>{{{{ count }}}}</p>\n{{{{ nobody.name.first }}}}{BUTTON}"

# Enough for a scan of the files and the render after it.
SOON = 1.5 * PERIOD


class Developer:
    """A developer who edits `count.html` and the files beside it, with the page open."""

    def __init__(self, folder: Path, files: dict[str, str], view: str = "CountView") -> None:
        self.folder = folder
        self.module = write_module(folder, "count", {"py": VIEW, "html": PAGE, **files})
        self.view: Any = getattr(self.module, view)

    def app(self, **options: Any) -> PyView:
        app = PyView(
            secret="hV3kq9QyT1mZr7Xw5Lb2Nd8Jf4Gs6Pc0",
            security=SecurityConfig(allowed_hosts=["testserver"]),
            **options,
        )
        app.add_live_view("/", self.view)
        return app

    def write(self, text: str, name: str = "count.html") -> None:
        (self.folder / name).write_text(text)


@pytest.fixture
def developer(tmp_path: Path) -> Developer:
    return Developer(tmp_path, {})


async def shows(page: Page, text: str) -> None:
    """Wait until the page shows `text`: one second, as documented."""
    await page.wait_for(lambda page: page.has_text(text), timeout=1.0)


async def test_the_page_shows_the_change_and_keeps_its_state(developer: Developer) -> None:
    async with LiveClient(developer.app()) as client:
        page = await client.open("/")
        await page.click("button")
        developer.write(NEW)
        await shows(page, "new 1")
        assert page.exists("h1")
        await page.click("button")
        assert page.has_text("new 2")
        assert (developer.view.mounts, page.crashes) == (1, 0)


async def test_it_changes_again_and_again(developer: Developer) -> None:
    async with LiveClient(developer.app()) as client:
        page = await client.open("/")
        await page.click("button")
        for number in range(3):
            developer.write(f"<p>version {number}, count {{{{ count }}}}</p>")
            await shows(page, f"version {number}, count 1")


PARTS = {
    "included": ({"html": '{% include "part.html" %}'}, "<b>{}</b>"),
    "included in a branch": ({"html": '{% if word %}{% include ["part.html"] %}{% endif %}'}, "<b>{}</b>"),
    "extended": ({"html": '{% extends "part.html" %}'}, "<b>{}</b>{{% block x %}}{{% endblock %}}"),
    "imported": (
        {"html": '{% from "part.html" import bold %}{{ bold(word) }}'},
        "{{% macro bold(x) %}}<b>{} {{{{ x }}}}</b>{{% endmacro %}}",
    ),
    "imported for a text": (
        {"html": '{% import "part.html" as part %}{{ "(" ~ part.bold(word) ~ ")" }}'},
        "{{% macro bold(x) %}}<b>{} {{{{ x }}}}</b>{{% endmacro %}}",
    ),
}


@pytest.mark.parametrize(("files", "part"), PARTS.values(), ids=PARTS.keys())
async def test_files_that_a_template_is_made_of(tmp_path: Path, files: dict[str, str], part: str) -> None:
    developer = Developer(tmp_path, files)
    developer.write(part.format("old"), "part.html")
    async with LiveClient(developer.app()) as client:
        page = await client.open("/")
        assert page.has_text("old")
        developer.write(part.format("new"), "part.html")
        await shows(page, "new")


async def test_components_layouts_and_what_is_nested(tmp_path: Path) -> None:
    source = (
        VIEW
        + """
from pyview import LiveComponent
from pyview.template.component import component

class Star(LiveComponent):
    template_file = "star.html"

@component(template_file="badge.html")
def badge(text: str):
    return {}

class Inner(LiveView):
    template_file = "inner.html"

class Outer(CountView):
    template_file = "outer.html"
    layout = "layout.html"

    async def mount(self, socket, session):
        await super().mount(socket, session)
        socket.context |= {"Star": Star, "Inner": Inner}
"""
    )
    developer = Developer(tmp_path, {"py": source}, "Outer")
    names = ("star", "badge", "inner", "layout")
    texts = {
        "star": "<i>star {}</i>",
        "badge": "<b>badge {} {{{{ text }}}}</b>",
        "inner": "<u>inner {}</u>",
        "layout": "<main>layout {} {{{{ inner_content }}}}</main>",
    }
    for name in names:
        developer.write(texts[name].format("old"), f"{name}.html")
    developer.write(
        "<p>{{ count }}</p>{{ badge('x') }}{{ live_component(Star, id=1) }}"
        '{{ live_render(Inner, id="in") }}<button phx-click="more"></button>',
        "outer.html",
    )
    async with LiveClient(developer.app(components=[developer.module])) as client:
        page = await client.open("/")
        await page.click("button")
        for name in names:
            assert page.has_text(f"{name} old")
            developer.write(texts[name].format("new"), f"{name}.html")
            await shows(page, f"{name} new")
            assert page.find("p").text == "1"
        assert page.crashes == 0


async def test_a_template_that_somebody_made_elsewhere(developer: Developer) -> None:
    template = LiveTemplate.from_file(developer.folder / "count.html")
    app = developer.app()
    app.add_live_view("/made", type("Made", (developer.view,), {"template": template}))
    async with LiveClient(app) as client:
        page = await client.open("/made")
        developer.write(NEW)
        await shows(page, "new 0")


async def test_a_template_that_is_written_while_the_page_is_open(tmp_path: Path) -> None:
    developer = Developer(tmp_path, {})
    (tmp_path / "count.html").unlink()
    async with LiveClient(developer.app()) as client:
        page = await client.open("/")
        assert page.has_text("This view has no template yet")
        developer.write(NEW)
        await shows(page, "new 0")


async def test_pages_that_are_not_made_of_it_hear_nothing(developer: Developer) -> None:
    other = LiveView
    app = developer.app(templates=DictLoader({"other.html": "<p>other</p>"}))
    app.add_live_view("/other", type("Other", (other,), {"template": "other.html"}))
    async with LiveClient(app) as client:
        page = await client.open("/")
        plain = await load(client, "/other")
        async with connect(client, plain) as socket:
            await join(socket, plain)
            developer.write(NEW)
            await shows(page, "new 0")
            await socket.expect_nothing(SOON)


async def test_any_loader_that_knows_when_a_template_has_changed() -> None:
    templates = {"page.html": "old"}
    app = PyView(templates=DictLoader(templates))
    app.add_live_view("/", type("View", (LiveView,), {"template": "page.html"}))
    async with LiveClient(app) as client:
        page = await client.open("/")
        templates["page.html"] = "new"
        await shows(page, "new")


# Templates that cannot be rendered

# Text, and what the log and the page say about it.
WRONG = {
    "no template": (BROKEN, "count.html, line 2: TemplateSyntaxError: ", ">TemplateSyntaxError<"),
    "fails": (
        FAILING,
        "count.html, line 2: UndefinedError: 'nobody' is undefined",
        "&#39;nobody&#39; is undefined",
    ),
    "lacks a file": (
        '<p>\n{% include "away.html" %}',
        "count.html, line 2: TemplateNotFound: ",
        "{% include &#34;away.html&#34; %}",
    ),
}
wrong = pytest.mark.parametrize(("text", "problem", "shown"), WRONG.values(), ids=WRONG.keys())


def problems(page: Page) -> list[Any]:
    """What the page was told about its template: the HTML of the failure, an error id, or None when it is mended."""
    told: dict[str, Callable[[Any], Any]] = {
        "pyview:failure": lambda payload: payload.get("failure", {}).get("html", payload),
        "pyview:mended": lambda _: None,
    }
    return [told[name](payload) for name, payload in page.events if name in told]


@wrong
async def test_the_page_stays_as_it_is_until_the_template_is_mended(
    developer: Developer, text: str, problem: str, shown: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with LiveClient(developer.app(debug=True)) as client:
        page = await client.open("/")
        await page.click("button")
        developer.write(text)
        await page.wait_for(lambda page: problems(page), timeout=1.0)
        assert shown in problems(page)[0]
        assert page.has_text("old 1")
        assert await page.push("more") == {"count": 2}, "the view goes on"
        assert page.has_text("old 1")
        await asyncio.sleep(SOON)
        errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
        assert [problem in record.getMessage() for record in errors] == [True], "logged once"
        developer.write(NEW)
        await shows(page, "new 2")
        assert problems(page)[1:] == [None]
        assert (developer.view.mounts, page.crashes) == (1, 0)


@wrong
async def test_an_event_before_anybody_has_looked(
    developer: Developer, text: str, problem: str, shown: str
) -> None:
    async with LiveClient(developer.app(debug=True)) as client:
        page = await client.open("/")
        developer.write(text)
        await page.click("button")
        assert shown in problems(page)[0]
        developer.write(NEW)
        await shows(page, "new 1")
        assert page.crashes == 0


async def test_without_debug_the_page_learns_no_more_than_that(
    developer: Developer, caplog: pytest.LogCaptureFixture
) -> None:
    async with LiveClient(developer.app()) as client:
        page = await client.open("/")
        developer.write(BROKEN)
        await page.wait_for(lambda page: problems(page), timeout=1.0)
        ((name, error_id),) = problems(page)[0].items()
        assert (name, len(problems(page))) == ("error_id", 1)
        assert f"(error id {error_id})" in caplog.text
        assert "count.html, line 2" in caplog.text


async def test_a_file_that_was_missing_is_there_now(developer: Developer) -> None:
    async with LiveClient(developer.app()) as client:
        page = await client.open("/")
        developer.write('<p>{% include "part.html" %}</p>')
        await page.wait_for(lambda page: problems(page), timeout=1.0)
        developer.write("the part", "part.html")
        await shows(page, "the part")


async def test_a_file_that_is_taken_away_and_put_back(developer: Developer) -> None:
    async with LiveClient(developer.app()) as client:
        page = await client.open("/")
        (developer.folder / "count.html").rename(developer.folder / "aside")
        await page.wait_for(lambda page: problems(page), timeout=1.0)
        (developer.folder / "aside").rename(developer.folder / "count.html")
        await page.wait_for(lambda page: problems(page)[1:] == [None], timeout=1.0)
        assert page.has_text("old 0")


COMPONENT = (
    VIEW
    + """
from pyview import LiveComponent

class Star(LiveComponent):
    template_file = "star.html"

    async def mount(self, socket, assigns):
        socket.context = {"stars": 0, "count": 0}

    async def handle_event(self, event, payload, socket):
        socket.context["stars"] += 1

class Stars(CountView):
    async def mount(self, socket, session):
        await super().mount(socket, session)
        socket.context["Star"] = Star
"""
)


@wrong
@pytest.mark.parametrize("delay", [0.0, SOON], ids=["before the next scan", "after it"])
async def test_a_component_whose_template_fails(
    tmp_path: Path, text: str, problem: str, shown: str, delay: float
) -> None:
    star = '<p>{} {{{{ stars }}}}<button phx-click="star" phx-target="{{{{ myself }}}}">*</button></p>'
    developer = Developer(
        tmp_path,
        {"py": COMPONENT, "html": "{% for n in 'ab' %}{{ live_component(Star, id=n) }}{% endfor %}"},
        "Stars",
    )
    developer.write(star.format("old"), "star.html")
    async with LiveClient(developer.app(debug=True)) as client:
        page = await client.open("/")
        await page.click("p:nth-child(1) button")
        developer.write(text, "star.html")
        await page.settle(delay)
        await page.click("p:nth-child(2) button")
        assert shown in problems(page)[0]
        assert [p.text for p in page.find_all("p")] == ["old 1 *", "old 0 *"]
        developer.write(star.format("new"), "star.html")
        await page.wait_for(
            lambda page: [p.text for p in page.find_all("p")] == ["new 1 *", "new 1 *"], timeout=1.0
        )
        await page.click("p:nth-child(1) button")
        assert [p.text for p in page.find_all("p")] == ["new 2 *", "new 1 *"]
        assert page.crashes == 0


async def test_a_component_that_appears_with_an_event_of_its_own(tmp_path: Path) -> None:
    """Templates that only its components have rendered are watched as well."""
    developer = Developer(tmp_path, {"py": COMPONENT, "html": "{{ live_component(Star, id=1) }}"}, "Stars")
    developer.write(
        '<p><button phx-click="star" phx-target="{{ myself }}">*</button>'
        '{% if stars %}{% include "late.html" %}{% endif %}</p>',
        "star.html",
    )
    developer.write("early", "late.html")
    async with LiveClient(developer.app()) as client:
        page = await client.open("/")
        await page.click("button")
        developer.write("late", "late.html")
        await shows(page, "late")


async def test_a_fault_of_the_view_is_a_crash_as_ever(tmp_path: Path) -> None:
    developer = Developer(tmp_path, {"html": f"<p>{{{{ 1 / (1 - count) }}}}</p>{BUTTON}"})
    async with LiveClient(developer.app()) as client:
        page = await client.open("/")
        with pytest.raises(ViewCrashed):
            await page.click("button")


# Pages that are away


async def test_a_page_that_is_back_shows_the_change(developer: Developer) -> None:
    async with LiveClient(developer.app()) as client:
        page = await client.open("/")
        await page.click("button")
        await page.drop()
        developer.write(NEW)
        await page.reconnect()
        assert page.has_text("new 1")
        assert developer.view.mounts == 1


async def test_a_page_that_is_back_while_its_template_fails(developer: Developer) -> None:
    async with LiveClient(developer.app()) as client:
        page = await client.open("/")
        await page.click("button")
        await page.drop()
        developer.write(BROKEN)
        await page.reconnect()
        assert problems(page)
        developer.write(NEW)
        await shows(page, "new 1")
        assert (developer.view.mounts, page.crashes) == (1, 0)


# What the browser keeps for the view

KEEPING = {
    "streams": (
        """
    async def mount(self, socket, session):
        await super().mount(socket, session)
        socket.stream("names", ["Ada"], dom_id=str)
""",
        '<ul id="names" phx-update="stream">{{% for id, name in streams.names %}}'
        '<li id="{{{{ id }}}}">{} {{{{ name }}}}</li>{{% endfor %}}</ul>',
    ),
    "temporary names": (
        """
    async def mount(self, socket, session):
        await super().mount(socket, session)
        socket.temporary(names=())
        socket.context["names"] = ["Ada"]
""",
        "{{% for name in names %}}<li>{} {{{{ name }}}}</li>{{% endfor %}}",
    ),
}


@pytest.mark.parametrize(("mount", "text"), KEEPING.values(), ids=KEEPING.keys())
async def test_what_the_view_could_not_show_again_has_the_page_loaded_again(
    tmp_path: Path, mount: str, text: str
) -> None:
    developer = Developer(
        tmp_path, {"py": f"{VIEW}\nclass Keeping(CountView):{mount}", "html": text.format("old")}, "Keeping"
    )
    async with LiveClient(developer.app()) as client:
        page = await client.open("/")
        assert page.has_text("old Ada")
        developer.write(text.format("new"))
        await shows(page, "new Ada")
        await page.settle(SOON)
        assert developer.module.CountView.mounts == 2


# Style sheets and scripts


def style_of(page: Page) -> str:
    return str(page.find("head link[data-pyview-style]")["href"])


async def test_a_style_sheet_takes_the_place_of_the_former(tmp_path: Path) -> None:
    developer = Developer(tmp_path, {"css": "p { color: red }"})
    async with LiveClient(developer.app()) as client:
        page = await client.open("/")
        await page.click("button")
        before = style_of(page)
        developer.write("p { color: green }", "count.css")
        await page.wait_for(lambda page: style_of(page) != before, timeout=1.0)
        assert (await client.get(style_of(page))).text == "p { color: green }"
        assert page.has_text("old 1")
        (tmp_path / "count.css").unlink()
        await page.wait_for(lambda page: not page.exists("head link[data-pyview-style]"), timeout=1.0)


async def test_a_script_has_the_page_loaded_again_once(tmp_path: Path) -> None:
    developer = Developer(tmp_path, {"js": "export const A = {};"})
    async with LiveClient(developer.app()) as client:
        page = await client.open("/")
        before = page.find("head link[data-pyview-hooks]")["href"]
        developer.write("export const B = {};", "count.js")
        await page.wait_for(
            lambda page: page.find("head link[data-pyview-hooks]")["href"] != before, timeout=1.0
        )
        await page.settle(SOON)
        assert developer.view.mounts == 2


# Without a developer


async def unchanged(app: PyView, developer: Developer) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        developer.write(NEW)
        await page.settle(SOON)
        await page.click("button")
        assert page.has_text("old 1")
        assert app.app_context.file_watch is None


async def test_in_production_nobody_looks(developer: Developer) -> None:
    await unchanged(developer.app(production=True), developer)


async def test_in_production_by_the_environment(
    developer: Developer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYVIEW_ENV", "production")
    await unchanged(developer.app(), developer)


async def test_an_environment_that_says_no(developer: Developer) -> None:
    await unchanged(developer.app(templates=create_environment(auto_reload=False)), developer)


async def test_an_environment_that_says_nothing_does_as_its_application(developer: Developer) -> None:
    async with LiveClient(developer.app(templates=create_environment())) as client:
        page = await client.open("/")
        developer.write(NEW)
        await shows(page, "new 0")
    await unchanged(
        developer.app(templates=create_environment(), production=True), Developer(developer.folder, {})
    )


def watched(app: PyView) -> int:
    """Return the number of pages whose files are checked."""
    watch = app.app_context.file_watch
    assert watch is not None
    return len(watch)


async def test_one_check_for_all_pages_and_none_without_pages(developer: Developer) -> None:
    app = developer.app()
    async with LiveClient(Starlette(routes=[Mount("/shop", app)])) as client:
        tasks, periodic = asyncio.all_tasks(), app._periodic
        assert len(periodic) == 0
        pages = [await client.open("/shop/") for _ in range(3)]
        assert (watched(app), len(periodic)) == (3, 2)
        developer.write(NEW)
        for page in pages:
            await shows(page, "new 0")
        for page in pages:
            await page.close()
        await asyncio.sleep(0)
        assert (watched(app), len(periodic)) == (0, 0)
        assert asyncio.all_tasks() <= tasks


async def test_a_page_that_leaves_while_its_view_is_mounted_is_not_looked_at() -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()

    class Slow(LiveView[Any]):
        template = LiveTemplate.from_string("slow")

        async def mount(self, socket: Any, session: Any) -> None:
            if socket.connected:
                entered.set()
                await go_on.wait()

    app = PyView()
    app.add_live_view("/", Slow)
    async with LiveClient(app) as client:
        page = await load(client, "/")
        async with connect(client, page) as socket:
            await socket.send_frame(page.join("4"))
            await entered.wait()
        go_on.set()
        await eventually(lambda: not app.app_context.processes)
        assert watched(app) == 0


async def test_one_file_is_asked_once_for_all_pages(developer: Developer) -> None:
    asked = 0

    class Counting(DictLoader):
        def get_source(self, environment: Any, template: str) -> tuple[str, None, Callable[[], bool]]:
            source, _, _ = super().get_source(environment, template)

            def is_up_to_date() -> bool:
                nonlocal asked
                asked += 1
                return True

            return source, None, is_up_to_date

    app = PyView(templates=Counting({"page.html": "page"}))
    app.add_live_view("/", type("View", (LiveView,), {"template": "page.html"}))
    async with LiveClient(app) as client:
        for _ in range(5):
            await client.open("/")
        watch = app.app_context.file_watch
        assert isinstance(watch, FileWatch)
        asked = 0
        watch.scan()
        assert asked == 1


async def test_messages_are_logged_and_traced_as_ever(
    developer: Developer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "pyview.messages")
    async with LiveClient(developer.app()) as client:
        page = await client.open("/")
        developer.write(NEW)
        await shows(page, "new 0")
    assert "CountView: FilesChanged in" in caplog.text
