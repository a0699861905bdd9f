"""Frames of one connection: joins, refs, leaves, errors and limits, as the official client expects them."""

import asyncio
import json
import logging
from typing import Any

import pytest

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig, is_connected
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, SocketRefused
from tests.asgi import eventually, settled
from tests.frames import connect, event, join, load

pytestmark = pytest.mark.usefixtures("way")

OK: dict[str, Any] = {"status": "ok", "response": {}}


class Counter(LiveView[Any]):
    template = LiveTemplate.from_string("<p>{{ count }}</p>", "counter.html")
    go_on: asyncio.Event
    """Set by a test when the event `slow` is to end."""

    async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
        socket.context = {"count": 0}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Any]) -> Any:
        if event == "slow":
            await self.go_on.wait()
        if event == "boom":
            raise RuntimeError("boom")
        if event == "big":
            socket.context["count"] = "x" * 100_000
            return None
        socket.context["count"] += 1


class Items(Counter): ...


def make_app(**limits: Any) -> PyView:
    Counter.go_on = asyncio.Event()
    app = PyView(secret="t3st-s3cret-of-at-least-thirty-two-bytes", security=SecurityConfig(**limits))
    app.add_live_view("/count", Counter)
    app.add_live_view("/items/{item}", Items)
    return app


async def test_heartbeats_are_answered_before_a_join_and_during_a_slow_event() -> None:
    async with LiveClient(make_app()) as client:
        page = await load(client, "/count")
        async with connect(client, page) as socket:
            await socket.send_frame([None, "1", "phoenix", "heartbeat", {}])
            assert await socket.receive_frame() == [None, "1", "phoenix", "phx_reply", OK]
            await join(socket, page)
            await socket.send_frame(event(page, "5", "slow"))
            await socket.send_frame([None, "6", "phoenix", "heartbeat", {}])
            assert (await socket.receive_frame())[1] == "6"
            Counter.go_on.set()
            assert (await socket.receive_frame())[1] == "5"


async def test_a_slow_view_does_not_delay_another_on_the_same_socket() -> None:
    async with LiveClient(make_app()) as client:
        one, two = await load(client, "/count"), await load(client, "/count")
        async with connect(client, one) as socket:
            await join(socket, one, "4")
            await join(socket, two, "5")
            await socket.send_frame(event(one, "6", "slow"))
            await socket.send_frame(event(two, "7", "inc", join_ref="5"))
            assert (await socket.receive_frame())[1] == "7"
            Counter.go_on.set()
            assert (await socket.receive_frame())[1] == "6"


async def test_a_join_answers_with_the_tree_and_the_version_of_the_client() -> None:
    app = make_app()
    async with LiveClient(app) as client:
        page = await load(client, "/count")
        async with connect(client, page) as socket:
            status, response = await join(socket, page, url=page.url + "#part")
            assert status == "ok"
            assert response["rendered"] == {"s": ["<p>", "</p>"], "0": "0"}
            assert response["liveview_version"] == app.app_context.liveview_version
            assert "container" not in response


async def test_replies_are_in_order_with_their_diff_or_empty() -> None:
    async with LiveClient(make_app()) as client:
        page = await load(client, "/count")
        async with connect(client, page) as socket:
            await join(socket, page)
            for ref in "567":
                await socket.send_frame(event(page, ref, "inc"))
            for ref, count in zip("567", "123", strict=True):
                reply = {"status": "ok", "response": {"diff": {"0": count}}}
                assert await socket.receive_frame() == ["4", ref, page.topic, "phx_reply", reply]
            await socket.send_frame(event(page, "8", "lv:clear-flash"))
            assert await socket.receive_frame() == ["4", "8", page.topic, "phx_reply", OK]


async def test_a_second_join_of_a_topic_closes_the_first() -> None:
    async with LiveClient(make_app()) as client:
        page = await load(client, "/count")
        async with connect(client, page) as socket:
            await join(socket, page, "4")
            await socket.send_frame(page.join("9"))
            assert await socket.receive_frame() == ["4", "4", page.topic, "phx_close", {}]
            assert (await socket.receive_frame())[:2] == ["9", "9"]
            await socket.send_frame(event(page, "10", "inc", join_ref="4"))
            await socket.expect_nothing()
            await socket.send_frame(event(page, "11", "inc", join_ref="9"))
            assert (await socket.receive_frame())[:2] == ["9", "11"]


async def test_leaving_closes_then_answers_and_the_topic_is_free_again() -> None:
    async with LiveClient(make_app()) as client:
        page = await load(client, "/count")
        async with connect(client, page) as socket:
            await join(socket, page)
            await socket.send_frame(["4", "5", page.topic, "phx_leave", {}])
            assert await socket.receive_frame() == ["4", "4", page.topic, "phx_close", {}]
            assert await socket.receive_frame() == ["4", "5", page.topic, "phx_reply", OK]
            await socket.send_frame(event(page, "6", "inc"))
            assert (await socket.receive_frame())[4]["response"] == {"reason": "unmatched topic"}
            await socket.send_frame(["4", "7", page.topic, "phx_leave", {}])
            assert (await socket.receive_frame())[4] == OK


