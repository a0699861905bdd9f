"""Views that a broadcast changes in the same way: one render for all, and for each what is its own."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from pyview import (
    ComponentSocket,
    LiveComponent,
    LiveView,
    LiveViewSocket,
    PyView,
    PyViewMeta,
    SecurityConfig,
)
from pyview.events import InfoEvent
from pyview.template.environment import create_environment, pure
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, Page, RawSocket
from tests.direct import DirectWays
from tests.frames import connect, join, load

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
TOPIC = "prices"
Socket = LiveViewSocket[dict[str, Any]]


class Own(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string("<u>{{ number }}</u>", "own.html")

    async def mount(self, socket: ComponentSocket[dict[str, Any]], assigns: dict[str, Any]) -> None:
        socket.context = {"number": assigns["number"]}


class Stage:
    """Pages of one view class whose template counts its renders of the price."""

    def __init__(self, source: str, *processors: Any) -> None:
        stage = self
        self.renders = 0
        self.mounted = 0
        environment = create_environment()

        @pure
        def counted(value: Any) -> Any:
            stage.renders += 1
            return value

        environment.filters["counted"] = counted

        class Prices(LiveView[dict[str, Any]]):
            template = LiveTemplate.from_string(source, "prices.html", environment)

            async def mount(self, socket: Socket, session: Any) -> None:
                stage.mounted += 1
                self.number = stage.mounted
                socket.context = {
                    "price": 1,
                    "user": f"user {self.number}",
                    "Own": Own,
                    "number": self.number,
                }
                if socket.connected:
                    await socket.subscribe(TOPIC)

            async def handle_info(self, event: InfoEvent, socket: Socket) -> None:
                socket.context["price"] = event.payload
                await self.change(socket)

            async def change(self, socket: Socket) -> None:
                if stage.own == "title":
                    socket.live_title = f"title {self.number}"
                elif stage.own == "event":
                    await socket.push_event("own", {"number": self.number})
                elif stage.own == "flash":
                    socket.put_flash("info", f"flash {self.number}")

            async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
                socket.context["price"] = payload["price"]

        self.own = ""
        self.app = PyView(
            secret=SECRET,
            production=True,
            security=SecurityConfig(allowed_hosts=["*"]),
            context_processors=processors,
        )
        self.app.add_live_view("/", Prices)

    async def broadcast(self, pages: list[Page], price: Any) -> int:
        """Broadcast a price, wait until all pages show it, and return the number of renders."""
        before = self.renders
        await self.app.pubsub.broadcast(TOPIC, price)
        for page in pages:
            await page.wait_for("p", text=str(price))
        return self.renders - before


async def test_one_broadcast_to_many_views_is_rendered_once() -> None:
    stage = Stage("<p>{{ price|counted }}</p>")
    async with LiveClient(stage.app) as client:
        pages = [await client.open("/") for _ in range(20)]
        assert await stage.broadcast(pages, 2) == 20, "their trees are their own"
        assert await stage.broadcast(pages, 3) == 1
        assert await stage.broadcast(pages, 4) == 1


async def test_a_new_view_joins_the_others_and_one_that_differs_leaves_them() -> None:
    stage = Stage("<p>{{ price|counted }}</p>")
    async with LiveClient(stage.app) as client:
        pages = [await client.open("/") for _ in range(3)]
        await stage.broadcast(pages, 2)
        await pages[0].push("set", {"price": 9})
        assert [page.find("p").text for page in pages] == ["9", "2", "2"]
        pages.append(await client.open("/"))
        assert await stage.broadcast(pages, 3) == 3, "the two together, and each of the others alone"
        assert await stage.broadcast(pages, 4) == 1


@dataclass(frozen=True)
class Priced:
    """A value that counts as immutable. A text of its own could depend on the user of the moment."""

    price: int

    def __str__(self) -> str:
        return str(self.price)


async def test_an_object_of_the_application_is_never_shared() -> None:
    stage = Stage("<p>{{ price|counted }}</p>")
    async with LiveClient(stage.app) as client:
        pages = [await client.open("/") for _ in range(4)]
        for price in (3, 4, 5):
            assert await stage.broadcast(pages, Priced(price)) == 4


@pytest.mark.parametrize(
    "source",
    [
        "<p>{{ price|counted }}</p><i>{{ user }}</i>",
        "<p>{{ price|counted }}</p><i>{% for name in [user] %}{{ name }}{% endfor %}</i>",
        "<p>{{ price|counted }}</p><i>{% if price %}{{ user }}{% endif %}</i>",
        "{% macro name() %}{{ user }}{% endmacro %}<p>{{ price|counted }}</p><i>{{ name() }}</i>",
        "<p>{{ price|counted }}</p><i>{% set name = user %}{{ name }}</i>",
        "<p>{{ price|counted }}</p><i>{% set name %}{{ user }}{% endset %}{{ name }}</i>",
        "<p>{{ price|counted }}</p><i>{% filter trim %}{{ user }}{% endfilter %}</i>",
        "{% macro name(of=user) %}{{ of }}{% endmacro %}<p>{{ price|counted }}</p><i>{{ name() }}</i>",
        "<p>{{ price|counted }}</p><i>{% for each in [1] %}{{ loop.cycle(user) }}{% endfor %}</i>",
        "<p>{{ price|counted }}</p><i>{% block name %}{{ user }}{% endblock %}</i>",
    ],
)
async def test_the_name_of_a_user_stays_in_his_page(source: str) -> None:
    stage = Stage(source)
    async with LiveClient(stage.app) as client:
        pages = [await client.open("/") for _ in range(4)]
        names = [page.find("i").text for page in pages]
        assert len(set(names)) == 4
        for price in (2, 3, 4):
            assert await stage.broadcast(pages, price) == 4
            assert [page.find("i").text for page in pages] == names


async def test_what_a_context_processor_adds_for_a_user_stays_in_his_page() -> None:
    def numbered(meta: PyViewMeta) -> dict[str, Any]:
        return {"visitor": meta.socket.context["user"]}

    stage = Stage("<p>{{ price|counted }}</p><i>{{ visitor }}</i>", numbered)
    async with LiveClient(stage.app) as client:
        pages = [await client.open("/") for _ in range(3)]
        for price in (2, 3):
            assert await stage.broadcast(pages, price) == 3
            assert len({page.find("i").text for page in pages}) == 3


async def test_components_stay_those_of_their_view() -> None:
    stage = Stage('<p>{{ price|counted }}</p>{{ live_component(Own, id="a", number=price) }}')
    async with LiveClient(stage.app) as client:
        pages = [await client.open("/") for _ in range(3)]
        for price in (2, 3):
            assert await stage.broadcast(pages, price) == 3
            assert [page.find("u").text for page in pages] == [str(price)] * 3


@pytest.mark.parametrize("own", ["title", "event", "flash"])
async def test_what_goes_out_beside_a_shared_diff_is_for_one_view(own: str) -> None:
    stage = Stage("<p>{{ price|counted }}</p>")
    async with LiveClient(stage.app) as client:
        pages = [await client.open("/") for _ in range(3)]
        await stage.broadcast(pages, 2)
        stage.own = own
        assert await stage.broadcast(pages, 3) == 1
        stage.own = ""
        if own == "title":
            assert len({page.title for page in pages}) == 3
        elif own == "event":
            assert len({str(page.events) for page in pages}) == 3
        assert await stage.broadcast(pages, 4) == 1


@pytest.mark.parametrize("price", [1.0, True, "1"], ids=repr)
async def test_equal_values_that_print_differently_are_two_pages(price: Any) -> None:
    stage = Stage("<p>{{ price|counted }}</p>")
    async with LiveClient(stage.app) as client:
        pages = [await client.open("/") for _ in range(3)]
        await stage.broadcast(pages, 0)
        await stage.broadcast(pages, 1)
        await pages[0].push("set", {"price": price})
        await stage.broadcast(pages, price)
        assert [page.find("p").text for page in pages] == [str(price)] * 3


async def test_a_list_that_a_handler_changes_in_place_is_never_taken_for_the_former_one() -> None:
    stage = Stage("<p>{{ price|pprint }}</p>")
    async with LiveClient(stage.app) as client:
        pages = [await client.open("/") for _ in range(3)]
        prices = [1]
        for number in range(2, 6):
            await stage.app.pubsub.broadcast(TOPIC, prices)
            for page in pages:
                await page.wait_for("p", text=str(prices))
            prices.append(number)


class Together:
    """Middleware that notes how many frames leave by each call that takes several."""

    counts: list[int]

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            way = scope["extensions"]["websocket.direct"]
            send_all = way["send_all"]

            def noted(frames: list[bytes]) -> bool:
                self.counts.append(len(frames))
                return bool(send_all(frames))

            way["send_all"] = noted
        await self.app(scope, receive, send)


class Quotes(LiveView[dict[str, Any]]):
    """Waits in the middle of the price 0, until the test lets it go on."""

    template = LiveTemplate.from_string("<p>{{ price }}</p>", "quotes.html")
    go_on: asyncio.Event

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"price": 1}
        if socket.connected:
            await socket.subscribe(TOPIC)

    async def handle_info(self, event: InfoEvent, socket: Socket) -> None:
        if event.payload == 0:
            await self.go_on.wait()
        socket.context["price"] = event.payload


@asynccontextmanager
async def quotes(count: int) -> AsyncIterator[tuple[PyView, list[RawSocket]]]:
    """Yield an application and sockets of pages that share what they show."""
    Together.counts, Quotes.go_on = [], asyncio.Event()
    app = PyView(secret=SECRET, production=True, security=SecurityConfig(allowed_hosts=["*"]))
    app.add_live_view("/", Quotes)
    app.add_middleware(Together)
    app.add_middleware(DirectWays)
    async with LiveClient(app) as client:
        sockets = []
        for _ in range(count):
            page = await load(client, "/")
            sockets.append(await connect(client, page).connect())
            await join(sockets[-1], page)
        assert await received(app, sockets, [2]) == [[{"0": "2"}]] * count
        yield app, sockets
        for socket in sockets:
            await socket.close()


async def received(app: PyView, sockets: list[RawSocket], prices: list[int]) -> list[list[Any]]:
    """Broadcast prices in one turn. Return the diffs that each socket receives for them."""
    for price in prices:
        await app.pubsub.broadcast(TOPIC, price)
    return [[(await socket.receive_frame())[4] for _ in prices] for socket in sockets]


async def test_diffs_of_broadcasts_that_waited_together_leave_together_and_in_order() -> None:
    async with quotes(3) as (app, sockets):
        assert await received(app, sockets, [3, 4, 5]) == [[{"0": "3"}, {"0": "4"}, {"0": "5"}]] * 3
        assert Together.counts == [3, 3, 3]


async def test_a_handler_that_waits_does_not_keep_the_diff_before_it_from_leaving() -> None:
    async with quotes(2) as (app, sockets):
        await app.pubsub.broadcast(TOPIC, 6)
        await app.pubsub.broadcast(TOPIC, 0)
        assert [(await socket.receive_frame())[4] for socket in sockets] == [{"0": "6"}] * 2
        Quotes.go_on.set()
        assert [(await socket.receive_frame())[4] for socket in sockets] == [{"0": "0"}] * 2
