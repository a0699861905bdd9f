"""`pyview dev` under an open page: saved Python files, failures of the start."""

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.serving.command import running

APP = """
from pyview import LiveView, PyView
from pyview.events import AutoEventDispatch, event
from pyview.template.live_template import LiveTemplate


class Counter(AutoEventDispatch, LiveView):
    template = LiveTemplate.from_string(
        "<h1>one {{ count }}</h1><input id='typed'><button phx-click='add'>+</button>", "counter.html"
    )

    async def mount(self, socket, session):
        socket.context = {"count": 0}

    @event
    async def add(self, socket):
        socket.context["count"] += 1


app = PyView()
app.add_live_view("/", Counter)
"""


def test_a_saved_python_file_keeps_the_page(page: Page, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    with running(tmp_path, "dev", "--port", "0") as command:
        page.goto(command.url)
        page.wait_for_selector(".phx-connected")
        shown = page.locator("[data-phx-main] h1")
        page.evaluate("window.notLoadedAgain = true")
        page.get_by_role("button", name="+").click()
        expect(shown).to_have_text("one 1")
        page.locator("#typed").fill("half a sentence")

        command.write("app.py", APP.replace("<h1>one", "<h1>two"))
        expect(shown).to_have_text("two 1")
        command.printed("restarted in .* s, 1 page kept")
        expect(page.locator("#typed")).to_have_value("half a sentence")

        command.write("app.py", APP.replace("<h1>one", "<h1>two") + "x x\n")
        failure = page.get_by_role("heading", name="SyntaxError: invalid syntax")
        expect(failure).to_be_visible()
        page.get_by_role("button", name="+").evaluate("button => button.click()")  # it is below the overlay
        expect(shown).to_have_text("two 2")

        command.write("app.py", APP.replace("<h1>one", "<h1>three"))
        expect(shown).to_have_text("three 2")
        expect(failure).to_have_count(0)
        assert page.evaluate("window.notLoadedAgain")
    assert "Traceback" not in command.output


STYLED = """
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from pyview import defaultRootTemplate
from markupsafe import Markup

app.routes.append(Mount("/static", StaticFiles(directory="static")))
app.rootTemplate = defaultRootTemplate(css=Markup('<link rel="stylesheet" href="/static/app.css">'))
"""


def test_a_saved_style_sheet_is_shown_without_loading_the_page(page: Page, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP + STYLED)
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "app.css").write_text("h1 { color: rgb(1, 2, 3) }")
    with running(tmp_path, "dev", "--port", "0") as command:
        page.goto(command.url)
        page.wait_for_selector(".phx-connected")
        expect(page.locator("h1")).to_have_css("color", "rgb(1, 2, 3)")
        page.evaluate("window.notLoadedAgain = true")
        command.write("static/app.css", "h1 { color: rgb(3, 2, 1) }")
        expect(page.locator("h1")).to_have_css("color", "rgb(3, 2, 1)")
        expect(page.locator("link[href*='/static/app.css']")).to_have_count(1)
        assert page.evaluate("window.notLoadedAgain")
        command.write("static/app.js", "")
        page.wait_for_function("!window.notLoadedAgain")


def test_the_page_of_a_failed_start_becomes_the_application(page: Page, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(f"{APP}\nnothing_of_that_name\n")
    with running(tmp_path, "dev", "--port", "0") as command:
        page.goto(command.url)
        expect(page.get_by_role("heading", name="NameError")).to_be_visible()
        command.write("app.py", APP)
        expect(page.locator("h1")).to_have_text("one 0")
