"""Data in `phx-*` bindings and URLs never runs as JS commands or as a program, in text and in a tree."""

import asyncio
import json
from html import unescape
from typing import Any

import pytest
from bs4 import BeautifulSoup
from jinja2 import DictLoader
from markupsafe import Markup

from pyview import LiveView, LiveViewSocket, PyView, js
from pyview.template.environment import create_environment
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, PageError
from pyview.testing.tree_html import to_html
from pyview.uploads.config import UploadConfig
from pyview.uploads.constraints import UploadConstraints
from pyview.uploads.markup import live_file_input
from tests.template.tstrings.pages import build

EVIL = '[["exec",{"attr":"data-x"}]]'
SAFE = js.push("save", value={"id": 7})
NAMES: dict[str, Any] = {
    "evil": EVIL,
    "empty": "",
    "markup": Markup(EVIL),  # noqa: S704
    "rows": [["exec", {}]],
    "save": SAFE,
    "name": "save",
    "run": "JavaScript:alert(1)",
    "url": "https://example.org/?a=1&b=2",
    "number": 5,
}


FILES = {
    "evil.html": "{{ evil }}",
    "save.html": "{{ save }}",
    "attributes.html": 'phx-click="{{ evil }}"',
    "tag.html": "<b {% block attributes %}{% endblock %}></b>",
    "frame.html": '<b phx-click="{% block event %}{% endblock %}"></b>',
}


def page(source: str) -> str:
    """Return the HTML of a template, after checking that text and tree are the same."""
    template = LiveTemplate.from_string(source, environment=create_environment(DictLoader(FILES)))
    text = template.render(NAMES)
    assert to_html(template.rendering().tree(NAMES)) == text
    return text


def attribute(source: str, name: str) -> str:
    tag = BeautifulSoup(page(source), "html.parser").find(True)
    assert tag is not None
    return str(tag[name])


