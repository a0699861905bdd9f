"""Frames that wait for a busy view are kept as text, up to a limit, and handled in order."""

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

pytestmark = pytest.mark.usefixtures("way")

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
LARGE = "x" * 100_000
PROBE = ["1", "probe", "lv:none", "event", {}]
Socket = LiveViewSocket[dict[str, Any]]


class SlowView(LiveView[dict[str, Any]]):
    """View that can be made to wait, and that records all events."""

    template = LiveTemplate.from_string("<p>{{ n }}</p>", "joined.html")
    release: asyncio.Event
    seen: list[Any]

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"n": 0}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        self.seen.append((event, payload))
        if event == "wait":
            await self.release.wait()
        if event == "fail":
            await self.release.wait()
            raise ValueError("raised by the test")
        socket.context["n"] += 1


class Other(SlowView): ...


class JoinedConnection:
    """One connection on which `page` has joined."""

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
        """Return True if the connection reads frames that may have to wait."""
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
    """Return the params of a join as the client sends them."""
    return {"_csrf_token": page.csrf, "_load": "mark", "_mounts": mounts}


@asynccontextmanager
async def joined_connection(**limits: Any) -> AsyncIterator[JoinedConnection]:
    SlowView.release, SlowView.seen = asyncio.Event(), []
    app = PyView(secret=SECRET, security=SecurityConfig(**limits))
    app.add_live_view("/", SlowView)
    app.add_live_view("/other", Other)
    async with LiveClient(app, raise_crashes=False) as client:
        page = await load(client, "/")
        socket = await connect(client, page).connect()
        assert (await join(socket, page, params=params(page, mounts=0)))[0] == "ok"
        yield JoinedConnection(app, client, socket, page)
        SlowView.release.set()
        await socket.close()


async def test_waiting_frames_are_handled_in_order() -> None:
    async with joined_connection() as joined:
        await joined.send("5", "wait")
        values = [{"small": 1}, {"large": LARGE}, {"emoji": "é😀" * 5000}, {"small": "😀"}]
        for number, value in enumerate(values):
            await joined.send(f"{number + 6}", "go", value)
        assert [name for name, _ in SlowView.seen] == ["wait"]
        SlowView.release.set()
        assert (await joined.answer("9"))["response"] == {"diff": {"0": "5"}}
        assert SlowView.seen[1:] == [("go", value) for value in values]
        await eventually(lambda: joined.intake.held == 0)


async def test_a_large_event_for_an_idle_view() -> None:
    async with joined_connection() as joined:
        await joined.send("5", "go", {"large": LARGE})
        assert (await joined.answer("5"))["response"] == {"diff": {"0": "1"}}
        assert SlowView.seen == [("go", {"large": LARGE})]
        assert joined.intake.held == 0


async def test_waiting_frames_are_kept_as_text_of_the_same_size() -> None:
    async with joined_connection() as joined:
        await joined.send("5", "wait")
        await joined.send("6", "go", {"x": "😀" + LARGE})
        await joined.send("7", "go", {"x": 1})
        await eventually(lambda: joined.intake.held > len(LARGE))
        [process] = joined.app.app_context.processes
        waiting = list(process._waiting or ())
        assert [type(message) for message in waiting] == [Unread, Unread]
        assert type(waiting[0]._text) is bytes
        assert joined.intake.held < len(LARGE) + 2000


async def test_beyond_the_limit_nothing_is_read_until_frames_are_handled() -> None:
    async with joined_connection(max_unhandled_bytes=250_000) as joined:
        await joined.send("5", "wait")
        assert await joined.is_read()
        for ref in ("6", "7", "8", "9"):
            await joined.send(ref, "go", {"x": LARGE})
        assert not await joined.is_read()
        assert 250_000 < joined.intake.held < 400_000
        SlowView.release.set()
        assert (await joined.answer("9"))["status"] == "ok"
        assert await joined.is_read()
        assert len(SlowView.seen) == 5


async def test_heartbeats_and_a_goodbye_are_handled_meanwhile() -> None:
    async with joined_connection(max_unhandled_bytes=1000) as joined:
        await joined.send("5", "wait")
        await joined.send("6", "go", {"x": LARGE})
        await joined.socket.send_frame([None, "h", "phoenix", "heartbeat", {}])
        assert (await joined.answer("h"))["status"] == "ok"
        await joined.socket.send_frame(["4", "7", joined.page.topic, "phx_leave", {}])
        assert (await joined.answer("7"))["status"] == "ok"
        assert [name for name, _ in SlowView.seen] == ["wait"]
        await joined.socket.close()


async def test_the_views_of_a_connection_share_the_limit_and_frames_being_handled_count() -> None:
    async with joined_connection(max_unhandled_bytes=150_000) as joined:
        other = await load(joined.client, "/other")
        assert (await join(joined.socket, other))[0] == "ok"
        await joined.send("5", "wait", {"x": LARGE})
        assert await joined.is_read()
        await joined.socket.send_frame(event(other, "6", "wait", {"x": LARGE}))
        assert not await joined.is_read()


