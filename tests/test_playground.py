"""Tests of `playground()`."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from pyview import LiveView, playground
from pyview.playground import Favicon
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient


class Hello(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<p>hello</p><button phx-click='go'>go</button>")

    async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
        socket.live_title = "gone"


class Other(Hello):
    template = LiveTemplate.from_string("<p>other</p>")


async def test_it_is_a_live_application() -> None:
    app = playground().with_live_view(Hello).with_live_view(Other, path="/other").with_title("My App").build()
    async with LiveClient(app) as client:
        page = await client.open("/")
        assert page.title == "My App"
        await page.click("button")
        assert page.title == "gone"
        assert (await client.open("/other")).find("p").text == "other"


def head_of(app: Any) -> str:
    return str(TestClient(app).get("/").text).partition("</head>")[0]


def test_the_head_contains_title_css_and_favicon() -> None:
    head = head_of(
        playground()
        .with_live_view(Hello)
        .with_css('<link rel="stylesheet" href="/a.css">')
        .with_css('<link rel="stylesheet" href="/b.css">')
        .with_title("my <b>app")
        .with_favicon(Favicon(bg_color="#22c55e"))
        .build()
    )
    assert 'href="/a.css">\n<link rel="stylesheet" href="/b.css">' in head
    assert '<title data-default="my &lt;b&gt;app" data-suffix="">my &lt;b&gt;app</title>' in head
    assert 'rel="icon"' in head
    assert "%2322c55e" in head
    assert "M%26lt%3B" in head or "M%26" in head  # the initials are escaped before they become a URL


@pytest.mark.parametrize(
    "builder", [playground().no_favicon().with_title("My App"), playground()], ids=["unwanted", "untitled"]
)
def test_without_an_icon(builder: Any) -> None:
    assert 'rel="icon"' not in head_of(builder.with_live_view(Hello).build())


def test_no_page_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"with_live_view\(YourView\)"):
        playground().build()
