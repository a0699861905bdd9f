"""Forms in the testing client: input, sent data, values after a patch."""

from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from pyview.testing import ElementNotFound, LiveClient, Page, PageError
from pyview.testing.forms import unused_name, urlencode
from tests.testing.handmade import Handmade, HandmadeView

FORM = """
<form id="f" phx-change="validate" phx-submit="save" phx-value-kind="draft">
  <input type="hidden" name="_csrf_token" value="CSRF">
  <input name="user[name]" value="Ann">
  <input id="email" name="user[email]" value="{email}">
  <textarea name="about">
two
lines</textarea>
  <select name="size">
    <option value="s">small</option><option value="m" selected>medium</option><option>xl</option>
  </select>
  <select name="colors[]" multiple><option selected>red</option><option>blue</option></select>
  <label><input type="checkbox" name="agree" value="yes"> I agree</label>
  <input type="checkbox" name="tags[]" value="a" checked><input type="checkbox" name="tags[]" value="b">
  <input type="radio" name="pay" value="card" checked><input type="radio" name="pay" value="cash">
  <fieldset disabled><input name="hidden_by_fieldset" value="no"></fieldset>
  <input name="nameless_is_next" disabled value="no"><input value="no name">
  <button name="how" value="save">Save</button>
  <button name="how" value="publish">Publish</button>
</form>
<form id="single"><input name="only" phx-change="one" phx-target="#card" value="1"><input name="other" value="2"></form>
<div id="card"></div>
"""


