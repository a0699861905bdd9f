"""Forms and core components in Chromium with the official client."""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from markupsafe import Markup
from playwright.sync_api import Dialog, Page, expect
from pydantic import BaseModel, Field, SecretStr
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from examples.gallery import app as gallery_app
from pyview import LiveView, PyView, defaultRootTemplate
from pyview.events import event
from pyview.forms import Form
from pyview.template.live_template import LiveTemplate
from tests.browser.retry import break_off
from tests.browser.server import serving

LIVE = "[data-phx-main].phx-connected"


class Address(BaseModel):
    city: str = Field(min_length=2)


class Account(BaseModel):
    name: str = Field(min_length=2)
    password: SecretStr
    news: bool = False
    addresses: list[Address] = []


FORM = """{% import "pyview/components.html" as ui %}
{% call ui.form(account, phx_change="check", phx_submit="save", action="/posted", phx_trigger_action=done) %}
  {{ ui.input(account.name, phx_debounce="300") }}{{ ui.input(account.password) }}{{ ui.input(account.news) }}
  <ul>{% call(address) ui.inputs_for(account.addresses) %}
    <li>{{ ui.input(address.city) }}{{ ui.remove_button(address) }}{{ ui.move_button(address, -1) }}</li>
  {% endcall %}</ul>
  {{ ui.add_button(account.addresses) }}
  {{ ui.button("Sign up", type="submit", phx_disable_with="Wait…") }}
{% endcall %}
<form id="note" phx-change="note" phx-auto-recover="restore">
  <input name="note" aria-label="Note" value="{{ note }}">
</form>
<button phx-click="boom">Boom</button>
<p id="said">{{ said }}</p><p id="checks">{{ checks }}</p><p id="restored">{{ restored }}</p>
"""


