"""Nested views in a real browser: joins, sticky views, and removal."""

import threading
from collections.abc import Callable
from typing import Any, ClassVar

import pytest
from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.types import ASGIApp

from pyview import LiveView, LiveViewSocket, PyView, is_connected
from pyview.events import InfoEvent
from pyview.template.live_template import LiveTemplate
from tests.auth.users import UserBackend, make_app
from tests.browser.retry import until
from tests.nested.test_embedded import app_with as plain_app
from tests.nested.test_nested import Counter, app_with, outer_view
from tests.nested.test_page_attributes import app as attributes_app
from tests.nested.test_page_guards import AT_ONCE, Guarded, by_hand, plain
from tests.nested.test_sticky import app as sticky_app

Serve = Callable[[ASGIApp], str]
LIVE = "[data-phx-main].phx-connected"


def visit(page: Page, url: str, live: str = LIVE) -> None:
    page.goto(url)
    expect(page.locator(live)).to_be_attached()
    page.evaluate("document.body.dataset.stayed = 'yes'")


def stayed(page: Page) -> None:
    """Check that the document was not loaded again since the visit."""
    assert page.evaluate("document.body.dataset.stayed") == "yes"


def test_each_view_has_its_own_state(page: Page, serve: Serve) -> None:
    visit(page, serve(app_with()))
    expect(page.locator("#first.phx-connected output")).to_have_text("Ada: 0")
    page.get_by_role("button", name="+").click()
    expect(page.locator("output")).to_have_text("Ada: 1")
    page.locator("#more").click()
    expect(page.locator("h1")).to_have_text("1")
    expect(page.locator("output")).to_have_text("Ada: 1")
    page.locator("#toggle").click()
    expect(page.locator("output")).to_have_count(0)
    page.locator("#toggle").click()
    expect(page.locator("#first.phx-connected output")).to_have_text("Ada: 0")
    stayed(page)


def test_a_crash_of_a_nested_view_does_not_affect_its_parent(page: Page, serve: Serve) -> None:
    visit(page, serve(app_with()))
    page.locator("#more").click()
    page.get_by_role("button", name="+").click()
    expect(page.locator("output")).to_have_text("Ada: 1")
    page.get_by_role("button", name="break").click()
    expect(page.locator("#first.phx-connected output")).to_have_text("Ada: 0")
    page.get_by_role("button", name="+").click()
    expect(page.locator("output")).to_have_text("Ada: 1")
    expect(page.locator("h1")).to_have_text("1")
    stayed(page)


def test_a_crash_of_the_parent_mounts_both_again(page: Page, serve: Serve) -> None:
    visit(page, serve(app_with()))
    page.get_by_role("button", name="+").click()
    expect(page.locator("output")).to_have_text("Ada: 1")
    page.locator("#crash").click()
    expect(page.locator("#first.phx-connected output")).to_have_text("Ada: 0")
    page.locator("#more").click()
    expect(page.locator("h1")).to_have_text("1")
    stayed(page)


def test_a_nested_view_that_fails_to_mount_leaves_the_page_working(page: Page, serve: Serve) -> None:
    class Broken(Counter):
        tried: ClassVar[int] = 0

        async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
            if is_connected(socket):
                Broken.tried += 1
                raise RuntimeError("not today")
            await Counter.mount(self, socket, session)

    source = "<h1>{{ n }}</h1><button id='more' phx-click='more'>x</button>{{ live_render(V) }}"
    visit(page, serve(app_with(outer_view(source, V=Broken))))
    expect(page.locator("#live-broken.phx-error")).to_be_attached()
    expect(page.locator("#live-broken output")).to_have_text("anonymous: 0")
    page.locator("#more").click()
    expect(page.locator("h1")).to_have_text("1")
    expect(page.locator("[data-phx-main].phx-error")).to_be_attached()
    assert Broken.tried == 4
    page.locator("#more").click()
    expect(page.locator("h1")).to_have_text("2")
    expect(page.locator("#live-broken output")).to_have_text("anonymous: 0")
    stayed(page)


