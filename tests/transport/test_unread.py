"""What waits for a view waits as text, so much of it and no more, and is handled as if it had not waited."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.process.unread import Intake, Unread
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, NoAnswer, RawSocket
from pyview.testing.errors import SocketClosed
from tests.asgi import eventually
from tests.frames import Page, connect, event, join, load

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
LARGE = "x" * 100_000
PROBE = ["1", "probe", "lv:none", "event", {}]
Socket = LiveViewSocket[dict[str, Any]]


class Desk(LiveView[dict[str, Any]]):
    """Waits at the gate when told to, and keeps a list of all that came."""

    template = LiveTemplate.from_string("<p>{{ n }}</p>", "desk.html")
    gate: asyncio.Event
    seen: list[Any]

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"n": 0}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        self.seen.append((event, payload))
        if event == "wait":
            await self.gate.wait()
        if event == "fail":
            await self.gate.wait()
            raise ValueError("as the test wishes")
        socket.context["n"] += 1


class Other(Desk): ...


class Office:
    """One socket, on which `page` has joined."""

    def __init__(self, app: PyView, client: LiveClient, socket: RawSocket, page: Page) -> None:
        self.app = app
        self.client = client
        self.socket = socket
        self.page = page

    async def send(self, ref: str, name: str, value: Any = None) -> None:
        await self.socket.send_text(json.dumps(event(self.page, ref, name, value), ensure_ascii=False))

    async def answer(self, ref: str) -> Any:
        while True:
            frame = await self.socket.receive_frame()
            if frame[1] == ref and frame[3] == "phx_reply":
                return frame[4]

    async def is_read(self) -> bool:
        """Whether the connection takes what may have to wait."""
        await self.socket.send_frame(PROBE)
        try:
            await asyncio.wait_for(self.answer("probe"), 0.1)
        except (TimeoutError, NoAnswer):
            return False
        return True

    @property
    def intake(self) -> Intake:
        [connection] = self.app._open_connections.monitor
        return connection._channels.intake  # type: ignore[attr-defined,no-any-return]


def params(page: Page, mounts: int) -> dict[str, Any]:
    """What the client says in the params of a join."""
    return {"_csrf_token": page.csrf, "_load": "mark", "_mounts": mounts}


@asynccontextmanager
async def office(**limits: Any) -> AsyncIterator[Office]:
    Desk.gate, Desk.seen = asyncio.Event(), []
    app = PyView(secret=SECRET, security=SecurityConfig(**limits))
    app.add_live_view("/", Desk)
    app.add_live_view("/other", Other)
    async with LiveClient(app, raise_crashes=False) as client:
        page = await load(client, "/")
        socket = await connect(client, page).connect()
        assert (await join(socket, page, params=params(page, mounts=0)))[0] == "ok"
        yield Office(app, client, socket, page)
        Desk.gate.set()
        await socket.close()


async def test_all_that_waited_is_handled_in_its_order() -> None:
    async with office() as desk:
        await desk.send("5", "wait")
        values = [{"small": 1}, {"large": LARGE}, {"emoji": "é😀" * 5000}, {"small": "😀"}]
        for number, value in enumerate(values):
            await desk.send(f"{number + 6}", "go", value)
        assert [name for name, _ in Desk.seen] == ["wait"]
        Desk.gate.set()
        assert (await desk.answer("9"))["response"] == {"diff": {"0": "5"}}
        assert Desk.seen[1:] == [("go", value) for value in values]
        await eventually(lambda: desk.intake.held == 0)


async def test_a_large_event_for_a_view_with_nothing_to_do() -> None:
    async with office() as desk:
        await desk.send("5", "go", {"large": LARGE})
        assert (await desk.answer("5"))["response"] == {"diff": {"0": "1"}}
        assert Desk.seen == [("go", {"large": LARGE})]
        assert desk.intake.held == 0


async def test_what_waits_is_text_and_of_no_more_bytes_than_came() -> None:
    async with office() as desk:
        await desk.send("5", "wait")
        await desk.send("6", "go", {"x": "😀" + LARGE})
        await desk.send("7", "go", {"x": 1})
        await eventually(lambda: desk.intake.held > len(LARGE))
        [process] = desk.app.app_context.processes
        waiting = list(process._waiting or ())
        assert [type(message) for message in waiting] == [Unread, Unread]
        assert type(waiting[0]._text) is bytes
        assert desk.intake.held < len(LARGE) + 2000


async def test_beyond_the_limit_nothing_is_read_until_there_is_room() -> None:
    async with office(max_unhandled_bytes=250_000) as desk:
        await desk.send("5", "wait")
        assert await desk.is_read()
        for ref in ("6", "7", "8", "9"):
            await desk.send(ref, "go", {"x": LARGE})
        assert not await desk.is_read()
        assert 250_000 < desk.intake.held < 400_000
        Desk.gate.set()
        assert (await desk.answer("9"))["status"] == "ok"
        assert await desk.is_read()
        assert len(Desk.seen) == 5


async def test_heartbeats_are_answered_and_a_goodbye_is_heard_meanwhile() -> None:
    async with office(max_unhandled_bytes=1000) as desk:
        await desk.send("5", "wait")
        await desk.send("6", "go", {"x": LARGE})
        await desk.socket.send_frame([None, "h", "phoenix", "heartbeat", {}])
        assert (await desk.answer("h"))["status"] == "ok"
        await desk.socket.send_frame(["4", "7", desk.page.topic, "phx_leave", {}])
        assert (await desk.answer("7"))["status"] == "ok"
        assert [name for name, _ in Desk.seen] == ["wait"]
        await desk.socket.close()


async def test_the_views_of_a_socket_share_the_limit_and_those_in_work_count() -> None:
    async with office(max_unhandled_bytes=150_000) as desk:
        other = await load(desk.client, "/other")
        assert (await join(desk.socket, other))[0] == "ok"
        await desk.send("5", "wait", {"x": LARGE})
        assert await desk.is_read()
        await desk.socket.send_frame(event(other, "6", "wait", {"x": LARGE}))
        assert not await desk.is_read()


async def test_who_is_not_read_for_long_is_closed_and_its_views_end(caplog: pytest.LogCaptureFixture) -> None:
    async with office(max_unhandled_bytes=1000, idle_timeout=0.3, reconnect_grace=0) as desk:
        await desk.send("5", "wait")
        for ref in ("6", "7"):
            await desk.send(ref, "go", {"x": LARGE})
        assert await desk.socket.wait_closed() == 4408
        assert "not read, because its views handle too slowly what came, for 0.3 s" in caplog.text
        Desk.gate.set()
        await eventually(lambda: not desk.app.app_context.processes)
        assert [name for name, _ in Desk.seen] == ["wait"]


BROKEN = [
    '["4","6","TOPIC","event",{"type":"click","event":"go","value":{"x":"LARGE"}}',
    '["4","6","TOPIC","event",{"type":"click","event":3,"value":{"x":"LARGE"}}]',
    '["4","6","TOPIC","event",{"type":"click","event":"go","value":{"x":"LARGE"}},1]',
    '["4","6","TOPIC","event",{"type":"click","event":"go","value":["LARGE",DEEP]}]',
    '["4","6","TOPIC","event",LARGE]',
    '["4","6","TOPIC","live_patch",{"url":3,"x":"LARGE"}]',
    '["4",6,"TOPIC","event",{"x":"LARGE"}]',
    '["4","6","TOPIC",{"x":"LARGE"}]',
    '["4","6","TO\\xPIC","event",{"x":"LARGE"}]',
    '[null,"6","phoenix","heartbeat",{"x":"LARGE"',
    '["4","6","TOPIC","nonsense",{"x":"LARGE"}]',
    '{"x":"LARGE"}',
]


@pytest.mark.parametrize("busy", [False, True])
@pytest.mark.parametrize("size", [1, 50_000])
@pytest.mark.parametrize("frame", BROKEN)
async def test_a_malformed_frame_that_waited_ends_the_socket(frame: str, size: int, *, busy: bool) -> None:
    async with office() as desk:
        if busy:
            await desk.send("5", "wait")
        deep = "[" * 100 + "]" * 100
        text = frame.replace("TOPIC", desk.page.topic).replace("LARGE", "x" * size).replace("DEEP", deep)
        await desk.socket.send_text(text)
        with suppress(SocketClosed):
            await desk.send("7", "later")
        Desk.gate.set()
        assert await desk.socket.wait_closed() == 1008
        await eventually(lambda: not desk.app.app_context.processes)
        assert ("later", {}) not in Desk.seen


@pytest.mark.parametrize("end", ["crash", "leave", "rejoin"])
async def test_what_a_view_leaves_unhandled_counts_no_more(end: str) -> None:
    async with office() as desk:
        await desk.send("5", "fail" if end == "crash" else "wait")
        for ref in ("6", "7"):
            await desk.send(ref, "go", {"x": LARGE})
        await eventually(lambda: desk.intake.held > 200_000)
        if end == "leave":
            await desk.socket.send_frame(["4", "8", desk.page.topic, "phx_leave", {}])
        elif end == "rejoin":
            await desk.socket.send_frame(desk.page.join("8"))
        Desk.gate.set()
        await eventually(lambda: desk.intake.held == 0)
        assert await desk.is_read()
        assert len(Desk.seen) == 1


async def test_too_many_small_ones_end_the_view_as_before() -> None:
    async with office(max_mailbox=3) as desk:
        await desk.send("5", "wait")
        for ref in "6789":
            await desk.send(ref, "go")
        while (await desk.socket.receive_frame())[3] != "phx_error":
            pass
        Desk.gate.set()
        await eventually(lambda: desk.intake.held == 0)


async def test_what_waits_counts_where_its_page_has_come_back() -> None:
    async with office(max_unhandled_bytes=150_000) as desk:
        await desk.send("5", "wait", {"x": LARGE})
        await desk.send("6", "go", {"x": LARGE})
        await eventually(lambda: desk.intake.held > 200_000)
        await desk.socket.drop()
        assert desk.app._detached_views.bytes > 100_000
        async with connect(desk.client, desk.page) as back:
            await back.send_frame(desk.page.join("4", params=params(desk.page, mounts=1)))
            await eventually(lambda: desk.intake.held > 100_000)
            assert desk.intake.held < 150_000
            Desk.gate.set()
            frame = await back.receive_frame()
            assert (frame[1], frame[4]["status"]) == ("4", "ok")
            assert [name for name, _ in Desk.seen] == ["wait", "go"]
            await eventually(lambda: desk.intake.held == 0)
        desk.socket = back


async def test_joins_count_until_they_are_answered() -> None:
    gate = asyncio.Event()

    class Slow(Desk):
        async def mount(self, socket: Socket, session: Any) -> None:
            await super().mount(socket, session)
            if socket.connected:
                await gate.wait()

    async with office(max_unhandled_bytes=50_000) as desk:
        desk.app.add_live_view("/slow", Slow)
        page = await load(desk.client, "/slow")
        await desk.socket.send_frame(page.join("5", x="y" * 60_000))
        assert not await desk.is_read()
        gate.set()
        assert (await desk.answer("5"))["status"] == "ok"
        assert await desk.is_read()
        assert desk.intake.held == 0


async def test_an_event_of_a_long_name_is_refused_and_nothing_else() -> None:
    async with office() as desk:
        await desk.send("5", "n" * 255)
        assert (await desk.answer("5"))["status"] == "ok"
        await desk.send("6", "n" * 256)
        assert await desk.answer("6") == {"status": "error", "response": {"reason": "event_name_too_long"}}
        await desk.send("7", "n" * 50_000)
        assert await desk.answer("7") == {"status": "error", "response": {"reason": "event_name_too_long"}}
        assert len(Desk.seen) == 1
        assert await desk.is_read()


async def test_a_topic_is_short() -> None:
    async with office() as desk:
        frame = desk.page.join("9")
        frame[2] = "lv:" + "x" * 300
        await desk.socket.send_frame(frame)
        assert await desk.socket.wait_closed() == 1008


async def test_bytes_are_for_uploads_only() -> None:
    async with office() as desk:
        await desk.socket.send_chunk("4", "5", desk.page.topic, "event", json.dumps({"event": "go"}).encode())
        assert await desk.socket.wait_closed() == 1008


@pytest.mark.parametrize(("bytes_of_value", "closed"), [(260_000, False), (263_000, True)])
async def test_an_event_of_more_than_256_kibibytes_ends_the_socket(
    bytes_of_value: int, caplog: pytest.LogCaptureFixture, *, closed: bool
) -> None:
    async with office() as desk:
        # Characters are not what counts.
        frame = json.dumps(event(desk.page, "5", "go", "é" * (bytes_of_value // 2)), ensure_ascii=False)
        await desk.socket.send_text(frame)
        if closed:
            assert await desk.socket.wait_closed() == 1009
            assert "max_frame=262144" in caplog.text
        else:
            assert (await desk.answer("5"))["status"] == "ok"