async def test_live_navigation_sends_leave_and_join_at_once() -> None:
    async with LiveClient(make_app()) as client:
        page = await load(client, "/count")
        async with connect(client, page) as socket:
            await join(socket, page)
            await socket.send_frame(event(page, "5", "slow"))
            await socket.send_frame(["4", "6", page.topic, "phx_leave", {}])
            target = page.join("7", redirect="http://testserver/items/3")
            del target[4]["url"]
            await socket.send_frame(target)
            frames = [await socket.receive_frame() for _ in range(3)]
            assert [[*frame[:2], frame[3]] for frame in frames] == [
                ["4", "4", "phx_close"],
                ["4", "6", "phx_reply"],
                ["7", "7", "phx_reply"],
            ]
            assert frames[2][4]["response"]["container"] == ["div", {}]
            Counter.go_on.set()
            await socket.expect_nothing(0.1)


async def test_a_crash_closes_its_topic_only(caplog: pytest.LogCaptureFixture) -> None:
    async with LiveClient(make_app()) as client:
        one, two = await load(client, "/count"), await load(client, "/count")
        async with connect(client, one) as socket:
            await join(socket, one, "4")
            await join(socket, two, "5")
            with caplog.at_level(logging.CRITICAL, "pyview"):
                await socket.send_frame(event(one, "6", "boom"))
                frame = await socket.receive_frame()
                assert (frame[:4], [*frame[4]]) == (["4", "4", one.topic, "phx_error"], ["error_id"])
            await socket.send_frame(event(two, "7", "inc", join_ref="5"))
            assert (await socket.receive_frame())[4]["response"] == {"diff": {"0": "1"}}
            assert (await join(socket, one, "8"))[0] == "ok"


@pytest.mark.parametrize(
    "frame",
    [
        ["4", "9", "room:1", "event", {}],
        ["4", "9", "lv:phx-nope", "event", {"type": "click", "event": "inc", "value": {}}],
        ["4", "9", "lv:phx-nope", "live_patch", {"url": "/count"}],
    ],
)
async def test_frames_of_unknown_topics_are_answered(frame: list[Any]) -> None:
    async with LiveClient(make_app()) as client, connect(client) as socket:
        await socket.send_frame(frame)
        answer = {"status": "error", "response": {"reason": "unmatched topic"}}
        assert await socket.receive_frame() == [None, "9", frame[2], "phx_reply", answer]


async def test_other_topics_cannot_be_joined() -> None:
    async with LiveClient(make_app()) as client, connect(client) as socket:
        await socket.send_frame(["4", "4", "room:1", "phx_join", {}])
        assert (await socket.receive_frame())[4]["response"] == {"reason": "unmatched topic"}


MALFORMED = [
    "",
    "{}",
    "[1]",
    '["4","4","lv:x","phx_join",[]]',
    '["4","5","lv:x","phx_join",{}]',
    '[null,null,"lv:x","phx_join",{}]',
    '["4","5","%","event",{}]',
    '["4","5","%","event",[]]',
    '["4","5","%","event",{"event":1,"value":{}}]',
    '["4","5","%","event",{"event":"lv:nope","value":{}}]',
    '["4","5","%","event",{"type":"form","event":"x","value":{}}]',
    '["4","5","%","event",{"type":"form","event":"x","value":"a=1","meta":3}]',
    '["4","5","%","live_patch",{}]',
    '["4","5","%","live_patch",[]]',
    '["4","5","%","what",{}]',
    '["4","5","%","event",{"event":"x","value":' + "[" * 100 + "]" * 100 + "}]",
]