class TestBindings:
    @pytest.mark.parametrize(
        "value",
        [
            "{{ evil }}",
            "{{ empty }}{{ evil }}",
            "{{ evil|e }}",
            "{{ markup }}",
            "{{ rows }}",
            "{% if name %}{{ evil }}{% endif %}",
            "{% if not name %}save{% endif %}{{ evil }}",
            "{% for one in [evil] %}{{ one }}{% endfor %}",
            "{% with x = evil %}{{ x }}{% endwith %}",
            "{{ evil if name else 'save' }}",
            "{{ (evil, ) | join }}",
            "{% set text %}{{ evil }}{% endset %}{{ text }}",
            "{% macro label(x) %}{{ x }}{% endmacro %}{{ label(evil) }}",
            "{% macro label() %}{{ caller() }}{% endmacro %}{% call label() %}{{ evil }}{% endcall %}",
            "{% filter trim %}{{ evil }}{% endfilter %}",
            "{% block name %}{{ evil }}{% endblock %}",
            "{% include 'evil.html' %}",
            "{% include 'evil.html' ignore missing %}",
            "{% for js in [evil] %}{{ js.strip() }}{% endfor %}",
        ],
    )
    def test_text_becomes_the_name_of_an_unknown_event(self, value: str) -> None:
        assert attribute(f'<b phx-click="{value}"></b>', "phx-click").startswith("unsafe:[")

    @pytest.mark.parametrize(
        "name",
        ["phx-submit", "phx-change", "PHX-CLICK", "phx-window-keydown", "phx-viewport-top", "phx-blur"],
    )
    def test_of_every_event(self, name: str) -> None:
        assert attribute(f"<b {name} = '{{{{ evil }}}}'></b>", name.lower()) == f"unsafe:{EVIL}"

    @pytest.mark.parametrize("name", ["phx-mounted", "phx-remove", "phx-connected", "phx-disconnected"])
    def test_text_in_a_binding_for_commands_only_becomes_no_command(self, name: str) -> None:
        assert attribute(f'<b {name}="{{{{ evil }}}}"></b>', name) == "[]"

    @pytest.mark.parametrize(
        ("value", "written"),
        [
            ("{{ save }}", str(SAFE)),
            ("{{ save if number else name }}", str(SAFE)),
            ('{{ js.push("save", value={"id": 7}) }}', str(SAFE)),
            ("{{ name }}", "save"),
            ("{{ number }}", "5"),
            ("{{ missing }}", ""),
            ("save{{ evil }}", f"save{EVIL}"),
            ("{{ [['hide', {}]]|tojson }}", '[["hide", {}]]'),
            ("{{ evil|safe }}", EVIL),
        ],
    )
    def test_commands_and_names_are_as_they_are(self, value: str, written: str) -> None:
        assert attribute(f"<b phx-click='{value}'></b>", "phx-click") == written

    @pytest.mark.parametrize(
        "value",
        [
            '{% macro open(id) %}{{ js.show("#" ~ id) }}{% endmacro %}<b phx-click="{{ open("x") }}"></b>',
            '{% set go %}{{ save }}{% endset %}<b phx-click="{{ go }}"></b>',
            "<b phx-click=\"{% include 'save.html' %}\"></b>",
            '{% extends "frame.html" %}{% block event %}{{ save }}{% endblock %}',
        ],
    )
    def test_commands_remain_commands_wherever_they_come_from(self, value: str) -> None:
        assert json.loads(attribute(value, "phx-click"))[0][0] in ("show", "push")

    def test_a_block_that_another_file_fills_is_text(self) -> None:
        source = '{% extends "frame.html" %}{% block event %}{{ evil }}{% endblock %}'
        assert attribute(source, "phx-click") == f"unsafe:{EVIL}"

    @pytest.mark.parametrize(
        "source",
        [
            "<b phx-click={{ evil }}></b>",
            '<b {% if name %}phx-click{% endif %}="{{ evil }}"></b>',
            '<b phx-click{% if name %}="{{ evil }}"{% endif %}></b>',
            '<b phx-click={% if name %}"{{ evil }}"{% endif %}></b>',
            '<b phx-{{ "click" if name else kind }}="{{ evil }}"></b>',
            '{% macro event(x) %}phx-click="{{ x }}"{% endmacro %}<b {{ event(evil) }}></b>',
            '{% set event %}phx-click="{{ evil }}"{% endset %}<b {{ event }}></b>',
            "<b {% include 'attributes.html' %}></b>",
            '{% extends "tag.html" %}{% block attributes %}phx-click="{{ evil }}"{% endblock %}',
            '{% extends "tag.html" %}{% if 1 %}{% block attributes %}phx-click="{{ evil }}"{% endblock %}{% endif %}',
        ],
    )
    def test_however_the_attribute_is_written(self, source: str) -> None:
        assert attribute(source, "phx-click") == f"unsafe:{EVIL}"

    def test_after_many_branches(self) -> None:
        branches = "".join(f"{{% if n{i} %}}{i}{{% endif %}}" for i in range(12))
        assert attribute(f'<b phx-click="{branches}{{{{ evil }}}}"></b>', "phx-click") == f"unsafe:{EVIL}"

    def test_other_attributes_hold_any_text(self) -> None:
        source = '<b phx-value-x="{{ evil }}" data-x="{{ evil }}" title="{{ evil }}">{{ evil }}</b>'
        assert unescape(page(source)).count(f'"{EVIL}"') == 3

    def test_the_arguments_of_a_macro_and_of_a_component_are_text(self) -> None:
        macro = '{% macro button(event) %}<b phx-click="{{ event }}"></b>{% endmacro %}{{ button(evil) }}'
        assert attribute(macro, "phx-click") == f"unsafe:{EVIL}"
        spread = '<b{{ {"phx-click": evil, "phx-mounted": evil, "id": evil} | ui.attributes }}></b>'
        assert attribute(spread, "phx-click") == f"unsafe:{EVIL}"
        assert attribute(spread, "phx-mounted") == "[]"
        assert attribute(spread, "id") == EVIL
        assert attribute('<b{{ {"phx-click": save} | ui.attributes }}></b>', "phx-click") == str(SAFE)

    def test_a_value_in_commands_written_by_hand_stays_in_its_string(self) -> None:
        evil = '"}],["exec",{"attr":"data-x'
        source = """<b phx-click='[["push",{"event":"{{ x }}"}]]'></b>"""
        text = LiveTemplate.from_string(source).render({"x": evil})
        tag = BeautifulSoup(text, "html.parser").find("b")
        assert tag is not None
        assert json.loads(str(tag["phx-click"])) == [["push", {"event": evil}]]

    def test_a_list_that_changes_shows_its_rows_alike(self) -> None:
        source = '{% for one in rows %}<b phx-click="{{ one }}"></b>{% endfor %}'
        rendering = LiveTemplate.from_string(source).rendering()
        rendering.update({"rows": ["a", "b"]})
        assert f"unsafe:{EVIL}" in unescape(str(rendering.update({"rows": ["a", EVIL]})))

    def test_the_input_of_an_upload_takes_no_commands_as_text(self) -> None:
        upload = UploadConfig("photo", UploadConstraints())
        tag = BeautifulSoup(live_file_input(upload, phx_click=EVIL, phx_blur=SAFE), "html.parser").find(
            "input"
        )
        assert tag is not None
        assert (tag["phx-click"], tag["phx-blur"]) == (f"unsafe:{EVIL}", str(SAFE))


