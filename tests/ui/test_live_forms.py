"""Forms and links on a live page, used by the client in memory."""

from typing import Any

import pytest
from pydantic import BaseModel, Field, SecretStr
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pyview import LiveView, PyView
from pyview.events import event
from pyview.forms import Form
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, Page


class Address(BaseModel):
    city: str = Field(min_length=2)


class Account(BaseModel):
    name: str = Field(min_length=2)
    password: SecretStr
    news: bool = False
    colors: list[str] = []
    addresses: list[Address] = Field(default=[], max_length=4)


SOURCE = """{% import "pyview/components.html" as ui %}
{% call ui.form(account, phx_change="check", phx_submit="save", action="/signed-up", phx_trigger_action=done) %}
  {{ ui.input(account.name) }}{{ ui.input(account.password) }}{{ ui.input(account.news) }}
  {{ ui.input(account.colors, type="select", options=["red", "blue"]) }}
  {% call(address) ui.inputs_for(account.addresses) %}
    <li>{{ ui.input(address.city) }}{{ ui.remove_button(address) }}{{ ui.move_button(address, -1) }}</li>
  {% endcall %}
  {{ ui.add_button(account.addresses, "Add an address") }}
  {{ ui.button("Sign up", type="submit") }}
{% endcall %}
<p id="result">{{ result }}</p>
{{ ui.link("Sign out", href="/signed-up", method="delete") }}
"""


class AccountLiveView(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string(SOURCE)

    async def mount(self, socket: Any, session: Any) -> None:
        socket.context = {"account": Form(Account, as_="account"), "result": "", "done": False}

    @event
    async def check(self, socket: Any, account: Form[Account]) -> None:
        socket.context["account"] = account

    @event
    async def save(self, socket: Any, account: Form[Account]) -> None:
        if account.valid and account.value.name == "Taken":
            account = account.with_error("name", "This name is taken.")
        socket.context["account"] = account
        if saved := account.save():
            socket.context["result"] = (
                f"{saved.name} {saved.news} {saved.colors} {[one.city for one in saved.addresses]}"
            )
            socket.context["done"] = saved.name == "Go"


async def signed_up(request: Request) -> Response:
    form = await request.form()
    return PlainTextResponse(
        f"{request.method} {sorted((name, str(value)) for name, value in form.multi_items())}"
    )


@pytest.fixture
def app() -> PyView:
    app = PyView(routes=[Route("/signed-up", signed_up, methods=["POST"])])
    app.add_live_view("/", AccountLiveView)
    return app


def cities(page: Page) -> list[str]:
    return [page.value(one) for one in page.find_all("li input:not([type=hidden])")]


async def test_errors_show_for_used_fields_and_after_submit_for_all(app: PyView) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        assert not page.exists(".pv-error")
        await page.change("form", {"account[name]": "A"})
        assert [one.text for one in page.find_all(".pv-error")] == ["At least 2 characters, please."]
        await page.submit("form")
        assert [one.text for one in page.find_all(".pv-error")] == [
            "At least 2 characters, please.",
            "Please fill this in.",
        ]
        await page.submit(
            "form", {"account[name]": "Ada", "account[password]": "x", "account[colors][]": ["blue"]}
        )
        assert page.find("#result").text == "Ada False ['blue'] []"


async def test_boxes_are_ticked_by_their_name(app: PyView) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.submit("form", {"account[name]": "Ada", "account[password]": "x", "account[news]": True})
        assert page.find("#result").text.startswith("Ada True")
        await page.submit("form", {"account[news]": False, "account[password]": "x"})
        assert page.find("#result").text.startswith("Ada False")


async def test_a_password_stays_while_the_page_is_patched_and_is_never_sent_back(app: PyView) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.change("form", {"account[password]": "geheim"})
        await page.change("form", {"account[name]": "Ada"})
        assert page.value("[type=password]") == "geheim"
        assert "geheim" not in page.html
        await page.submit("form")
        assert page.find("#result").text.startswith("Ada")


async def test_entries_are_added_moved_and_removed(app: PyView) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        for city in ("Rome", "Oslo", "Bern"):
            await page.click("button", "Add an address")
            assert not page.exists(".pv-error")
            await page.change(page.find_all("li input:not([type=hidden])")[-1], city)
        assert cities(page) == ["Rome", "Oslo", "Bern"]
        await page.click("li:nth-of-type(3) [aria-label='Move up']")
        assert cities(page) == ["Rome", "Bern", "Oslo"]
        await page.click("li:nth-of-type(1) button", "Remove")
        assert cities(page) == ["Bern", "Oslo"]
        await page.submit("form", {"account[name]": "Ada", "account[password]": "x"})
        assert page.find("#result").text == "Ada False [] ['Bern', 'Oslo']"


async def test_all_entries_can_be_removed(app: PyView) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("button", "Add an address")
        await page.click("li button", "Remove")
        assert cities(page) == []
        await page.submit("form", {"account[name]": "Ada", "account[password]": "x"})
        assert page.find("#result").text == "Ada False [] []"


async def test_the_application_may_refuse(app: PyView) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.submit("form", {"account[name]": "Taken", "account[password]": "x"})
        assert page.find(".pv-error").text == "This name is taken."
        await page.change("form", {"account[name]": "Free"})
        assert not page.exists(".pv-error")


async def test_a_form_is_recovered_after_a_reconnection_and_a_crash(app: PyView) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("button", "Add an address")
        await page.change(
            "form", {"account[name]": "A", "account[addresses][0][city]": "Rome"}, target="account[name]"
        )
        await page.drop()
        await page.reconnect()
        assert (page.value("#account_name"), cities(page)) == ("A", ["Rome"])
        assert [one.text for one in page.find_all(".pv-error")] == ["At least 2 characters, please."]


async def test_the_view_can_have_a_form_submitted_over_http(app: PyView) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.submit("form", {"account[name]": "Go", "account[password]": "geheim"})
        assert page.path == "/signed-up"
        assert page.has_text("POST")
        assert page.has_text("('account[password]', 'geheim')")


async def test_a_link_asks_by_its_method(app: PyView) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.click("a", "Sign out")
        assert page.text == "POST [('_method', 'delete')]"


@pytest.mark.parametrize(
    "value",
    [
        "account=1",
        "account[addresses]=1",
        "account[addresses][]=1",
        "account[addresses][0]=1",
        "account[addresses][0][city][x]=1",
        "account[addresses][x][_persistent_id][]=1",
        "account[addresses_sort]=new&account[addresses_drop]=1&account[addresses_move][]=1",
        "account[name][]=1&account[colors]=1&account[news][x]=1&account[password][y]=1",
        "&".join(f"account[addresses][{i}][city]=x" for i in range(150)),
    ],
)
async def test_no_input_ends_the_view(app: PyView, value: str) -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        for meta in ({"_target": "account[name]"}, {}):
            await page.send("event", {"type": "form", "event": "save", "value": value, "meta": meta})
        assert page.find("#result").text == ""
        await page.submit("form", {"account[name]": "Ada", "account[password]": "x"})
