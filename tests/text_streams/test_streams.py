"""Texts that grow in a view: shown, stopped, begun again, several at once, over a lost connection."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, Page
from pyview.text_streams import TextStream, stop_text, stream_text
from tests.frames import connect, event, join, load

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
Socket = LiveViewSocket[Any]


class Model:
    """A source under control of the test: `say` adds a part, `end` ends it."""

    def __init__(self) -> None:
        self.parts: asyncio.Queue[str | Exception | None] = asyncio.Queue()
        self.closed = False

    def say(self, *parts: str) -> None:
        for part in parts:
            self.parts.put_nowait(part)

    def end(self, error: Exception | None = None) -> None:
        self.parts.put_nowait(error)

    async def answer(self) -> AsyncIterator[str]:
        try:
            while (part := await self.parts.get()) is not None:
                if isinstance(part, Exception):
                    raise part
                yield part
        finally:
            self.closed = True


@dataclass
class Message:
    text: TextStream


@dataclass
class Talk:
    messages: list[Message] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)


def chat(sources: Callable[[int], Any], **options: Any) -> PyView:
    """Return an application whose event "ask" streams the next of `sources` into a new message."""

    class Chat(LiveView[Talk], keep=("messages",)):
        template = LiveTemplate.from_string(
            "{% for message in messages %}<section>{{ message.text }}<i>{{ message.text.state }}</i></section>"
            "{% endfor %}<b>{{ ended | join(',') }}</b>",
            "chat.html",
        )

        async def mount(self, socket: Socket, session: Any) -> None:
            socket.context = Talk()

        async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
            talk: Talk = socket.context
            if event == "ask":
                source = sources(len(talk.messages))
                text = stream_text(
                    socket, source, on_end=lambda text: talk.ended.append(text.state), **options
                )
                talk.messages.append(Message(text))
            elif event == "stop":
                assert stop_text(socket, talk.messages[payload["n"]].text) is payload["expected"]
            elif event == "retry":
                stream_text(socket, sources(9), into=talk.messages[0].text, **options)

    app = PyView(secret=SECRET, security=SecurityConfig(max_async_work=3))
    app.add_live_view("/", Chat)
    return app


def shows(text: str, state: str, at: int = 0) -> Callable[[Page], bool]:
    """Return the condition that a message shows `text` in this state."""

    def condition(page: Page) -> bool:
        sections = page.find_all("section")
        return (
            len(sections) > at
            and sections[at].find("div").text == text
            and sections[at].find("i").text == state
        )

    return condition


async def test_a_text_is_shown_while_it_arrives() -> None:
    model = Model()
    async with LiveClient(chat(lambda n: model.answer())) as client:
        page = await client.open("/")
        await page.push("ask")
        assert shows("", "streaming")(page)
        assert page.find("section div")["aria-busy"] == "true"
        model.say("Hello **wor")
        await page.wait_for(shows("Hello wor", "streaming"))
        model.say("ld**, ", "all ", "of you")
        model.end()
        await page.wait_for(shows("Hello world, all of you", "done"))
        assert page.find("section strong").text == "world"
        assert page.find("section div")["aria-busy"] == "false"
        assert page.find("b").text == "done"
        assert model.closed


@pytest.mark.parametrize(
    "source",
    [
        lambda n: iter(["one ", "two"]),
        lambda n: ["one ", "two"],
        lambda n: "one two",
        lambda n: lambda: ["one ", "two"],
        lambda n: listed,
    ],
)
async def test_sources_of_all_kinds(source: Any) -> None:
    async with LiveClient(chat(source)) as client:
        page = await client.open("/")
        await page.push("ask")
        await page.wait_for(shows("one two", "done"))


async def listed() -> list[str]:
    return ["one ", "two"]


async def test_stop_keeps_what_has_arrived() -> None:
    model = Model()
    async with LiveClient(chat(lambda n: model.answer())) as client:
        page = await client.open("/")
        await page.push("ask")
        model.say("some words")
        await page.wait_for(shows("some words", "streaming"))
        await page.push("stop", {"n": 0, "expected": True})
        await page.wait_for(shows("some words", "stopped"))
        assert model.closed
        assert page.find("b").text == "stopped"
        await page.push("stop", {"n": 0, "expected": False})


async def test_a_failure_keeps_what_has_arrived_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    model = Model()
    async with LiveClient(chat(lambda n: model.answer())) as client:
        page = await client.open("/")
        await page.push("ask")
        model.say("some words")
        model.end(ConnectionError("the model is away"))
        await page.wait_for(shows("some words", "failed"))
        assert page.connected
    assert "the model is away" in caplog.text
    assert "error id" in caplog.text


async def test_retry_begins_again_in_the_same_place_and_drops_the_former_source() -> None:
    first, second = Model(), Model()
    async with LiveClient(chat(lambda n: (second if n == 9 else first).answer())) as client:
        page = await client.open("/")
        await page.push("ask")
        first.say("wrong")
        await page.wait_for(shows("wrong", "streaming"))
        place = page.find("section div")["id"]
        await page.push("retry")
        first.say(" still wrong")
        second.say("right")
        second.end()
        await page.wait_for(shows("right", "done"))
        assert first.closed
        assert page.find("section div")["id"] == place


async def test_several_texts_grow_at_once() -> None:
    models = [Model(), Model()]
    async with LiveClient(chat(lambda n: models[n].answer())) as client:
        page = await client.open("/")
        await page.push("ask")
        await page.push("ask")
        models[0].say("a")
        models[1].say("b")
        await page.wait_for(shows("a", "streaming", 0))
        await page.wait_for(shows("b", "streaming", 1))
        models[1].end()
        await page.wait_for(shows("b", "done", 1))
        assert shows("a", "streaming", 0)(page)


async def test_a_text_goes_on_while_the_connection_is_lost() -> None:
    model = Model()
    async with LiveClient(chat(lambda n: model.answer())) as client:
        page = await client.open("/")
        await page.push("ask")
        model.say("before ")
        await page.wait_for(shows("before", "streaming"))
        await page.drop()
        model.say("while away ")
        await page.reconnect()
        await page.wait_for(shows("before while away", "streaming"))
        model.say("after")
        model.end()
        await page.wait_for(shows("before while away after", "done"))


async def test_a_kept_conversation_comes_back_and_its_open_text_is_stopped() -> None:
    model = Model()
    app = chat(lambda n: model.answer())
    async with LiveClient(app) as client:
        page = await client.open("/")
        await page.push("ask")
        model.say("**half** of it")
        await page.wait_for(shows("half of it", "streaming"))
        await client.restart()
        await page.reconnect()
        await page.wait_for(shows("half of it", "stopped"))
        assert page.find("section strong").text == "half"


async def test_the_source_ends_with_the_view() -> None:
    model = Model()
    async with LiveClient(chat(lambda n: model.answer())) as client:
        page = await client.open("/")
        await page.push("ask")
        model.say("words")
        await page.wait_for(shows("words", "streaming"))
        await page.close()
        await page.settle()
        assert model.closed


async def test_an_endless_source_is_cut_off(caplog: pytest.LogCaptureFixture) -> None:
    def endless() -> Iterator[str]:
        while True:
            yield "x" * 10

    async with LiveClient(chat(lambda n: endless(), limit=95)) as client:
        page = await client.open("/")
        await page.push("ask")
        await page.wait_for(shows("x" * 90, "failed"))
    assert "yields more than 95 characters" in caplog.text


@pytest.mark.parametrize("source", [[b"bytes"], 5])
async def test_another_source_fails_the_text_only(source: Any, caplog: pytest.LogCaptureFixture) -> None:
    async with LiveClient(chat(lambda n: source)) as client:
        page = await client.open("/")
        await page.push("ask")
        await page.wait_for(shows("", "failed"))
        assert page.connected
    assert "stream_text() expects" in caplog.text


async def test_more_texts_than_tasks_are_refused() -> None:
    models = [Model() for _ in range(4)]
    async with LiveClient(chat(lambda n: models[n].answer()), raise_crashes=False) as client:
        page = await client.open("/")
        for _ in range(4):
            await page.push("ask")
        await page.settle()
        assert page.crashes == 1


async def test_each_part_costs_few_bytes() -> None:
    model = Model()
    model.say("".join(f"Paragraph {number} of the answer, which is done.\n\n" for number in range(100)))
    async with LiveClient(chat(lambda n: model.answer(), interval=0.0)) as client:
        page = await load(client, "/")
        async with connect(client, page) as socket:
            await join(socket, page)
            await socket.send_frame(event(page, "5", "ask"))
            while "Paragraph 99" not in await socket.receive_text():
                pass
            model.say("One more word")
            frame = await socket.receive_text()
            assert "One more word" in frame
            assert len(frame) < 150
            model.end()


async def test_the_first_page_shows_a_text_that_waits() -> None:
    class Eager(LiveView[Any]):
        template = LiveTemplate.from_string(
            "<section>{{ text }}<i>{{ text.state }}</i></section>", "eager.html"
        )

        async def mount(self, socket: Socket, session: Any) -> None:
            socket.context = {"text": stream_text(socket, ["ready"], markdown=False)}

    app = PyView(secret=SECRET)
    app.add_live_view("/", Eager)
    async with LiveClient(app) as client:
        assert 'aria-busy="true"' in (await client.get("/")).text
        page = await client.open("/")
        await page.wait_for(shows("ready", "done"))