def test_a_nested_view_whose_first_join_crashes_keeps_its_first_html(page: Page, serve: Serve) -> None:
    """Its stream items and the nested view inside it recover as well."""
    broken = threading.Event()

    class Fragile(Counter):
        template = LiveTemplate.from_string(
            """<p>{{ "live" if live else "first" }}</p>{{ live_render(Counter, id="within") }}
            <ul id="items" phx-update="stream">{% for id, item in streams.items %}<li id="{{ id }}">{{ item.id }}</li>
            {% endfor %}</ul>"""
        )

        async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
            if is_connected(socket) and broken.is_set():
                raise RuntimeError("not today")
            socket.context = {"live": is_connected(socket), "Counter": Counter}
            socket.stream("items", [{"id": n} for n in range(3)])

    broken.set()
    source = "<h1>{{ n }}</h1><button id='more' phx-click='more'>x</button>{{ live_render(V) }}"
    visit(page, serve(app_with(outer_view(source, V=Fragile))))
    fragile = page.locator("#live-fragile")
    expect(page.locator("#live-fragile.phx-error")).to_be_attached()
    expect(fragile.locator("p")).to_have_text("first")
    expect(fragile.locator("output")).to_have_text("anonymous: 0")
    expect(fragile.locator("li")).to_have_text(["0", "1", "2"])
    broken.clear()
    expect(fragile.locator("p")).to_have_text("live")
    expect(fragile.locator("li")).to_have_text(["0", "1", "2"])
    expect(page.locator("#within.phx-connected output")).to_have_text("anonymous: 0")
    fragile.get_by_role("button", name="+").click()
    expect(fragile.locator("output")).to_have_text("anonymous: 1")
    page.locator("#more").click()
    expect(page.locator("h1")).to_have_text("1")
    stayed(page)


@pytest.mark.parametrize("how", ["away", "out"])
def test_it_navigates_the_whole_page(page: Page, serve: Serve, how: str) -> None:
    source = (
        f"<h1>page</h1>{{{{ live_render(V) }}}}<button phx-click='{how}' phx-target='#inside'>go</button>"
    )

    class Leaving(Counter):
        template = Counter.template.from_string(
            f"<b id='inside'></b><button phx-click='{how}'>leave</button>"
        )

    url = serve(app_with(outer_view(source, V=Leaving)))
    visit(page, url)
    page.get_by_role("button", name="leave").click()
    expect(page.locator("h2")).to_have_text("elsewhere")
    expect(page).to_have_url(f"{url}/other")


def test_a_sticky_view_survives_navigation(page: Page, serve: Serve) -> None:
    visit(page, serve(sticky_app()))
    expect(page.locator("#player.phx-connected output")).to_have_text("1")
    page.get_by_role("button", name="next").click()
    expect(page.locator("output")).to_have_text("2")
    page.evaluate("document.querySelector('#player').dataset.same = 'element'")
    page.get_by_role("link", name="two").click()
    expect(page.locator("h1")).to_have_text("two")
    expect(page.locator("output")).to_have_text("2")
    page.get_by_role("button", name="next").click()
    expect(page.locator("output")).to_have_text("3")
    assert page.locator("#player").get_attribute("data-same") == "element"
    page.go_back()
    expect(page.locator("h1")).to_have_text("one")
    expect(page.locator("output")).to_have_text("3")
    page.go_forward()
    page.get_by_role("link", name="quiet").click()
    expect(page.locator("h1")).to_have_text("quiet")
    expect(page.locator("output")).to_have_count(0)
    stayed(page)


def test_all_views_rejoin_after_a_lost_connection(page: Page, serve: Serve) -> None:
    visit(page, serve(sticky_app()))
    expect(page.locator("#player.phx-connected")).to_be_attached()
    page.evaluate("window.liveSocket.disconnect()")
    page.evaluate("window.liveSocket.connect()")
    expect(page.locator("#player.phx-connected")).to_be_attached()
    page.get_by_role("button", name="next").click()
    expect(page.locator("h1")).to_have_text("one")
    stayed(page)


