"""Markup and errors of the components for whole applications: navigation, overlays, feedback."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import TemplateSyntaxError

from pyview.navigation import UnsafeURL
from pyview.template.core.values import initials, pages, percent
from pyview.template.live_template import LiveTemplate
from tests.ui.pages import IMPORT, Page, only, rendered


@given(page=st.integers(-5, 400), count=st.integers(1, 300))
def test_pagination_shows_the_first_the_last_and_the_pages_around(page: int, count: int) -> None:
    shown = pages(page, count)
    numbers = [each for each in shown if each is not None]
    here = min(max(page, 1), count)
    assert numbers == sorted(set(numbers))
    assert {1, count, here, max(here - 1, 1), min(here + 1, count)} <= set(numbers)
    assert len(shown) == min(count, 7)
    # A gap stands for two pages at least: one page takes the same place.
    for before, gap, after in zip(shown, shown[1:], shown[2:], strict=False):
        assert gap is not None or (before is not None and after is not None and after - before > 2)


def test_a_list_of_one_page_has_no_pagination() -> None:
    assert not rendered("{{ ui.pagination(1, 1, '?page={page}') }}").select("nav")


def test_the_present_page_is_marked_and_the_ends_have_no_link() -> None:
    soup = rendered("{{ ui.pagination(page, 9, '?q=tea&page={page}') }}", page=1)
    assert only(soup, "[aria-current=page]").text == "1"
    assert [link.attrs["href"] for link in soup.select("[rel]")] == ["?q=tea&page=2"]
    assert only(soup, "[aria-label='Page 9']").attrs["data-phx-link"] == "patch"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Ada Lovelace", "AL"), ("ada", "A"), ("", ""), ("  ", ""), ("A. B. Ceder", "AC"), ("<b> x", "<X")],
)
def test_initials_are_those_of_the_first_and_the_last_word(name: str, expected: str) -> None:
    assert initials(name) == expected


@pytest.mark.parametrize(
    ("value", "top", "expected"),
    [(0, 100, "0 %"), (1, 3, "33 %"), (7, 0, "0 %"), (-1, 5, "0 %"), (9, 5, "100 %")],
)
def test_a_percentage_is_from_0_to_100(value: float, top: float, expected: str) -> None:
    assert percent(value, top) == expected


@pytest.mark.parametrize(
    "call",
    [
        "ui.breadcrumbs([('a', url), ('b', none)])",
        "ui.nav_tabs('N', [('a', url)])",
        "ui.nav_link('a', url)",
        "ui.menu_item('a', navigate=url)",
        "ui.command('a', navigate=url)",
        "ui.pagination(1, 3, url)",
        "ui.stepper(['a', 'b'], 2, to=url)",
    ],
)
def test_live_links_accept_paths_of_this_site_only(call: str) -> None:
    with pytest.raises(UnsafeURL):
        rendered("{{ " + call + " }}", url="https://evil.example/")


@pytest.mark.parametrize(
    "call",
    [
        "ui.badge(text)",
        "ui.kbd(text)",
        "ui.divider(text)",
        "ui.avatar(text)",
        "ui.stat(text, text, change=text)",
        "ui.description_list([(text, text)])",
        "ui.empty_state(text)",
        "ui.alert(text)",
        "ui.progress(text, 1, text=text)",
        "ui.skeleton(label=text)",
        "ui.spinner(text)",
        "ui.stepper([text], label=text)",
        "ui.breadcrumbs([(text, '/'), (text, none)], label=text)",
        "ui.nav_tabs(text, [(text, '/')])",
        "ui.menu_item(text)",
        "ui.command(text, hint=text, words=text)",
        "ui.nav_link(text, '/', count=text)",
        "ui.nav_heading(text)",
        "ui.pagination(2, 3, '?page={page}', label=text, previous=text, next=text, name=text)",
    ],
)
def test_texts_are_escaped(call: str) -> None:
    soup = rendered("{{ " + call + " }}", text="\"'><script>alert(1)</script>")
    assert not soup.select("script")


def test_tabs_connect_each_tab_with_its_panel() -> None:
    page = Page(
        "{% call ui.tabs('t', 'T', selected=chosen, on_select='pick') %}"
        "{% call slot('tab', name='a', label='A') %}one{% endcall %}"
        "{% call slot('tab', name='b', label='B') %}two{% endcall %}{% endcall %}"
    )
    for chosen, text in (("a", "one"), ("b", "two")):
        soup = page.render(chosen=chosen)
        tab = only(soup, "[aria-selected=true]")
        panel = only(soup, "[role=tabpanel]:not([hidden])")
        assert tab.attrs["aria-controls"] == panel.attrs["id"]
        assert panel.attrs["aria-labelledby"] == tab.attrs["id"]
        assert panel.text == text
        # What the server holds back is not sent.
        assert only(soup, "[role=tabpanel][hidden]").text == ""
        assert only(soup, "[tabindex='-1'][role=tab]") != tab


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("ui.badge('x', kind='red')", "got 'red'"),
        ("ui.badge()", "needs 'text'"),
        ("ui.card(titel='x')", "Did you mean 'title'"),
        ("ui.avatar('x', size='xl')", "got 'xl'"),
        ("ui.tabs('t', 'T')", "needs the slot 'tab'"),
        ("ui.shell()", "needs the slot 'nav'"),
    ],
)
def test_a_wrong_call_is_an_error_when_the_template_compiles(call: str, message: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=message):
        LiveTemplate.from_string(IMPORT + "{{ " + call + " }}", "page.html")


def test_only_danger_is_read_at_once() -> None:
    for kind, role in (("info", "status"), ("danger", "alert")):
        alert = only(rendered("{{ ui.alert('T', kind=kind) }}", kind=kind), ".pv-alert")
        assert alert.attrs["role"] == role


def test_messages_leave_unless_they_are_errors() -> None:
    page = Page("{{ ui.flash_group(flash, leave=true) }}")
    soup = page.render(flash={"info": "Saved.", "error": "Broken."})
    first = only(soup, ".pv-timer").attrs["id"]
    assert only(soup, "#flash-info .pv-timer")
    # Another text is another element, whose time begins anew.
    assert only(page.render(flash={"info": "Saved again."}), ".pv-timer").attrs["id"] != first
    assert not rendered("{{ ui.flash_group({'info': 'x'}) }}").select(".pv-timer")


def test_a_step_is_done_present_or_to_come() -> None:
    soup = rendered("{{ ui.stepper(['a', 'b', 'c'], 2, to='?step={step}') }}")
    assert only(soup, "[aria-current=step]").text == "2b"
    assert [link.attrs["href"] for link in soup.select("a")] == ["?step=1"]
    assert only(soup, "a").text == "Done: a"


def test_a_question_runs_its_event_only_after_the_confirmation() -> None:
    soup = rendered("{% call ui.confirm('c', 'Sure?', 'delete') %}Gone.{% endcall %}")
    panel = only(soup, "[role=alertdialog]")
    assert panel.attrs["aria-describedby"] == only(soup, ".pv-content").attrs["id"]
    buttons = {button.text: str(button.attrs["phx-click"]) for button in soup.select(".pv-actions button")}
    assert [name for name, commands in buttons.items() if '"delete"' in commands] == ["Delete"]
