"""Browser features of the documentation, tested with the files in it."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest
from markupsafe import Markup
from playwright.sync_api import Page, expect
from starlette.types import ASGIApp

from pyview import defaultRootTemplate
from tests.docs.pages import ROOT, Block, blocks

Serve = Callable[[ASGIApp], str]
Load = Callable[[str, str], ModuleType]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Write the files of a documentation page, and import one of them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def load_module(page: str, module: str) -> ModuleType:
        for block in blocks(ROOT / page):
            if block.file_name:
                path = tmp_path / block.file_name
                path.parent.mkdir(exist_ok=True)
                path.write_text(block.code)
        return importlib.import_module(module)

    yield load_module
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def block_with(page: str, language: str, text: str) -> Block:
    return next(one for one in blocks(ROOT / page) if one.language == language and text in one.code)


def test_the_counter_of_the_readme(page: Page, serve: Serve, load: Load) -> None:
    page.goto(serve(load("README.md", "counter").app))
    expect(page.locator(".phx-connected, [data-phx-main].phx-connected")).to_be_visible()
    # A button that waits for its reply ignores clicks.
    for button, shown in [("+", "1"), ("+", "2"), ("-", "1")]:
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("heading")).to_have_text(shown)


def test_the_list_of_the_tutorial(new_visitor: Callable[[], Page], serve: Serve, load: Load) -> None:
    url = serve(load("docs/getting-started.md", "groceries").app)
    one, other = new_visitor(), new_visitor()
    for visitor in (one, other):
        visitor.goto(url)
        expect(visitor.locator("[data-phx-main].phx-connected")).to_be_visible()
    field = one.get_by_label("What to buy")
    field.click()
    for name in ("Butter", "Milk"):
        one.keyboard.type(name)
        one.keyboard.press("Enter")
        expect(one.locator("li").last).to_have_text(name)
        expect(field).to_have_value("")
    other.get_by_text("Butter").click()
    other.get_by_text("Milk").click()
    expect(one.locator("li.done").first).to_have_text("Butter")
    one.get_by_role("link", name="Still to buy").click()
    expect(one.get_by_text("Nothing to buy.")).to_be_visible()
    expect(one).to_have_url(f"{url}/?show=open")
    expect(other).to_have_title("0 to buy")


def test_hooks_push_events_and_receive_replies_and_events(page: Page, serve: Serve, load: Load) -> None:
    page.goto(serve(load("docs/javascript.md", "words").app))
    expect(page.locator("[data-phx-main].phx-connected")).to_be_visible()
    page.locator("#search input").press_sequentially("te")
    expect(page.locator("#words option")).to_have_count(2)
    # On a busy machine an animation may end before the test sees it.
    page.evaluate(
        """() => {
          const { animate } = Element.prototype;
          Element.prototype.animate = function (...args) {
            window.animated = this.id;
            return animate.apply(this, args);
          };
        }"""
    )
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#saved")).to_have_text("1 saved")
    page.wait_for_function("window.animated === 'saved'")


OWN_SCRIPT = Markup('<script type="module" src="/static/app.js"></script>')


def test_a_custom_script_starts_the_page(page: Page, serve: Serve, load: Load) -> None:
    app = load("docs/javascript.md", "words").app
    app.rootTemplate = defaultRootTemplate(head_content=OWN_SCRIPT)
    page.goto(serve(app))
    expect(page.locator("[data-phx-main].phx-connected")).to_be_attached()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#saved")).to_have_text("1 saved")
    assert page.evaluate("window.liveSocket.isDebugEnabled()")


def test_a_custom_socket_joins(page: Page, serve: Serve, load: Load) -> None:
    app = load("docs/javascript.md", "words").app
    Path("static/app.js").write_text(block_with("docs/javascript.md", "javascript", "new LiveSocket").code)
    app.rootTemplate = defaultRootTemplate(head_content=OWN_SCRIPT)
    page.goto(serve(app))
    expect(page.locator("[data-phx-main].phx-connected")).to_be_attached()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#saved")).to_have_text("1 saved")


def test_commands_run_without_a_round_trip(page: Page, serve: Serve, load: Load) -> None:
    page.goto(serve(load("docs/js-commands.md", "menu").app))
    expect(page.locator("[data-phx-main].phx-connected")).to_be_visible()
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_text("Soup")).to_be_visible()
    page.locator("#dish-1").get_by_role("button", name="Order").click()
    expect(page.locator("#dish-1")).to_have_count(0)
    expect(page.locator("#ordered")).to_have_text("Soup")
    expect(page.get_by_text("Dumplings")).to_be_visible()
    page.get_by_role("button", name="Menu").click()
    expect(page.get_by_text("Dumplings")).to_be_hidden()


def test_fields_have_the_value_of_the_template_unless_focused(page: Page, serve: Serve, load: Load) -> None:
    page.goto(serve(load("docs/events.md", "signup").app))
    expect(page.locator("[data-phx-main].phx-connected")).to_be_visible()
    name, age = page.get_by_label("name"), page.get_by_label("age")
    name.press_sequentially("A")
    expect(page.locator(".error")).to_have_count(1)
    expect(name).to_have_value("A")
    name.press_sequentially("da")
    age.press_sequentially("36")
    expect(page.locator(".error")).to_have_count(0)
    expect(name).to_have_value("Ada")
    age.press("Enter")
    expect(page.get_by_text("Welcome, Ada")).to_be_visible()
    expect(age).to_have_value("36")
