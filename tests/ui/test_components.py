"""Links, messages, dialogs, tables: their markup and errors."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyview.background.result import AsyncFailure, AsyncResult
from pyview.navigation import UnsafeURL
from pyview.ui import hide_modal, show_modal
from tests.ui.pages import Page, only, rendered

UNSAFE = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "\x01javascript:alert(1)",
    "vbscript:x",
    "data:text/html,<script>alert(1)</script>",
]


def link(call: str, **names: Any) -> dict[str, Any]:
    return dict(only(rendered("{{ ui.link('x', " + call + ") }}", **names), "a").attrs)


# Links

ADDRESSES = Page("{{ ui.link('x', href=url) }}")


def test_links_within_the_view_and_to_another_one() -> None:
    assert link('patch="/users?page=2"') == {
        "href": "/users?page=2",
        "data-phx-link": "patch",
        "data-phx-link-state": "push",
    }
    assert link('navigate="/users", replace=true, class="nav"') == {
        "href": "/users",
        "data-phx-link": "redirect",
        "data-phx-link-state": "replace",
        "class": ["nav"],
    }


def test_links_that_load_a_page() -> None:
    assert link('href="https://example.org/?a=1&b=2"') == {"href": "https://example.org/?a=1&b=2"}
    assert link('href="mailto:a@example.org"') == {"href": "mailto:a@example.org"}
    assert link('href="/file", download=true')["download"] == ""


def test_links_that_ask_as_a_form_does() -> None:
    assert link('href="/sign-out", method="delete", confirm="Sure?"') == {
        "href": "/sign-out",
        "data-method": "delete",
        "data-to": "/sign-out",
        "data-confirm": "Sure?",
        "rel": ["nofollow"],
    }
    assert link('href="/x", method="get"') == {"href": "/x"}


@pytest.mark.parametrize("url", UNSAFE)
def test_an_address_that_would_run_leads_nowhere(url: str) -> None:
    assert link("href=url", url=url)["href"].startswith("unsafe:")
    found = link('href=url, method="post"', url=url)
    assert found["href"].startswith("unsafe:")
    assert found["data-to"].startswith("unsafe:")


@pytest.mark.parametrize(
    "url", [*UNSAFE, "//evil.example", "/\\evil.example", "https://evil.example", "users:7", " users", ""]
)
@pytest.mark.parametrize("kind", ["patch", "navigate"])
def test_live_links_stay_on_the_site(kind: str, url: str) -> None:
    with pytest.raises(UnsafeURL):
        link(f"{kind}=url", url=url)


@pytest.mark.parametrize("url", ["/users", "?page=2", "#top", "users", "./a:b", "../users", "."])
@pytest.mark.parametrize("kind", ["patch", "navigate"])
def test_live_links_may_count_from_the_page(kind: str, url: str) -> None:
    assert link(f"{kind}=url", url=url)["href"] == url


def test_a_link_has_one_url_and_a_known_method() -> None:
    with pytest.raises(TypeError, match="expected one of href, patch and navigate for a link, got none"):
        link("class='x'")
    with pytest.raises(TypeError, match="got href and patch"):
        link("href='/', patch='/'")
    with pytest.raises(
        ValueError, match="expected one of get, post, put, patch, delete as the method of a link, got 'steal'"
    ):
        link("href='/', method='steal'")


@given(st.text(max_size=20))
def test_any_url_stays_in_its_attribute(url: str) -> None:
    soup = ADDRESSES.render(url=url)
    assert set(only(soup, "a").attrs) == {"href"}
    assert len(soup.find_all(True)) == 1


def test_content_of_ones_own() -> None:
    soup = rendered(
        "{% call ui.link(href='/') %}<b>{{ text }}</b>{% endcall %}{% call ui.button() %}<i>x</i>{% endcall %}",
        text="<",
    )
    assert only(soup, "a > b").text == "<"
    assert only(soup, "button.pv-button > i").text == "x"


def test_a_button_with_a_look() -> None:
    button = only(
        rendered('{{ ui.button("Go", variant="primary", type="submit", phx_disable_with="...") }}'), "button"
    )
    assert button.attrs == {"class": ["pv-button", "pv-primary"], "type": "submit", "phx-disable-with": "..."}


# Messages


def test_flash_messages_can_be_put_away() -> None:
    page = Page("{{ ui.flash_group(flash) }}")
    soup = page.render(flash={"info": "Saved <b>"})
    message = only(soup, "#flash-info")
    assert only(message, "p").text == "Saved <b>"
    assert message["role"] == "alert"
    close = only(message, "button")
    assert close["aria-label"] == "Close"
    assert commands(close["phx-click"])[0] == ["push", {"event": "lv:clear-flash", "value": {"key": "info"}}]
    assert not page.render(flash={}).select("#flash-info")


def test_a_notice_shows_while_the_connection_is_lost() -> None:
    soup = rendered("{{ ui.flash_group({}, offline='Weg.') }}")
    notice = only(soup, "#flash-offline")
    assert notice.has_attr("hidden")
    assert notice.text == "Weg."
    assert commands(notice["phx-disconnected"]) == [
        ["remove_attr", {"attr": "hidden", "to": ".phx-client-error #flash-offline"}]
    ]
    assert commands(notice["phx-connected"]) == [
        ["set_attr", {"attr": ["hidden", ""], "to": "#flash-offline"}]
    ]


def commands(attribute: Any) -> list[Any]:
    found: list[Any] = json.loads(str(attribute))
    return found


# Dialogs


def test_a_dialog_is_named_and_wraps_the_focus() -> None:
    soup = rendered('{% call ui.modal("ask", "Really?", on_cancel="no") %}<p>Text</p>{% endcall %}')
    panel = only(soup, "#ask-panel")
    assert (panel["role"], panel["aria-modal"], panel["aria-labelledby"]) == ("dialog", "true", "ask-title")
    assert only(soup, "#ask-title").text == "Really?"
    assert (panel["phx-hook"], panel["phx-key"]) == ("Phoenix.FocusWrap", "escape")
    assert only(soup, "#ask").has_attr("hidden")
    assert not only(soup, "#ask").has_attr("phx-mounted")
    assert commands(only(soup, "#ask")["data-cancel"]) == [
        ["push", {"event": "no"}],
        *as_list(hide_modal("ask")),
    ]
    assert commands(panel["phx-window-keydown"]) == [
        ["exec", {"attr": "data-cancel", "to": "#ask:not([hidden])"}]
    ]
    first, *_, last = panel.select(":scope > *")
    assert (first["id"], last["id"]) == ("ask-panel-start", "ask-panel-end")


def as_list(chain: Any) -> list[Any]:
    found: list[Any] = json.loads(str(chain))
    return found


def test_a_dialog_that_the_server_shows() -> None:
    soup = rendered('{% call ui.modal("ask", show=true) %}Text{% endcall %}')
    shown, opened = commands(only(soup, "#ask")["phx-mounted"]), as_list(show_modal("ask"))
    assert shown == [["push_focus", {"to": ":focus"}], *opened[1:]]
    assert not only(soup, "#ask-panel").has_attr("aria-labelledby")


def test_commands_that_open_a_dialog_can_be_extended() -> None:
    soup = rendered(
        """<a phx-click="{{ ("ask" | ui.show_modal).push("opened") }}"></a>
        <b phx-click="{{ ui.show_modal("ask") }}"></b>"""
    )
    assert commands(only(soup, "a")["phx-click"]) == [
        *as_list(show_modal("ask")),
        ["push", {"event": "opened"}],
    ]
    assert commands(only(soup, "b")["phx-click"]) == as_list(show_modal("ask"))


def test_focus_wrap_and_portal_as_the_client_knows_them() -> None:
    soup = rendered(
        '{% call ui.focus_wrap("w", class="x") %}in{% endcall %}{% call ui.portal("p", "#top") %}in{% endcall %}'
    )
    wrap = only(soup, "#w")
    assert (wrap["phx-hook"], wrap["class"]) == ("Phoenix.FocusWrap", ["x"])
    assert [one.attrs for one in wrap.select(":scope > div")] == [
        {"id": "w-start", "tabindex": "0", "aria-hidden": "true"},
        {"id": "w-end", "tabindex": "0", "aria-hidden": "true"},
    ]
    template = only(soup, "template#p")
    assert template["data-phx-portal"] == "#top"
    assert (
        str(template)
        == '<template data-phx-portal="#top" id="p"><div id="_lv_portal_wrap_p">in</div></template>'
    )


# Data


@dataclass(frozen=True)
class User:
    id: int
    name: str


TABLE = """{% call(user) ui.table("users", users, ["Name"], key="id", caption="Everybody", empty="Nobody.") %}
  <td>{{ user.name }}</td>{% endcall %}"""


def test_a_table_has_headings_rows_and_a_word_for_none() -> None:
    page = Page(TABLE)
    soup = page.render(users=[])
    assert only(soup, "tbody").text == "Nobody."
    soup = page.render(users=[User(1, "Ada"), User(2, "<Bea>")])
    assert only(soup, "th").attrs == {"scope": "col"}
    assert only(soup, "caption").text == "Everybody"
    assert [cell.text for cell in soup.select("td")] == ["Ada", "<Bea>"]
    page.render(users=[User(2, "<Bea>"), User(1, "Ada"), User(3, "Eve")])


def test_a_row_that_moves_is_sent_as_a_move() -> None:
    page = Page(TABLE)
    users = [User(number, f"Somebody called {number}") for number in range(20)]
    page.render(users=users)
    diff = page._rendering.update({"users": [users[-1], *users[:-1]]})
    assert "Somebody" not in str(diff)


def test_rows_may_be_dicts_or_have_no_key() -> None:
    source = "{% call(row) ui.table('t', rows, ['A'], key=key) %}<td>{{ row.a }}</td>{% endcall %}"
    for key in ("a", None):
        assert [one.text for one in rendered(source, rows=[{"a": 1}, {"a": 2}], key=key).select("td")] == [
            "1",
            "2",
        ]


def test_async_results_in_their_states() -> None:
    page = Page(
        "{% call(found) ui.async_result(state, failed='Not there.') %}<b>{{ found }}</b>{% endcall %}"
    )
    assert page.render(state=AsyncResult(loading=True)).text == "Loading…"
    assert only(page.render(state=AsyncResult.of("tea")), "b").text == "tea"
    failure = AsyncFailure("crashed", ValueError("secret"), "1")
    assert page.render(state=AsyncResult(failed=failure)).text == "Not there."
