"""Hooks and style sheets of views in a browser: on the first page, after navigation, under strict policies."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from pyview import PyView, SecurityConfig
from tests.modules import write_module

LIVE = "[data-phx-main].phx-connected"
Serve = Callable[[PyView], str]

VIEW = """
from pyview import LiveView
from pyview.events import event

class {name}(LiveView):
    async def mount(self, socket, session):
        socket.context = {{"on": True, "nonce": socket.csp_nonce}}

    @event
    async def toggle(self, socket):
        socket.context["on"] = not socket.context["on"]

    @event
    async def double(self, number: int):
        return {{"doubled": number * 2}}

    @event
    async def shout(self, socket):
        await socket.push_event("shouted", {{"text": "hello"}})
"""
ONE = {
    "py": VIEW.format(name="OneView"),
    "html": """
        <h1>One</h1>
        <p id="chart" phx-hook="Chart"></p>
        <p id="qualified" phx-hook="OneView.Chart"></p>
        <p id="double" phx-hook="Double"></p>
        <p id="ear" phx-hook="Ear"></p>
        {% if on %}<p id="late" phx-hook="Ear"></p>{% endif %}
        <button phx-click="toggle">Toggle</button>
        <button phx-click="shout">Shout</button>
        <a href="/two" data-phx-link="redirect" data-phx-link-state="push">To two</a>
        """,
    "js": """
        import { ViewHook } from "/live/assets/pyview.js";

        export const Chart = {
          mounted() {
            this.el.textContent = "a chart of one";
          },
        };

        export class Double extends ViewHook {
          mounted() {
            this.pushEvent("double", { number: 21 }, ({ doubled }) => this.show(doubled));
          }

          show(number) {
            this.el.textContent = `doubled: ${number}`;
          }
        }

        export const Ear = {
          mounted() {
            this.handleEvent("shouted", ({ text }) => (this.el.textContent = text));
          },
          destroyed() {
            window.destroyed = (window.destroyed ?? 0) + 1;
          },
        };
        """,
    "css": "h1 { color: rgb(1, 2, 3); }",
}
TWO = {
    "py": VIEW.format(name="TwoView"),
    "html": """
        <h1>Two</h1>
        <p id="chart" phx-hook="Chart"></p>
        <p id="class" phx-hook="TwoView.Double"></p>
        <p id="own" phx-hook="Own"></p>
        <a href="/one" data-phx-link="redirect" data-phx-link-state="push">To one</a>
        <a href="/bare" data-phx-link="redirect" data-phx-link-state="push">To bare</a>
        """,
    "js": """
        import { ViewHook } from "/live/assets/pyview.js";

        export const Chart = { mounted() { this.el.textContent = "a chart of two"; } };
        export const Own = { mounted() { this.el.textContent = "not to be seen"; } };
        export class Double extends ViewHook {
          mounted() {
            this.pushEvent("double", { number: 4 }).then(({ doubled }) => this.show(doubled));
          }
          show(number) {
            this.el.textContent = `doubled: ${number}`;
          }
        }
        """,
    "css": "h1 { background-color: rgb(4, 5, 6); }",
}
BARE = {
    "py": VIEW.format(name="BareView"),
    "html": '<h1>Bare</h1><a href="/one" data-phx-link="redirect" data-phx-link-state="push">To one</a>',
}


@pytest.fixture
def modules(tmp_path: Path) -> list[ModuleType]:
    return [
        write_module(tmp_path, name, files) for name, files in (("one", ONE), ("two", TWO), ("bare", BARE))
    ]


@pytest.fixture
def errors(page: Page) -> list[str]:
    found: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            found.append(message.text)

    page.on("console", note)
    return found


def make_app(modules: list[ModuleType], policy: str | None = None) -> PyView:
    one, two, bare = modules
    app = PyView(security=SecurityConfig(content_security_policy=policy))
    app.add_live_view("/one", one.OneView)
    app.add_live_view("/two", two.TwoView)
    app.add_live_view("/bare", bare.BareView)
    return app


def visit(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.locator(LIVE)).to_be_attached()


POLICIES = {
    "none": None,
    "self": "default-src 'none'; connect-src 'self'; img-src 'self'; script-src 'self'; style-src 'self'",
    "nonce": "default-src 'none'; connect-src 'self'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'",
    "strict-dynamic": "connect-src 'self'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'nonce-{nonce}'",
}


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES.keys())
def test_hooks_and_styles_are_loaded_and_removed_with_their_view(
    page: Page, serve: Serve, modules: list[ModuleType], errors: list[str], policy: str | None
) -> None:
    page.add_init_script("window.Hooks = { Own: { mounted() { this.el.textContent = 'the own one'; } } }")
    visit(page, f"{serve(make_app(modules, policy))}/one")
    for _ in range(2):
        expect(page.locator("#chart")).to_have_text("a chart of one")
        expect(page.locator("#qualified")).to_have_text("a chart of one")
        expect(page.locator("#double")).to_have_text("doubled: 42")
        expect(page.locator("h1")).to_have_css("color", "rgb(1, 2, 3)")
        expect(page.locator("h1")).to_have_css("background-color", "rgba(0, 0, 0, 0)")
        page.get_by_role("link", name="To two").click()
        expect(page.locator("#chart")).to_have_text("a chart of two")
        expect(page.locator("#class")).to_have_text("doubled: 8")
        expect(page.locator("#own")).to_have_text("the own one")
        expect(page.locator("h1")).to_have_css("background-color", "rgb(4, 5, 6)")
        expect(page.locator("h1")).not_to_have_css("color", "rgb(1, 2, 3)")
        page.get_by_role("link", name="To bare").click()
        expect(page.get_by_role("heading", name="Bare")).to_be_visible()
        expect(page.locator("h1")).to_have_css("background-color", "rgba(0, 0, 0, 0)")
        page.get_by_role("link", name="To one").click()
    expect(page.locator("#chart")).to_have_text("a chart of one")
    page.go_back()
    expect(page.get_by_role("heading", name="Bare")).to_be_visible()
    assert not errors


def test_hooks_receive_events_and_end_with_their_elements(
    page: Page, serve: Serve, modules: list[ModuleType]
) -> None:
    visit(page, f"{serve(make_app(modules))}/one")
    page.get_by_role("button", name="Shout").click()
    expect(page.locator("#ear")).to_have_text("hello")
    expect(page.locator("#late")).to_have_text("hello")
    page.get_by_role("button", name="Toggle").click()
    expect(page.locator("#late")).to_have_count(0)
    assert page.evaluate("window.destroyed") == 1
    page.get_by_role("button", name="Toggle").click()
    page.get_by_role("button", name="Shout").click()
    expect(page.locator("#late")).to_have_text("hello")


def test_a_failing_script_does_not_prevent_the_join(
    page: Page, serve: Serve, tmp_path: Path, errors: list[str]
) -> None:
    broken = {
        **BARE,
        "html": '<p id="x" phx-hook="X"></p><button phx-click="toggle">{{ on }}</button>',
        "js": "1 +",
    }
    module = write_module(tmp_path, "broken", broken)
    app = PyView()
    app.add_live_view("/", module.BareView)
    visit(page, serve(app))
    page.get_by_role("button").click()
    expect(page.get_by_role("button")).to_have_text("False")
    assert any("were not loaded" in text for text in errors)


RUNTIME = {
    "py": VIEW.format(name="RuntimeView"),
    "html": """
        <p id="early" phx-hook="Early"></p>
        <script data-phx-runtime-hook="Early" nonce="{{ nonce }}">
          window["phx_hook_Early"] = () => ({ mounted() { this.el.textContent = "early"; } });
        </script>
        <button phx-click="toggle">Toggle</button>
        {% if not on %}
        <div>
          <script data-phx-runtime-hook="Late" nonce="{{ nonce }}">
            window["phx_hook_Late"] = () => ({ mounted() { this.el.textContent = "late"; } });
          </script>
          <p id="late" phx-hook="Late"></p>
        </div>
        {% endif %}
        """,
}


@pytest.mark.parametrize("policy", [None, POLICIES["nonce"], POLICIES["strict-dynamic"]])
def test_runtime_hooks_run_under_the_policy_of_the_page(
    page: Page, serve: Serve, tmp_path: Path, policy: str | None, errors: list[str]
) -> None:
    module = write_module(tmp_path, "runtime", RUNTIME)
    app = PyView(security=SecurityConfig(content_security_policy=policy))
    app.add_live_view("/", module.RuntimeView)
    visit(page, serve(app))
    expect(page.locator("#early")).to_have_text("early")
    page.get_by_role("button").click()
    expect(page.locator("#late")).to_have_text("late")
    assert not errors
