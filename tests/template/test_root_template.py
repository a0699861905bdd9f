"""The document around a page: its elements for the client, and the escaping of text from users."""

from collections.abc import Mapping
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from pyview.template.root_template import RootTemplateContext, defaultRootTemplate, live_title

NASTY = '"></title><script>alert(1)</script>'

# An HTML parser replaces these characters, as the standard requires.
text = st.text(st.characters(exclude_categories=["Cs", "Cc"]))


def context(**given: Any) -> RootTemplateContext:
    base: RootTemplateContext = {
        "id": "abc",
        "content": "<h1>hi</h1>",
        "title": None,
        "csrf_token": "token",
        "session": "signed",
        "additional_head_elements": [],
    }
    changes: Mapping[str, Any] = given
    return RootTemplateContext(**{**base, **changes})  # type: ignore[typeddict-item]  # any of the keys


def parse(document: str) -> BeautifulSoup:
    return BeautifulSoup(document, "html.parser")


def only(document: str, selector: str) -> Tag:
    (element,) = parse(document).select(selector)
    return element


def test_the_live_element_has_the_tokens_for_the_join() -> None:
    main = only(defaultRootTemplate()(context(static="flash")), "[data-phx-main]")
    assert main.attrs == {
        "id": "phx-abc",
        "data-phx-main": "",
        "data-phx-session": "signed",
        "data-phx-static": "flash",
    }
    assert main.decode_contents() == "<h1>hi</h1>"


def test_a_page_without_a_token_is_not_joinable() -> None:
    main = only(defaultRootTemplate()(context(session=None)), "[data-phx-main]")
    assert (main["data-phx-session"], main["data-phx-static"]) == ("", "")


@pytest.mark.parametrize(
    ("live_title", "default", "suffix", "shown", "attributes"),
    [
        ("Cart", None, " | LiveView", "Cart | LiveView", {"data-suffix": " | LiveView"}),
        (None, "Shop", " · Oslo", "Shop · Oslo", {"data-default": "Shop", "data-suffix": " · Oslo"}),
        ("Cart", "Shop", "", "Cart", {"data-default": "Shop", "data-suffix": ""}),
        (None, None, " | LiveView", "LiveView", {"data-suffix": " | LiveView"}),
        ("", None, None, "LiveView", {"data-suffix": ""}),
    ],
)
def test_the_title_is_the_one_that_the_client_will_write(
    live_title: str | None, default: str | None, suffix: str | None, shown: str, attributes: dict[str, str]
) -> None:
    document = defaultRootTemplate(title=default, title_suffix=suffix)(context(title=live_title))
    title = only(document, "title")
    assert (title.text, title.attrs) == (shown, attributes)


def test_a_prefix_stands_before_the_title_and_its_default() -> None:
    template = defaultRootTemplate(title="Shop", title_prefix="Acme · ", title_suffix=None)
    for own, shown in (("Cart", "Acme · Cart"), (None, "Acme · Shop")):
        title = only(template(context(title=own)), "title")
        assert title.text == shown
        assert title.attrs == {"data-prefix": "Acme · ", "data-default": "Shop", "data-suffix": ""}


def test_the_title_of_a_root_template_of_ones_own() -> None:
    assert live_title("a < b", prefix="<", suffix=">") == (
        '<title data-prefix="&lt;" data-suffix="&gt;">&lt;a &lt; b&gt;</title>'
    )


STYLES = {
    "default_style": Markup('<link rel="stylesheet" href="/default.css">'),
    "component_styles": Markup('<link rel="stylesheet" href="/components.css">'),
    "client_head": Markup('<link rel="stylesheet" href="/pyview.css">\n<script src="/pyview.js"></script>'),
    "client_script": Markup('<script src="/pyview.js"></script>'),
}