class AccountLiveView(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string(FORM)

    async def mount(self, socket: Any, session: Any) -> None:
        socket.context = dict(
            account=Form(Account, as_="account"), said="", checks=0, done=False, note="", restored=""
        )

    @event
    async def check(self, socket: Any, account: Form[Account]) -> None:
        if "Slow" in [part["city"].value for part in account["addresses"].parts]:
            await asyncio.sleep(0.5)  # the browser goes on typing meanwhile
        socket.context["account"] = account
        socket.context["checks"] += 1

    @event
    async def save(self, socket: Any, account: Form[Account]) -> None:
        socket.context["account"] = account
        if saved := account.save():
            socket.context["said"] = f"{saved.name} {saved.news} {[one.city for one in saved.addresses]}"
            socket.context["done"] = saved.name == "Go"

    @event
    async def note(self, socket: Any, note: str) -> None:
        socket.context["note"] = note

    @event
    async def restore(self, socket: Any, note: str) -> None:
        socket.context |= {"note": note, "restored": f"restored {note}"}

    @event
    async def boom(self) -> None:
        raise RuntimeError("as the test wants it")


COMPONENTS = """{% import "pyview/components.html" as ui %}
{{ ui.link("Post", href="/posted", method="post") }}
{{ ui.link("Delete", href="/posted", method="delete", confirm="Really?") }}
{{ ui.button("Count", phx_click="count", data_confirm="Count?") }}<p id="count">{{ count }}</p>
{{ ui.button("Open", phx_click="about" | ui.show_modal) }}
{% call ui.modal("about", "About", on_cancel="count") %}<a href="#x">First</a><a href="#y">Second</a>{% endcall %}
{{ ui.button("Say", phx_click="say") }}
{{ ui.flash_group(flash) }}
{% call ui.portal("there", "#elsewhere") %}{{ ui.button("From afar", phx_click="count") }}{% endcall %}
{% call ui.focus_wrap("wrap") %}<input aria-label="One"><input aria-label="Two">{% endcall %}
"""


class ComponentsLiveView(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string(COMPONENTS)

    async def mount(self, socket: Any, session: Any) -> None:
        socket.context = {"count": 0}

    @event
    async def count(self, socket: Any) -> None:
        socket.context["count"] += 1

    @event
    async def say(self, socket: Any) -> None:
        socket.put_flash("info", "Hello there")


class ContentSecurityPolicy(BaseHTTPMiddleware):
    """A policy that forbids inline scripts and styles."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        response.headers["Content-Security-Policy"] = "default-src 'self'"
        return response


async def posted(request: Request) -> Response:
    form = await request.form()
    pairs = sorted((name, str(value)) for name, value in form.multi_items() if name != "_csrf_token")
    token = "with" if form.get("_csrf_token") else "without"
    return HTMLResponse(f"<pre>{request.method} {token} token {pairs}</pre>")


@pytest.fixture(scope="module")
def app_url() -> Iterator[str]:
    app = PyView(
        routes=[Route("/posted", posted, methods=["POST"])], secret="a secret of the tests, long enough"
    )
    app.rootTemplate = defaultRootTemplate(
        component_styles=True,
        content_wrapper=lambda context, main: main + Markup('<div id="elsewhere"></div>'),
    )
    app.add_middleware(ContentSecurityPolicy)
    app.add_live_view("/", AccountLiveView)
    app.add_live_view("/components", ComponentsLiveView)
    with serving(app) as url:
        yield url


@pytest.fixture
def form(page: Page, app_url: str) -> Page:
    return visit(page, app_url)


@pytest.fixture
def components(page: Page, app_url: str) -> Page:
    return visit(page, f"{app_url}/components")


def visit(page: Page, url: str) -> Page:
    page.goto(url)
    expect(page.locator(LIVE)).to_be_attached()
    return page


def sign_up(page: Page, name: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill("geheim")
    page.get_by_role("button", name="Sign up").click()


# Forms


def test_errors_are_shown_at_used_fields_then_at_all(form: Page) -> None:
    form.get_by_label("Name").fill("A")
    expect(form.locator(".pv-error")).to_have_text(["At least 2 characters, please."])
    expect(form.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    form.get_by_role("button", name="Sign up").click()
    expect(form.locator(".pv-error")).to_have_text(["At least 2 characters, please.", "Please fill this in."])
    form.get_by_label("Name").fill("Ada")
    expect(form.locator(".pv-error")).to_have_count(1)


def test_typing_is_debounced(form: Page) -> None:
    form.get_by_label("Name").evaluate(  # in one task: a busy machine pauses between two keys
        """name => [..."Ada Lovelace"].forEach((letter) => {
          name.value += letter;
          name.dispatchEvent(new InputEvent("input", { bubbles: true }));
        })"""
    )
    expect(form.locator("#checks")).to_have_text("1")
    form.get_by_label("News").check()
    expect(form.locator("#checks")).to_have_text("2")


def test_a_button_is_disabled_with_its_text_during_the_event(form: Page) -> None:
    form.get_by_label("Name").fill("Ada")
    form.get_by_label("Password").fill("geheim")
    button = form.get_by_role("button", name="Sign up")
    assert button.evaluate("one => { one.click(); return [one.textContent, one.disabled] }") == [
        "Wait…",
        True,
    ]
    expect(form.get_by_role("button", name="Sign up")).to_be_enabled()
    expect(form.locator("#said")).to_have_text("Ada False []")


def test_a_password_stays_while_the_page_is_patched(form: Page) -> None:
    form.get_by_label("Password").fill("geheim")
    form.get_by_label("Name").fill("A")
    expect(form.locator(".pv-error")).to_have_count(1)
    form.get_by_label("News").check()
    expect(form.locator("#checks")).not_to_have_text("1")
    expect(form.get_by_label("Password")).to_have_value("geheim")
    assert form.get_by_label("Password").get_attribute("value") is None
    form.get_by_label("Name").fill("Ada")
    expect(form.locator(".pv-error")).to_have_count(
        0
    )  # what goes moves the button, and a click would miss it
    form.get_by_role("button", name="Sign up").click()
    expect(form.locator("#said")).to_have_text("Ada True []")


def add_cities(page: Page, *cities: str) -> None:
    for number, city in enumerate(cities):
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_label("City")).to_have_count(number + 1)
        page.get_by_label("City").nth(number).fill(city)


def expect_cities(page: Page, *cities: str) -> None:
    expect(page.get_by_label("City")).to_have_count(len(cities))
    for number, city in enumerate(cities):
        expect(page.get_by_label("City").nth(number)).to_have_value(city)


def test_entries_are_added_moved_and_removed(form: Page) -> None:
    add_cities(form, "Rome", "Oslo", "Bern")
    form.get_by_role("button", name="Move up").nth(2).click()
    expect_cities(form, "Rome", "Bern", "Oslo")
    form.get_by_role("button", name="Remove").first.click()
    expect_cities(form, "Bern", "Oslo")
    form.get_by_label("City").nth(1).fill("O")
    expect(form.locator("li").nth(1).locator(".pv-error")).to_have_text("At least 2 characters, please.")
    form.get_by_role("button", name="Move up").nth(1).click()
    expect_cities(form, "O", "Bern")
    expect(form.locator("li").first.locator(".pv-error")).to_have_count(1)
    form.get_by_role("button", name="Remove").first.click()
    expect_cities(form, "Bern")
    sign_up(form, "Ada")
    expect(form.locator("#said")).to_have_text("Ada False ['Bern']")


HANDS = """
const form = document.querySelector("form.pv-form");
const cities = () => [...form.querySelectorAll("input[name$='[city]']")];
const press = (words, place = 0) => {
  const button = [...form.querySelectorAll("button")]
    .filter((one) => [one.textContent, one.ariaLabel].includes(words))[place];
  button.focus();
  button.click();
};
const type = (place, text) => {
  cities()[place].focus();
  cities()[place].value = text;
  cities()[place].dispatchEvent(new Event("input", { bubbles: true }));
};
"""
"""For what is done all in one task, before any answer can have come."""


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        ("press('Remove')", ["Oslo", "Bern"]),
        ("press('Remove'); press('Remove', 2)", ["Oslo"]),
        ("press('Remove'); type(1, 'Ulm')", ["Ulm", "Bern"]),
        ("type(1, 'Ulm'); press('Remove'); type(2, 'Bonn')", ["Ulm", "Bonn"]),
        ("press('Move up', 2)", ["Rome", "Bern", "Oslo"]),
        ("press('Move up', 2); press('Remove', 0)", ["Bern", "Oslo"]),
        ("press('Move up', 2); press('Move up', 1)", ["Rome", "Oslo", "Bern"]),
        ("press('Add'); type(0, 'Ulm')", ["Ulm", "Oslo", "Bern", ""]),
        ("press('Add'); press('Remove', 1)", ["Rome", "Bern", ""]),
    ],
)
@pytest.mark.parametrize("submit", [False, True])
def test_changes_by_a_button_stay_until_the_reply(
    form: Page, acts: str, expected: list[str], submit: bool
) -> None:
    add_cities(form, "Rome", "Oslo", "Bern")
    form.get_by_label("Name").fill("Ada")
    form.get_by_label("Password").fill("geheim")
    form.evaluate(f"() => {{ {HANDS} {acts}; {'form.requestSubmit()' if submit else ''} }}")
    expect_cities(form, *expected)
    if submit and all(expected):
        expect(form.locator("#said")).to_have_text(f"Ada False {expected}")
    settle(form)
    expect_cities(form, *expected)


def settle(page: Page) -> None:
    """Wait until neither the browser nor the server has anything pending."""
    expect(page.locator("[data-phx-ref-src]")).to_have_count(0)
    checks = page.locator("#checks").inner_text()
    page.evaluate(f"{HANDS} type(0, cities()[0].value)")
    expect(page.locator("#checks")).not_to_have_text(checks)
    expect(page.locator("[data-phx-ref-src]")).to_have_count(0)


def test_changes_by_a_button_stay_while_a_later_event_is_pending(form: Page) -> None:
    add_cities(form, "Rome", "Oslo", "Bern")
    settle(form)
    checks = int(form.locator("#checks").inner_text())
    form.evaluate(f"() => {{ {HANDS} press('Remove'); type(1, 'Slow') }}")
    expect(form.locator("#checks")).to_have_text(str(checks + 1))
    form.evaluate(f"() => {{ {HANDS} if (cities().length === 3) type(2, 'Bonn') }}")
    settle(form)
    assert form.get_by_label("City").count() == 2
    expect(form.get_by_label("City").first).to_have_value("Slow")


def test_changes_by_a_button_end_with_their_reply(form: Page) -> None:
    add_cities(form, "Rome", "Oslo", "Bern")
    form.evaluate(f"() => {{ {HANDS} press('Remove') }}")
    expect_cities(form, "Oslo", "Bern")
    form.evaluate(
        f"() => {{ {HANDS} liveSocket.js().push(form, 'note', {{value: {{note: ''}}}}); type(0, 'Ulm') }}"
    )
    settle(form)
    expect_cities(form, "Ulm", "Bern")


def test_changes_by_a_button_end_with_the_connection(form: Page) -> None:
    add_cities(form, "Rome", "Oslo", "Bern")
    settle(form)
    form.evaluate(f"() => {{ {HANDS} type(1, 'Slow'); press('Remove') }}")
    break_off(form)
    settle(form)
    left = form.get_by_label("City").count()
    assert left in (2, 3)
    settle(form)
    assert form.get_by_label("City").count() == left
    expect(form.get_by_label("City").last).to_have_value("Bern")


def reconnect(page: Page) -> None:
    page.evaluate("window.liveSocket.disconnect()")
    expect(page.locator(LIVE)).to_have_count(0)
    page.evaluate("window.liveSocket.connect()")


def crash(page: Page) -> None:
    page.get_by_role("button", name="Boom").click()


@pytest.mark.parametrize("lose", [reconnect, crash])
def test_typed_text_survives(form: Page, lose: Callable[[Page], None]) -> None:
    add_cities(form, "Rome")
    form.get_by_label("Name").fill("A")
    form.get_by_label("Password").fill("geheim")
    form.get_by_label("Note").fill("milk")
    expect(form.locator(".pv-error")).to_have_count(1)
    lose(form)
    expect(form.locator(LIVE)).to_be_attached()
    expect(form.locator("#restored")).to_have_text("restored milk")
    expect(form.get_by_label("Name")).to_have_value("A")
    expect(form.get_by_label("Password")).to_have_value("geheim")
    expect(form.locator(".pv-error")).to_have_text("At least 2 characters, please.")
    expect_cities(form, "Rome")
    form.get_by_label("Name").fill("Ada")
    expect(form.locator(".pv-error")).to_have_count(
        0
    )  # what goes moves the button, and a click would miss it
    form.get_by_role("button", name="Sign up").click()
    expect(form.locator("#said")).to_have_text("Ada False ['Rome']")


def test_a_form_is_submitted_over_http_with_its_values(form: Page, app_url: str) -> None:
    sign_up(form, "Go")
    expect(form).to_have_url(f"{app_url}/posted")
    expect(form.locator("pre")).to_contain_text("('account[password]', 'geheim')")


def test_a_form_without_the_script(new_context: Callable[..., Any], app_url: str) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(app_url)
    sign_up(page, "Ada")
    expect(page).to_have_url(f"{app_url}/posted")
    expect(page.locator("pre")).to_contain_text("('account[name]', 'Ada')")


# Links and buttons


def test_a_link_with_a_method_sends_the_csrf_token(components: Page, app_url: str) -> None:
    components.get_by_role("link", name="Post").click()
    expect(components).to_have_url(f"{app_url}/posted")
    expect(components.locator("pre")).to_have_text("POST with token []")
    components.go_back()
    expect(components.locator(LIVE)).to_be_attached()


def test_a_confirmation_must_be_accepted(components: Page, app_url: str) -> None:
    answers = iter([False, True, False, True])

    def answer(dialog: Dialog) -> None:
        dialog.accept() if next(answers) else dialog.dismiss()

    components.on("dialog", answer)
    for expected in ("0", "1"):
        components.get_by_role("button", name="Count").click()
        expect(components.locator("#count")).to_have_text(expected)
    components.get_by_role("link", name="Delete").click()
    expect(components).to_have_url(f"{app_url}/components")
    components.get_by_role("link", name="Delete").click()
    expect(components.locator("pre")).to_have_text("POST with token [('_method', 'delete')]")


def test_a_link_with_an_unsafe_url_does_nothing(components: Page, app_url: str) -> None:
    components.evaluate(
        """() => {
          const link = Object.assign(document.createElement("a"), {id: "evil", href: "#", textContent: "evil"});
          link.dataset.method = "post";
          link.dataset.to = "javascript:document.body.remove()";
          document.body.append(link);
        }"""
    )
    components.locator("#evil").click()
    expect(components.locator("#count")).to_be_attached()
    expect(components).to_have_url(f"{app_url}/components")


# Dialogs, messages, portals


def test_a_dialog_traps_and_restores_the_focus(components: Page) -> None:
    opener = components.get_by_role("button", name="Open")
    dialog = components.get_by_role("dialog", name="About")
    expect(dialog).to_be_hidden()
    opener.click()
    expect(dialog).to_be_visible()
    expect(components.get_by_role("link", name="First")).to_be_focused()
    for _ in range(5):
        components.keyboard.press("Tab")
        assert components.evaluate("document.querySelector('#about-panel').contains(document.activeElement)")
    components.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    expect(components.locator("#count")).to_have_text("1")


def test_a_closed_dialog_ignores_keys(components: Page) -> None:
    components.keyboard.press("Escape")
    components.get_by_role("button", name="Say").click()
    expect(components.locator("#flash-info")).to_be_visible()
    expect(components.locator("#count")).to_have_text("0")


@pytest.mark.parametrize("how", ["cross", "beside"])
def test_a_dialog_is_closed_by_its_cross_and_beside_it(components: Page, how: str) -> None:
    components.get_by_role("button", name="Open").click()
    dialog = components.get_by_role("dialog", name="About")
    expect(components.get_by_role("link", name="First")).to_be_focused()
    if how == "cross":
        dialog.get_by_role("button", name="Close").click()
    else:
        components.mouse.click(5, 5)
    expect(dialog).to_be_hidden()
    expect(components.locator("#count")).to_have_text("1")


BESIDE = """document.elementFromPoint(5, 5).dispatchEvent(new MouseEvent("click", {bubbles: true}));"""
ESCAPE = (
    """document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape", bubbles: true}));"""
)
CROSS = """document.querySelector("#about-panel .pv-close").click();"""


@pytest.mark.parametrize("close", [BESIDE, ESCAPE, CROSS], ids=["beside", "escape", "cross"])
def test_a_dialog_is_open_and_closed_at_once_however_slow_the_browser_draws(
    components: Page, close: str
) -> None:
    opener = components.get_by_role("button", name="Open")
    dialog = components.get_by_role("dialog", name="About")
    for count, wish in enumerate([close, close + close], 1):
        opener.evaluate(
            f"opener => {{ opener.click(); {wish} }}"
        )  # in one task, so that nothing is drawn in between
        expect(components.locator("#count")).to_have_text(str(count))
        expect(dialog).to_be_hidden()
        expect(opener).to_be_focused()
    opener.evaluate(f"opener => {{ opener.click(); {close} opener.click() }}")
    expect(components.locator("#count")).to_have_text("3")
    expect(dialog).to_be_visible()
    expect(components.get_by_role("link", name="First")).to_be_focused()


def test_a_patch_leaves_an_open_dialog_open(components: Page) -> None:
    components.get_by_role("button", name="Open").click()
    expect(components.get_by_role("link", name="First")).to_be_focused()
    components.evaluate("window.liveSocket.js().push(document.querySelector('#count'), 'say')")
    expect(components.locator("#flash-info")).to_be_visible()
    expect(components.get_by_role("dialog", name="About")).to_be_visible()


def test_a_flash_message_is_dismissed(components: Page) -> None:
    components.get_by_role("button", name="Say").click()
    expect(components.get_by_role("alert").filter(has_text="Hello there")).to_be_visible()
    components.locator("#flash-info").get_by_role("button", name="Close").click()
    expect(components.locator("#flash-info")).to_have_count(0)


def test_a_lost_connection_shows_a_message(components: Page) -> None:
    notice = components.locator("#flash-offline")
    expect(notice).to_be_hidden()
    components.evaluate("window.liveSocket.disconnect()")
    expect(notice).to_be_visible()
    components.evaluate("window.liveSocket.connect()")
    expect(notice).to_be_hidden()


def test_a_portal_belongs_to_its_view(components: Page) -> None:
    button = components.locator("#elsewhere").get_by_role("button", name="From afar")
    button.click()
    expect(components.locator("#count")).to_have_text("1")


def test_a_focus_wrap_cycles(components: Page) -> None:
    components.get_by_label("Two").focus()
    components.keyboard.press("Tab")
    expect(components.get_by_label("One")).to_be_focused()
    components.keyboard.press("Shift+Tab")
    expect(components.get_by_label("Two")).to_be_focused()


# The examples


@pytest.fixture(scope="module")
def gallery() -> Iterator[str]:
    with serving(gallery_app) as url:
        yield url


def test_the_registration(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/registration/")
    page.get_by_label("Name").fill("Grace Hopper")
    page.get_by_label("E-mail").fill("ada@example.org")
    page.get_by_label("Password", exact=False).first.fill("a long one")
    page.get_by_label("The password again").fill("a long one")
    page.get_by_label("Team, up to ten").check()
    page.get_by_label("Street").fill("Main Street 1")
    page.get_by_label("Postcode").fill("12345")
    page.get_by_label("City").fill("Arlington")
    page.get_by_label("I have read the terms").check()
    page.get_by_role("button", name="Open the account").click()
    expect(page.locator(".pv-error")).to_have_text("There is an account with this address already.")
    page.get_by_label("E-mail").fill("grace@example.org")
    page.get_by_role("button", name="Add an address").click()
    page.get_by_label("Street").nth(1).fill("Side Street 2")
    page.get_by_role("button", name="Open the account").click()
    expect(page.locator(".address").nth(1).locator(".pv-error")).to_have_count(2)
    page.get_by_role("button", name="Remove").nth(1).click()
    expect(page.locator(".address")).to_have_count(1)
    page.get_by_role("button", name="Open the account").click()
    expect(page.get_by_role("heading", name="Welcome, Grace Hopper")).to_be_visible()
    expect(page.locator(".lede")).to_contain_text("Team, up to ten. Letters go to Main Street 1, Arlington.")


def test_the_components(page: Page, gallery: str) -> None:
    visit(page, f"{gallery}/components/")
    page.get_by_role("link", name="Post").click()
    expect(page.locator("#method")).to_have_text("The request method was post.")
    expect(page.locator(LIVE)).to_be_attached()
    page.get_by_role("button", name="Open on the server").click()
    dialog = page.get_by_role("dialog", name="A question from the server")
    expect(dialog.get_by_role("button", name="Yes")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Open on the server")).to_be_focused()
    page.get_by_role("button", name="How is the weather?").click()
    expect(page.locator("#forecast")).to_contain_text("scones")
    for number in (4, 5):
        page.get_by_role("button", name="Add a tea").click()
        expect(page.get_by_text(f"Tea number {number}")).to_be_visible()
    expect(page.locator("#arrivals-rows tr:not(.pv-only) td:first-child")).to_have_text(
        ["Tea number 5", "Tea number 4"]
    )
    expect(page.locator("#arrivals-empty")).to_be_hidden()