async def test_a_connection_that_is_not_read_for_long_is_closed_and_its_views_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with joined_connection(max_unhandled_bytes=1000, idle_timeout=0.3, reconnect_grace=0) as joined:
        await joined.send("5", "wait")
        for ref in ("6", "7"):
            await joined.send(ref, "go", {"x": LARGE})
        assert await joined.socket.wait_closed() == 4408
        assert "not read, because its views handle too slowly what came, for 0.3 s" in caplog.text
        SlowView.release.set()
        await eventually(lambda: not joined.app.app_context.processes)
        assert [name for name, _ in SlowView.seen] == ["wait"]


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
async def test_a_malformed_frame_that_waited_closes_the_connection(
    frame: str, size: int, *, busy: bool
) -> None:
    async with joined_connection() as joined:
        if busy:
            await joined.send("5", "wait")
        deep = "[" * 100 + "]" * 100
        text = frame.replace("TOPIC", joined.page.topic).replace("LARGE", "x" * size).replace("DEEP", deep)
        await joined.socket.send_text(text)
        with suppress(SocketClosed):
            await joined.send("7", "later")
        SlowView.release.set()
        assert await joined.socket.wait_closed() == 1008
        await eventually(lambda: not joined.app.app_context.processes)
        assert ("later", {}) not in SlowView.seen


@pytest.mark.parametrize("end", ["crash", "leave", "rejoin"])
async def test_frames_that_an_ended_view_has_not_handled_count_no_more(end: str) -> None:
    async with joined_connection() as joined:
        await joined.send("5", "fail" if end == "crash" else "wait")
        for ref in ("6", "7"):
            await joined.send(ref, "go", {"x": LARGE})
        await eventually(lambda: joined.intake.held > 200_000)
        if end == "leave":
            await joined.socket.send_frame(["4", "8", joined.page.topic, "phx_leave", {}])
        elif end == "rejoin":
            await joined.socket.send_frame(joined.page.join("8"))
        SlowView.release.set()
        await eventually(lambda: joined.intake.held == 0)
        assert await joined.is_read()
        assert len(SlowView.seen) == 1


async def test_too_many_small_frames_end_the_view() -> None:
    async with joined_connection(max_mailbox=3) as joined:
        await joined.send("5", "wait")
        for ref in "6789":
            await joined.send(ref, "go")
        while (await joined.socket.receive_frame())[3] != "phx_error":
            pass
        SlowView.release.set()
        await eventually(lambda: joined.intake.held == 0)


async def test_waiting_frames_count_for_the_connection_of_the_rejoin() -> None:
    async with joined_connection(max_unhandled_bytes=150_000) as joined:
        await joined.send("5", "wait", {"x": LARGE})
        await joined.send("6", "go", {"x": LARGE})
        await eventually(lambda: joined.intake.held > 200_000)
        await joined.socket.drop()
        assert joined.app._detached_views.bytes > 100_000
        async with connect(joined.client, joined.page) as back:
            await back.send_frame(joined.page.join("4", params=params(joined.page, mounts=1)))
            await eventually(lambda: joined.intake.held > 100_000)
            assert joined.intake.held < 150_000
            SlowView.release.set()
            frame = await back.receive_frame()
            assert (frame[1], frame[4]["status"]) == ("4", "ok")
            assert [name for name, _ in SlowView.seen] == ["wait", "go"]
            await eventually(lambda: joined.intake.held == 0)
        joined.socket = back


async def test_joins_count_until_they_are_answered() -> None:
    release = asyncio.Event()

    class Slow(SlowView):
        async def mount(self, socket: Socket, session: Any) -> None:
            await super().mount(socket, session)
            if socket.connected:
                await release.wait()

    async with joined_connection(max_unhandled_bytes=50_000) as joined:
        joined.app.add_live_view("/slow", Slow)
        page = await load(joined.client, "/slow")
        await joined.socket.send_frame(page.join("5", x="y" * 60_000))
        assert not await joined.is_read()
        release.set()
        assert (await joined.answer("5"))["status"] == "ok"
        assert await joined.is_read()
        assert joined.intake.held == 0


async def test_only_the_event_with_a_long_name_is_refused() -> None:
    async with joined_connection() as joined:
        await joined.send("5", "n" * 255)
        assert (await joined.answer("5"))["status"] == "ok"
        await joined.send("6", "n" * 256)
        assert await joined.answer("6") == {"status": "error", "response": {"reason": "event_name_too_long"}}
        await joined.send("7", "n" * 50_000)
        assert await joined.answer("7") == {"status": "error", "response": {"reason": "event_name_too_long"}}
        assert len(SlowView.seen) == 1
        assert await joined.is_read()


async def test_a_long_topic_closes_the_connection() -> None:
    async with joined_connection() as joined:
        frame = joined.page.join("9")
        frame[2] = "lv:" + "x" * 300
        await joined.socket.send_frame(frame)
        assert await joined.socket.wait_closed() == 1008


async def test_bytes_outside_uploads_close_the_connection() -> None:
    async with joined_connection() as joined:
        await joined.socket.send_chunk(
            "4", "5", joined.page.topic, "event", json.dumps({"event": "go"}).encode()
        )
        assert await joined.socket.wait_closed() == 1008


@pytest.mark.parametrize(("bytes_of_value", "closed"), [(260_000, False), (263_000, True)])
async def test_an_event_of_more_than_256_kibibytes_closes_the_connection(
    bytes_of_value: int, caplog: pytest.LogCaptureFixture, *, closed: bool
) -> None:
    async with joined_connection() as joined:
        # Characters are not what counts.
        frame = json.dumps(event(joined.page, "5", "go", "é" * (bytes_of_value // 2)), ensure_ascii=False)
        await joined.socket.send_text(frame)
        if closed:
            assert await joined.socket.wait_closed() == 1009
            assert "max_frame=262144" in caplog.text
        else:
            assert (await joined.answer("5"))["status"] == "ok"