def test_a_plain_page_holds_several(page: Page, serve: Serve) -> None:
    outer: Starlette = plain_app()
    visit(page, serve(outer), "section.phx-connected")
    page.locator("section").get_by_role("button", name="+").click()
    expect(page.locator("section output")).to_have_text("Grace: 1")
    expect(page.locator("#live-counter.phx-connected output")).to_have_text("Ada: 0")
    page.locator("section").get_by_role("button", name="break").click()
    expect(page.locator("section.phx-connected output")).to_have_text("Grace: 0")
    stayed(page)


@pytest.mark.parametrize("kind", ["sticky", "embedded"])
def test_it_ends_when_the_page_is_no_longer_allowed(page: Page, serve: Serve, kind: str) -> None:
    users = UserBackend()
    app = (
        make_app(users, {"/": Guarded}, security=AT_ONCE)
        if kind == "sticky"
        else plain(users, by_hand, security=AT_ONCE)
    )
    url = serve(app)
    page.request.post(f"{url}/in/root")
    visit(page, url, "#s.phx-connected")
    page.locator("#s button").click()
    expect(page.locator("#s i")).to_have_text("1")
    stayed(page)
    users.roles["root"] = ["authenticated"]
    page.locator("#s button").click()
    expect(page.locator("#s")).to_have_count(0)
    assert page.evaluate("fetch(location.href).then(answer => answer.status)") == 403


def test_an_old_token_gets_the_answer_of_the_page(page: Page, serve: Serve) -> None:
    """A page that reconnects after the role was removed reloads, and gets the answer over HTTP."""
    users = UserBackend()
    url = serve(plain(users, by_hand))
    page.request.post(f"{url}/in/root")
    visit(page, url, "#s.phx-connected")
    page.evaluate("window.liveSocket.disconnect()")
    users.roles["root"] = ["authenticated"]
    page.evaluate("window.liveSocket.connect()")
    expect(page.locator("body")).to_have_text("no")


def test_the_document_around_changes_live_and_goes_back(page: Page, serve: Serve) -> None:
    visit(page, serve(attributes_app()))
    root, body = page.locator("html"), page.locator("body")
    page.evaluate("document.body.classList.add('of-the-author')")
    expect(root).to_have_attribute("lang", "de")
    expect(page.locator("meta[name=description]")).to_have_attribute("content", 'Wer "wir" sind')
    page.get_by_role("button", name="dark").click()
    expect(body).to_have_class("of-the-author dark wide")
    expect(page.locator("meta[name=description]")).to_have_count(0)
    expect(page.locator("link[rel=canonical]")).to_have_attribute("href", "https://example.org/ueber")
    expect(page).to_have_title("My · Über uns | X")
    page.get_by_role("link", name="quiet").click()
    expect(page.locator("h1")).to_have_text("quiet")
    expect(root).to_have_attribute("lang", "en")
    expect(body).to_have_class("of-the-author")
    expect(page.locator("[data-pyview-page]")).to_have_count(0)
    expect(page).to_have_title("My · Site | X")
    page.go_back()
    expect(root).to_have_attribute("lang", "de")
    expect(body).to_have_class("of-the-author light")
    expect(page.locator("meta[name=description]")).to_have_count(1)
    stayed(page)


class Feed(LiveView[dict[str, Any]]):
    """A stream whose items hold nested views at growing depth, with a limit applied by the client."""

    template = LiveTemplate.from_string(
        """<button value="delete" phx-click="next">1</button><button value="limit" phx-click="next">2</button>
        <button value="flood" phx-click="next">3</button><output>{{ n }}</output>
        <button value="hide" phx-click="next">4</button>
        {% if shown %}<ul id="feed" phx-update="stream">{% for id, item in streams.feed %}<li id="{{ id }}"><p>
        {% if item.n %}{{ live_render(Entry, id="e-" ~ item.n, session={"n": item.n}) }}{% endif %}
        </p></li>{% endfor %}</ul>{% endif %}"""
    )

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"n": 0, "Entry": Entry, "shown": True}
        socket.stream("feed", [{"id": "first", "n": 0}])  # so that the server does not know all items

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, Any]]) -> None:
        if payload["value"] == "hide":
            socket.context["shown"] = not socket.context["shown"]
        elif payload["value"] == "flood":
            for _ in range(100):
                await socket.send_info(InfoEvent("next"))
        else:
            self._next(socket, -3 if payload["value"] == "limit" else None)

    async def handle_info(self, event: InfoEvent, socket: LiveViewSocket[dict[str, Any]]) -> None:
        self._next(socket, None)

    def _next(self, socket: LiveViewSocket[dict[str, Any]], limit: int | None) -> None:
        n = socket.context["n"] = socket.context["n"] + 1
        socket.stream_insert("feed", {"id": str(n), "n": n}, limit=limit)
        if limit is None:
            socket.stream_delete_by_dom_id("feed", f"feed-{n - 3}")