@pytest.mark.parametrize(
    ("options", "sheets"),
    [
        ({}, ["/default.css"]),
        ({"component_styles": True}, ["/default.css"]),
        ({"style": False}, ["/pyview.css"]),
        ({"style": False, "component_styles": True}, ["/components.css", "/pyview.css"]),
        # As in PyView 0.9: a page with a style sheet of its own has no other.
        ({"css": '<link href="/own.css">'}, ["/own.css", "/pyview.css"]),
        ({"css": '<link href="/own.css">', "style": True}, ["/default.css", "/own.css"]),
    ],
)
def test_the_default_style_is_one_setting(options: dict[str, Any], sheets: list[str]) -> None:
    head = only(defaultRootTemplate(**options)(context(**STYLES)), "head")
    assert [link["href"] for link in head.select("link")] == sheets
    assert [script["src"] for script in head.select("script")] == ["/pyview.js"]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("CounterLiveView", "Counter"),
        ("ShoppingListView", "Shopping list"),
        ("OrdersLive", "Orders"),
        ("_Orders_2024", "Orders 2024"),
        ("LiveView", "LiveView"),
        ("Größe", "Größe"),
    ],
)
def test_a_view_without_a_title_shows_its_name(name: str, title: str) -> None:
    view = type(name, (), {})
    document = defaultRootTemplate(title_suffix=" · Shop")(context(view=view))
    assert only(document, "title").text == (title if title == "LiveView" else f"{title} · Shop")
    assert only(defaultRootTemplate(title="Start")(context(view=view)), "title").text == "Start"


@given(live=text, default=text, suffix=text, token=text)
def test_text_stays_text_and_arrives_whole(live: str, default: str, suffix: str, token: str) -> None:
    template = defaultRootTemplate(title=default, title_suffix=suffix)
    document = template(context(title=live, csrf_token=token, session=token))
    assert only(document, "title").text == (f"{live or default}{suffix}" if live or default else "LiveView")
    assert only(document, "meta[name=csrf-token]")["content"] == token
    assert only(document, "[data-phx-main]")["data-phx-session"] == token


@pytest.mark.parametrize("key", ["title", "csrf_token", "session", "id", "static"])
def test_no_value_breaks_out(key: str) -> None:
    template = defaultRootTemplate(title=NASTY, title_suffix=NASTY, lang=NASTY)
    document = template(context(**{key: NASTY}))
    assert not parse(document).select("script")


def test_html_of_the_developer_is_html() -> None:
    template = defaultRootTemplate(css='<link rel="stylesheet" href="/a.css">', head_content=Markup("<base>"))
    document = template(context(additional_head_elements=[Markup("<style>a</style>"), Markup("<meta>")]))
    head = only(document, "head")
    assert [len(head.select(tag)) for tag in ("link", "base", "style")] == [1, 1, 1]


def test_html_of_the_developer_may_look_like_a_placeholder() -> None:
    style = Markup("<style>p {title} {csrf_token}</style>")
    document = defaultRootTemplate(css=style, head_content=style)(context(title="own"))
    assert document.count(style) == 2
    assert only(document, "title").text == "own"


def test_the_client_starts_after_the_developers_own_head() -> None:
    client_script = Markup('<script src="client.js"></script>')
    template = defaultRootTemplate(head_content='<script src="own.js"></script>')
    scripts = parse(template(context(client_script=client_script))).select("head script")
    assert [script["src"] for script in scripts] == ["own.js", "client.js"]


def test_a_wrapper_goes_around_the_live_element() -> None:
    def wrap(context: RootTemplateContext, main: Markup) -> Markup:
        return Markup("<main>{}{}</main>").format(context["title"], main)

    document = defaultRootTemplate(content_wrapper=wrap)(context(title="<b>"))
    main = only(document, "main")
    assert main.select_one("#phx-abc") is not None
    assert main.text.startswith("<b>")


def test_the_document_is_html5_with_language_charset_and_viewport() -> None:
    document = defaultRootTemplate(lang="nb")(context())
    assert document.startswith("<!DOCTYPE html>\n")
    assert only(document, "html")["lang"] == "nb"
    assert document.index("charset") < 1024, "browsers look no further"
    assert only(document, "meta[name=viewport]")["content"] == "width=device-width, initial-scale=1"


def test_a_notice_shows_if_the_script_does_not_load() -> None:
    document = defaultRootTemplate()(context())
    assert only(document, "body > #pyview-notice")["role"] == "status"
    assert "needs JavaScript" in only(document, "noscript").text
