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
        page.evaluate("window.notLoadedAgain = true")
        page.get_by_role("button").click()
        expect(page.locator("h1")).to_have_text("one 1")
        page.locator("#typed").fill("half a sentence")

        command.write("app.py", APP.replace("<h1>one", "<h1>two"))
        expect(page.locator("h1")).to_have_text("two 1")
        command.printed("restarted in .* s, 1 page kept")
        expect(page.locator("#typed")).to_have_value("half a sentence")

        command.write("app.py", APP.replace("<h1>one", "<h1>two") + "x x\n")
        expect(page.get_by_text("SyntaxError: invalid syntax")).to_be_visible()
        page.get_by_role("button", name="+").click()
        expect(page.locator("h1")).to_have_text("two 2")

        command.write("app.py", APP.replace("<h1>one", "<h1>three"))
        expect(page.locator("h1")).to_have_text("three 2")
        expect(page.get_by_text("SyntaxError: invalid syntax")).to_have_count(0)
        assert page.evaluate("window.notLoadedAgain")
    assert "Traceback" not in command.output


def test_the_page_of_a_failed_start_becomes_the_application(page: Page, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(f"{APP}\nnothing_of_that_name\n")
    with running(tmp_path, "dev", "--port", "0") as command:
        page.goto(command.url)
        expect(page.get_by_role("heading", name="NameError")).to_be_visible()
        command.write("app.py", APP)
        expect(page.locator("h1")).to_have_text("one 0")