class Entry(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<b>{{ n }}</b><button phx-click='add'>+</button>")
    mounted: ClassVar[set[int]] = set()

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"n": session["n"]}
        self.mounted.add(session["n"])

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["n"] += 1000

    async def disconnect(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        self.mounted.discard(socket.context["n"] % 1000)


@pytest.mark.parametrize("by", ["delete", "limit"])
def test_views_within_items_of_a_stream_end_with_them(page: Page, serve: Serve, by: str) -> None:
    app = PyView(secret="t3st-s3cret-of-at-least-thirty-two-bytes")
    app.add_live_view("/", Feed)
    Entry.mounted.clear()
    visit(page, serve(app))
    for n in range(1, 46):
        page.locator(f"[value={by}]").click()
        expect(page.locator("output")).to_have_text(str(n))
        expect(page.locator(f"#e-{n}.phx-connected b")).to_have_text(str(n))
    page.locator("#e-45 button").click()
    expect(page.locator("#e-45 b")).to_have_text("1045")
    until(page, lambda: Entry.mounted == {43, 44, 45})
    stayed(page)


def test_views_within_items_of_a_stream_end_with_its_list(page: Page, serve: Serve) -> None:
    app = PyView(secret="t3st-s3cret-of-at-least-thirty-two-bytes")
    app.add_live_view("/", Feed)
    Entry.mounted.clear()
    visit(page, serve(app))
    for n in (1, 2):
        page.locator("[value=delete]").click()
        expect(page.locator(f"#e-{n}.phx-connected b")).to_have_text(str(n))
    page.locator("[value=hide]").click()
    expect(page.locator("#feed")).to_have_count(0)
    until(page, lambda: not Entry.mounted)
    page.locator("[value=hide]").click()
    page.locator("[value=delete]").click()
    expect(page.locator("#e-3.phx-connected b")).to_have_text("3")
    stayed(page)


def test_views_that_go_before_they_have_joined_end_too(page: Page, serve: Serve) -> None:
    app = PyView(secret="t3st-s3cret-of-at-least-thirty-two-bytes")
    app.add_live_view("/", Feed)
    Entry.mounted.clear()
    visit(page, serve(app))
    page.locator("[value=flood]").click()
    expect(page.locator("output")).to_have_text("100")
    until(page, lambda: Entry.mounted == {98, 99, 100})
    expect(page.locator("#e-100.phx-connected b")).to_have_text("100")
    stayed(page)


def test_the_element_of_a_page_follows_live_navigation(page: Page, serve: Serve) -> None:
    link = "<a href='{}' data-phx-link='redirect' data-phx-link-state='push'>on</a><button phx-click='x'>{}</button>"

    class First(Counter):
        container = ("main", {"class": "first wide", "data-first": "1"})
        template = LiveTemplate.from_string(link.format("/second", "{{ count }}"))

    class Second(Counter):
        container = ("section", {"class": "second"})
        template = LiveTemplate.from_string(link.format("/", "{{ count }}"))

    app = PyView(secret="t3st-s3cret-of-at-least-thirty-two-bytes")
    app.add_live_view("/", First)
    app.add_live_view("/second", Second)
    visit(page, serve(app))
    expect(page.locator("main.first.wide.phx-connected[data-first='1'] button")).to_have_text("0")
    page.get_by_role("link").click()
    expect(page.locator("section.second.phx-connected button")).to_have_text("0")
    expect(page.locator("main, [data-first]")).to_have_count(0)
    page.get_by_role("button").click()
    expect(page.locator("section.second button")).to_have_text("1")
    page.go_back()
    expect(page.locator("main.first.phx-connected[data-first='1'] button")).to_have_text("0")
    stayed(page)