class TestTemplateStrings:
    @pytest.mark.parametrize(
        ("before", "after"), [('<b phx-click="', '"></b>'), ("<b phx-click=", "></b>"), ("<b ", "></b>")]
    )
    def test_text_is_not_run_as_commands_there_either(self, before: str, after: str) -> None:
        def written(value: Any) -> str:
            given = {"phx_click": value} if before == "<b " else value
            shown = LiveTemplate.from_string("{{ page }}").environment.tstrings.text(
                build(before, (given,), after)
            )
            tag = BeautifulSoup(shown, "html.parser").find("b")
            assert tag is not None
            return str(tag["phx-click"])

        assert written(EVIL) == f"unsafe:{EVIL}"
        assert written(NAMES["markup"]) == f"unsafe:{EVIL}"
        assert written(SAFE) == str(SAFE)
        assert written("save") == "save"


class TestAddresses:
    @pytest.mark.parametrize(
        "source",
        [
            '<a href="{{ run }}"></a>',
            "<a HREF=' {{ run }}'></a>",
            '<a href="{{ empty }}{{ run }}"></a>',
            '<a href="{% if name %}{{ run }}{% endif %}"></a>',
            '<a href="{{ run|safe|e }}"></a>',
        ],
    )
    def test_one_that_would_run_leads_nowhere(self, source: str) -> None:
        assert attribute(source, "href").strip() == "unsafe:JavaScript:alert(1)"

    @pytest.mark.parametrize("name", ["action", "formaction", "src", "data", "poster"])
    def test_in_every_attribute_that_holds_one(self, name: str) -> None:
        assert attribute(f'<b {name}="{{{{ run }}}}"></b>', name) == "unsafe:JavaScript:alert(1)"

    def test_others_are_as_they_are(self) -> None:
        assert attribute('<a href="{{ url }}"></a>', "href") == NAMES["url"]
        assert attribute('<a href="/x/{{ run }}"></a>', "href") == "/x/JavaScript:alert(1)"
        assert attribute('<a title="{{ run }}"></a>', "title") == "JavaScript:alert(1)"


class Reviews(LiveView[dict[str, Any]]):
    """Shows a button with text of another user."""

    template = "reviews.html"

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"label": '[["push",{"event":"delete_all"}]]', "deleted": False}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["deleted"] = event == "delete_all"


async def test_a_click_on_text_of_another_user_sends_no_event() -> None:
    source = '<button phx-click="{{ label }}">x</button><i>{{ deleted }}</i>'
    app = PyView(templates=DictLoader({"reviews.html": source}), secret="t0" * 20)
    app.add_live_view("/", Reviews)
    async with asyncio.timeout(20), LiveClient(app) as client:
        page = await client.open("/")
        await page.click("button")
        assert page.find("i").text == "False"


class Bare(LiveView[dict[str, Any]]):
    """Handles nothing."""

    template = "bare.html"

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"commands": json.dumps([["push", {"event": "save"}]])}


async def test_the_log_shows_how_to_write_commands(caplog: pytest.LogCaptureFixture) -> None:
    app = PyView(templates=DictLoader({"bare.html": '<b phx-click="{{ commands }}">x</b>'}), secret="t0" * 20)
    app.add_live_view("/", Bare)
    async with asyncio.timeout(20), LiveClient(app) as client:
        page = await client.open("/")
        with pytest.raises(PageError):
            await page.click("b")
    assert "use a chain of pyview.js" in caplog.text