class Form(HandmadeView):
    def rendered(self) -> dict[str, Any]:
        before, after = FORM.split("{email}")
        return {"s": [before, after], "0": "a@x"}

    async def event(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {"diff": {"0": "server@x"}} if payload["event"] == "rename" else {}


def events(server: Handmade) -> list[dict[str, Any]]:
    return [frame[4] for frame in server.got if frame[3] == "event"]


def pairs(payload: dict[str, Any]) -> list[tuple[str, str]]:
    return parse_qsl(payload["value"], keep_blank_values=True)


async def test_a_change_sends_the_whole_form_and_marks_unused_fields() -> None:
    server = Handmade({"/form": Form})
    async with LiveClient(server.app()) as client:
        page = await client.open("/form")
        await page.change("#f", {"user[name]": "Bea & co"})
        await page.change("#email", "b@x")
    first, second = events(server)
    assert first["type"] == "form"
    assert first["event"] == "validate"
    assert first["meta"] == {"_target": "user[name]", "kind": "draft"}
    assert first["uploads"] == {}
    assert pairs(first) == [
        ("_csrf_token", "CSRF"),
        ("user[name]", "Bea & co"),
        ("user[_unused_email]", ""),
        ("user[email]", "a@x"),
        ("_unused_about", ""),
        ("about", "two\nlines"),
        ("_unused_size", ""),
        ("size", "m"),
        ("_unused_colors[]", ""),
        ("colors[]", "red"),
        ("_unused_tags[]", ""),
        ("tags[]", "a"),
        ("_unused_pay", ""),
        ("pay", "card"),
    ]
    assert second["meta"]["_target"] == "user[email]"
    assert ("user[name]", "Bea & co") in pairs(second)
    assert "user[_unused_email]" not in dict(pairs(second))


async def test_a_submit_sends_everything_as_used_and_the_button() -> None:
    server = Handmade({"/form": Form})
    async with LiveClient(server.app()) as client:
        page = await client.open("/form")
        values = {
            "about": None,
            "size": "xl",
            "colors[]": ["blue"],
            "agree": True,
            "tags[]": ["b"],
            "pay": "cash",
        }
        await page.submit("#f", values)
        await page.submit("#f", submitter="button[value=publish]")
        await page.click("button", text="Publish")
    first, second, third = events(server)
    assert first["meta"] == {"kind": "draft"}
    assert "uploads" not in first
    assert pairs(first) == [
        ("_csrf_token", "CSRF"),
        ("user[name]", "Ann"),
        ("user[email]", "a@x"),
        ("about", ""),
        ("size", "xl"),
        ("colors[]", "blue"),
        ("agree", "yes"),
        ("tags[]", "b"),
        ("pay", "cash"),
        ("how", "save"),
    ]
    assert pairs(second)[-1] == ("how", "publish")
    assert second == third


async def test_clicks_on_boxes_change_them() -> None:
    server = Handmade({"/form": Form})
    async with LiveClient(server.app()) as client:
        page = await client.open("/form")
        await page.click("label", text="I agree")
        await page.click("input[value=cash]")
        await page.click("input[value=a]")
    assert [payload["meta"]["_target"] for payload in events(server)] == ["agree", "pay", "tags[]"]
    last = dict(pairs(events(server)[-1]))
    assert (last["agree"], last["pay"]) == ("yes", "cash")
    assert "tags[]" not in last


async def test_an_input_with_its_own_change_sends_only_itself() -> None:
    server = Handmade({"/form": Form})
    async with LiveClient(server.app()) as client:
        page = await client.open("/form")
        await page.change("#single", {"only": "9"})
    assert events(server) == [
        {"type": "form", "event": "one", "value": "only=9", "meta": {"_target": "only"}, "uploads": {}}
    ]


async def test_a_patch_replaces_typed_values_unless_the_field_has_the_focus() -> None:
    """As in a browser: a form that does not render the sent values loses them."""
    async with LiveClient(Handmade({"/form": Form}).app()) as client:
        page = await client.open("/form")
        await page.change("#f", {"size": "s", "agree": True, "user[name]": "Bea", "user[email]": "typed@x"})
        assert (page.value("[name='user[name]']"), page.value("[name=size]")) == ("Bea", "s")
        await page.push("rename")
        assert (page.value("[name='user[name]']"), page.value("[name=size]")) == ("Ann", "m")
        assert page.value("#email") == "typed@x"
        await page.click("#card")
        await page.push("rename")
        assert page.value("#email") == "server@x"


class Parts(HandmadeView):
    """A field in each of: the view itself, an untouched element, a component, an ignored element."""

    def rendered(self) -> dict[str, Any]:
        component = {"s": ['<div><input name="c">', "</div>"], "0": "", "r": 1}
        return {
            "s": [
                '<form><input name="v">',
                "",
                "",
                '<div phx-update="ignore"><input name="i"></div>',
                "</form>",
            ],
            **{"0": {"s": ['<p><input name="r"></p>'], "r": 1}, "1": 1, "2": "", "3": ""},
            "c": {"1": component},
        }

    async def event(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {"diff": payload["value"]}


@pytest.mark.parametrize(
    ("diff", "kept"),
    [
        ({"2": "x"}, "rci"),
        ({"0": {"s": ['<p><input name="r"></p>'], "r": 1}}, "ci"),
        ({"2": "x", "c": {"1": {"0": "x"}}}, "ri"),
        ({"c": {"1": {"0": "x"}}}, "vri"),
        ({"t": "only the title"}, "vrci"),
    ],
)
async def test_a_patch_reaches_only_what_the_diff_changed(diff: dict[str, Any], kept: str) -> None:
    async with LiveClient(Handmade({"/parts": Parts}).app()) as client:
        page = await client.open("/parts")
        await page.change("form", dict.fromkeys("vrci", "typed"))
        await page.click("footer")
        await page.push("diff", diff)
        assert "".join(name for name in "vrci" if page.value(f"[name={name}]") == "typed") == kept


async def test_unknown_fields_and_options_are_errors() -> None:
    async with LiveClient(Handmade({"/form": Form}).app()) as client:
        page = await client.open("/form")
        with pytest.raises(
            ElementNotFound, match=r"no field 'emial'; it has \['_csrf_token', 'user\[name\]'"
        ):
            await page.submit("#f", {"emial": "x"})
        with pytest.raises(ElementNotFound, match=r"no option .'xxl'.*\['m', 's', 'xl'\]"):
            await page.change("#f", {"size": "xxl"})
        with pytest.raises(ElementNotFound, match="no radio named 'pay' has the value"):
            await page.change("#f", {"pay": "gold"})
        with pytest.raises(PageError, match="a disabled field cannot be changed"):
            await page.change("#f", {"nameless_is_next": "x"})


class Classic(HandmadeView):
    def rendered(self) -> dict[str, Any]:
        return {
            "s": [
                '<form method="post" action="/login"><input name="user"><input type="hidden" name="t" value="T">'
                "<button>In</button></form>"
                '<form id="search" action="/form?old=1"><input name="q" value="a b"></form>'
                '<form id="later" method="post" action="/login" phx-submit="check"',
                "><input name=user value=eve></form>",
            ],
            "0": "",
        }

    async def event(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {"diff": {"0": " phx-trigger-action"}}


async def login(request: Request) -> Response:
    form = await request.form()
    response = RedirectResponse(f"/welcome/{form['user']}", status_code=303)
    response.set_cookie("user", str(form["user"]))
    return response


async def welcome(request: Request) -> Response:
    return HTMLResponse(f"<h1>Hello {request.path_params['name']}, {request.cookies['user']}</h1>")


def classic() -> Handmade:
    routes = [Route("/login", login, methods=["POST"]), Route("/welcome/{name}", welcome)]
    return Handmade({"/classic": Classic, "/form": Form}, routes)


async def opened(client: LiveClient) -> Page:
    return await client.open("/classic")


async def test_a_form_without_phx_submit_goes_over_http() -> None:
    async with LiveClient(classic().app()) as client:
        page = await opened(client)
        await page.submit("form[action='/login']:not([id])", {"user": "zoë"})
        assert page.find("h1").text == "Hello zoë, zoë"
        assert page.path == "/welcome/zo%C3%AB"


async def test_a_get_form_replaces_the_query() -> None:
    async with LiveClient(classic().app()) as client:
        page = await opened(client)
        await page.submit("#search")
        assert page.path == "/form?q=a+b"
        assert page.connected


async def test_the_server_can_ask_for_the_form_over_http() -> None:
    async with LiveClient(classic().app()) as client:
        page = await opened(client)
        await page.submit("#later")
        assert page.find("h1").text == "Hello eve, eve"


def test_unused_names() -> None:
    assert unused_name("email") == "_unused_email"
    assert unused_name("user[email]") == "user[_unused_email]"
    assert unused_name("tags[]") == "_unused_tags[]"
    assert unused_name("user[tags][]") == "user[_unused_tags][]"


@given(st.lists(st.tuples(st.text(), st.text())))
def test_urlencoding_can_be_read_back(entries: list[tuple[str, str]]) -> None:
    encodable = [(name, value) for name, value in entries if not _surrogates(name + value)]
    expected = [pair for pair in encodable]
    text = urlencode(encodable)
    assert parse_qsl(text, keep_blank_values=True) == expected
    assert "~" not in text


def _surrogates(text: str) -> bool:
    return any(0xD800 <= ord(character) <= 0xDFFF for character in text)