@pytest.mark.parametrize("text", MALFORMED)
async def test_a_malformed_frame_closes_the_socket_with_one_line(
    text: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app()
    async with LiveClient(app) as client:
        page = await load(client, "/count")
        async with connect(client, page) as socket:
            await join(socket, page)
            caplog.clear()
            await socket.send_text(text.replace("%", page.topic))
            assert await socket.wait_closed() == 1008
    assert app.app_context.processes == set()
    lines = [record.getMessage() for record in caplog.records if record.name == "pyview"]
    assert len(lines) == 1
    assert "malformed frame" in lines[0]
    assert not any(record.exc_info for record in caplog.records)


async def test_invalid_binary_frames_and_unexpected_chunks_close_the_socket() -> None:
    async with LiveClient(make_app()) as client, connect(client) as socket:
        await socket.send_bytes(bytes.fromhex("00020205053132") + b"14lvu:0chunk\xde\xad")
        assert (await socket.receive_frame())[4]["response"] == {"reason": "unmatched topic"}
        await socket.send_bytes(b"\x07nonsense")
        assert await socket.wait_closed() == 1008


async def test_the_size_of_frames_is_limited_before_and_after_the_join() -> None:
    async with LiveClient(make_app(max_frame_before_join=2000, max_frame=5000)) as client:
        page = await load(client, "/count")
        async with connect(client, page) as socket:
            await socket.send_text(json.dumps([None, "1", "phoenix", "heartbeat", {"x": "y" * 2000}]))
            assert await socket.wait_closed() == 1009
        async with connect(client, page) as socket:
            await join(socket, page)
            await socket.send_frame(event(page, "5", "inc", {"x": "y" * 2000}))
            assert (await socket.receive_frame())[1] == "5"
            await socket.send_frame(event(page, "6", "inc", {"x": "y" * 5000}))
            assert await socket.wait_closed() == 1009


async def test_the_number_of_form_fields_is_limited() -> None:
    async with LiveClient(make_app(max_form_fields=10)) as client:
        page = await load(client, "/count")
        async with connect(client, page) as socket:
            await join(socket, page)
            form = {"type": "form", "event": "x", "value": "&".join(f"a{n}=1" for n in range(11)), "meta": {}}
            await socket.send_frame(["4", "5", page.topic, "event", form])
            assert await socket.wait_closed() == 1008


async def test_the_number_of_topics_is_limited() -> None:
    async with LiveClient(make_app(max_topics=3)) as client:
        pages = [await load(client, "/count") for _ in range(4)]
        async with connect(client, pages[0]) as socket:
            for number, page in enumerate(pages[:3]):
                assert (await join(socket, page, str(number)))[0] == "ok"
            assert await join(socket, pages[3], "9") == ["error", {"reason": "too many channels joined"}]


async def test_the_handshake_requires_protocol_version_two() -> None:
    async with LiveClient(make_app()) as client:
        for params in ({}, {"vsn": "1.0.0"}, {"vsn": "x"}):
            with pytest.raises(SocketRefused) as refused:
                await connect(client, params=params).connect()
            assert refused.value.status == 403


async def test_a_patch_to_another_view_becomes_a_navigation_of_the_client() -> None:
    async with LiveClient(make_app()) as client:
        page = await load(client, "/count")
        async with connect(client, page) as socket:
            await join(socket, page)
            for ref, url in [("5", "/items/1"), ("6", "https://evil.example/count"), ("7", "/nowhere")]:
                await socket.send_frame(["4", ref, page.topic, "live_patch", {"url": url}])
                assert (await socket.receive_frame())[4]["response"] == {"link_redirect": True}
            await socket.send_frame(
                ["4", "8", page.topic, "live_patch", {"url": "http://testserver/count?x=1"}]
            )
            assert (await socket.receive_frame())[4] == OK


# A browser that does not read


class Ticker(Counter):
    async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
        socket.context = {"count": 0}
        if is_connected(socket):
            await socket.subscribe("tick")

    async def handle_info(self, event: Any, socket: LiveViewSocket[Any]) -> None:
        socket.context["count"] = event.payload


async def test_a_slow_browser_gets_fewer_and_newer_updates() -> None:
    app = make_app()
    app.add_live_view("/tick", Ticker)
    async with LiveClient(app) as client:
        page = await load(client, "/tick")
        async with connect(client, page) as socket:
            await join(socket, page)
            socket.pause_reading()
            for number in range(1, 500):
                await app.pubsub.broadcast("tick", number)
                await asyncio.sleep(0)
            [process] = app.app_context.processes
            await eventually(lambda: process.socket.context["count"] == 499)
            socket.resume_reading()
            counts = [""]
            while counts[-1] != "499":
                counts.append((await socket.receive_frame())[4]["0"])
            assert len(counts) <= 5
            await socket.expect_nothing()
            await socket.send_frame(event(page, "5", "inc"))
            assert (await socket.receive_frame())[4]["response"] == {"diff": {"0": "500"}}


async def test_a_browser_that_never_reads_is_disconnected_and_its_views_end() -> None:
    app = make_app(stall_timeout=0.05, reconnect_grace=0)
    app.add_live_view("/tick", Ticker)
    async with LiveClient(app) as client:
        page = await load(client, "/tick")
        async with connect(client, page) as socket:
            await join(socket, page)
            socket.pause_reading()
            await app.pubsub.broadcast("tick", 1)
            assert await socket.wait_closed() == 1013
            await eventually(lambda: app.app_context.processes == set())


async def test_nothing_is_read_from_a_browser_that_does_not_read() -> None:
    app = make_app(max_queued_frames=8, stall_timeout=5.0)
    async with LiveClient(app) as client:
        page = await load(client, "/count")
        async with connect(client, page) as socket:
            await join(socket, page)
            socket.pause_reading()
            for ref in range(5, 105):
                await socket.send_frame(event(page, str(ref), "inc"))
            [process] = app.app_context.processes
            await settled(lambda: process.socket.context["count"])
            assert socket.open
            socket.resume_reading()
            refs = [(await socket.receive_frame())[1] for _ in range(100)]
            assert refs == [str(ref) for ref in range(5, 105)]
