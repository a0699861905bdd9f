"""Frames and handshakes of a hostile client: origin, host, method names, malformed and large frames, topics, logs."""

import logging
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pyview import SecurityConfig
from pyview.testing import LiveClient, RawSocket, SocketRefused
from tests.attack.target import UNMATCHED, AppState, answer, attempt, joined, page_of, target

HEARTBEAT: list[Any] = [None, "1", "phoenix", "heartbeat", {}]


class TestOrigin:
    async def status(self, client: LiveClient, origin: str | None) -> int:
        socket = client.raw_socket(headers={"origin": origin})
        try:
            await socket.connect()
        except SocketRefused as refused:
            return refused.status
        await socket.close()
        return 101

    @pytest.mark.parametrize(
        "origin",
        ["https://evil.example", "null", "http://testserver:8000", "http://sub.testserver", "testserver", ""],
    )
    async def test_other_sites_are_refused_before_accept(self, client: LiveClient, origin: str) -> None:
        assert await self.status(client, origin) == 403

    @pytest.mark.parametrize("origin", ["http://testserver", "http://testserver:80", None])
    async def test_the_same_origin_and_programs_are_accepted(
        self, client: LiveClient, origin: str | None
    ) -> None:
        assert await self.status(client, origin) == 101

    async def test_as_configured(self, state: AppState) -> None:
        config = SecurityConfig(allowed_origins=["*.friends.example"], require_origin=True)
        async with LiveClient(target(state, config)) as client:
            assert await self.status(client, "https://a.friends.example") == 101
            assert await self.status(client, "https://friends.example.evil") == 403
            assert await self.status(client, None) == 403


async def test_an_unknown_host_is_refused(state: AppState) -> None:
    app = target(state, SecurityConfig(allowed_hosts=["testserver"]))
    async with LiveClient(app) as client:
        page = await page_of(client, "/")
        assert (await attempt(client, page))[0] == "ok"
        assert (await client.get("/", headers={"host": "evil.example"})).status_code == 400
        assert (await client.get("/login", headers={"host": "evil.example"})).status_code == 400
        with pytest.raises(SocketRefused):
            await client.raw_socket(
                headers={"host": "evil.example", "origin": "http://evil.example"}
            ).connect()


class TestEventNames:
    @pytest.mark.parametrize(
        "name", ["_private", "__init__", "mount", "disconnect", "render", "__class__", ""]
    )
    async def test_no_name_reaches_a_method(self, client: LiveClient, state: AppState, name: str) -> None:
        """`handle_event` accepts every name, so it gets these as text; no other method runs."""
        page = await page_of(client, "/")
        async with client.raw_socket() as socket:
            await joined(socket, page.topic, page.join())
            await socket.send_frame(
                ["4", "5", page.topic, "event", {"type": "click", "event": name, "value": {}}]
            )
            assert (await answer(socket, "5"))[0] == "ok"
        assert state.calls == {"home.mount": 1, f"home.event.{name}": 1}


MALFORMED = [
    "",
    "x",
    "{}",
    "null",
    "[]",
    "[1,2,3]",
    '[null,"1","phoenix","heartbeat",{},1]',
    '{"a":1}',
    '[1,"1","phoenix","heartbeat",{}]',
    '[null,1,"phoenix","heartbeat",{}]',
    '[null,"1",3,"heartbeat",{}]',
    '[null,"1","phoenix",3,{}]',
    '["1","2","lv:phx-x","phx_join",{}]',
    '["1","1","lv:phx-x","phx_join",[]]',
    '["1","1","lv:phx-x","phx_join",null]',
    '["1","1","lv:phx-x","phx_join","x"]',
    "[" * 100_000,
    "[null,null,null,null," + "[" * 5000 + "]" * 5000 + "]",
    '[null,"1","phoenix","heartbeat",{"a":NaN}]',
    '[null,"1","phoenix","heartbeat",{"a":"\\ud800"}]',
    "\x00",
]


async def close_code(socket: RawSocket) -> int:
    return await socket.wait_closed()


class TestMalformedFrames:
    @pytest.mark.parametrize("text", MALFORMED, ids=lambda text: text[:24])
    async def test_close_with_policy_violation_and_write_one_log_line(
        self, client: LiveClient, text: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        socket = await client.raw_socket().connect()
        await socket.send_text(text)
        assert await close_code(socket) in (1008, 1009)
        records = [record for record in caplog.records if record.levelno >= logging.WARNING]
        assert len([record for record in records if "socket closed" in record.getMessage()]) == 1
        assert all(record.exc_info is None for record in records)
        assert not text or len(text) < 3 or text not in caplog.text
        await socket.close()

    @pytest.mark.parametrize(
        "data", [b"", b"\x00", b"\x00\x01\x02", b"\xff" * 100, b"\x03\x01\x01\x01\x01abcd"]
    )
    async def test_malformed_binary_frames(self, client: LiveClient, data: bytes) -> None:
        socket = await client.raw_socket().connect()
        await socket.send_bytes(data)
        assert await close_code(socket) in (1003, 1008)
        await socket.close()

    @pytest.mark.parametrize(
        ("event", "payload"),
        [
            ("event", None),
            ("event", []),
            ("event", {}),
            ("event", {"event": 3, "value": {}, "type": "click"}),
            ("event", {"event": "go", "type": "form", "value": 3}),
            ("event", {"event": "go", "type": "form", "value": {}}),
            ("live_patch", {}),
            ("live_patch", {"url": 3}),
            ("nonsense", {}),
        ],
    )
    async def test_on_a_joined_topic(self, client: LiveClient, event: str, payload: object) -> None:
        page = await page_of(client, "/")
        socket = await client.raw_socket().connect()
        await joined(socket, page.topic, page.join())
        await socket.send_frame(["4", "5", page.topic, event, payload])
        assert await close_code(socket) == 1008
        await socket.close()

    @settings(
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60
    )
    @given(text=st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(str))
    async def test_arbitrary_frames_do_not_stop_the_server(self, client: LiveClient, text: str) -> None:
        socket = await client.raw_socket().connect()
        await socket.send_text(text)
        await socket.wait(0.2)
        assert socket.close_code in (None, 1008, 1009)
        await socket.close()
        async with client.raw_socket() as fresh:
            await fresh.send_frame(HEARTBEAT)
            assert await answer(fresh, "1") == ("ok", {})

    async def test_other_browsers_are_not_affected(self, client: LiveClient, other: LiveClient) -> None:
        page = await client.open("/")
        socket = await other.raw_socket().connect()
        await socket.send_text("[" * 1000)
        await close_code(socket)
        await page.push("go")
        assert page.has_text("n=1")


class TestSizes:
    async def test_the_size_limit_before_a_join(self, client: LiveClient) -> None:
        socket = await client.raw_socket().connect()
        await socket.send_frame([None, "1", "phoenix", "heartbeat", {"x": "a" * 60_000}])
        assert await answer(socket, "1") == ("ok", {})
        await socket.send_frame([None, "2", "phoenix", "heartbeat", {"x": "a" * 70_000}])
        assert await close_code(socket) == 1009
        await socket.close()

    async def test_the_size_limit_after_a_join(self, client: LiveClient, state: AppState) -> None:
        page = await page_of(client, "/")
        socket = await client.raw_socket().connect()
        await joined(socket, page.topic, page.join())
        event = {"type": "click", "event": "go", "value": {"x": "a" * 250_000}}
        await socket.send_frame(["4", "5", page.topic, "event", event])
        assert (await answer(socket, "5"))[0] == "ok"
        event["value"] = {"x": "a" * 270_000}
        await socket.send_frame(["4", "6", page.topic, "event", event])
        assert await close_code(socket) == 1009
        assert state.calls["home.event.go"] == 1
        await socket.close()

    async def test_a_form_of_too_many_fields(self, client: LiveClient, state: AppState) -> None:
        page = await page_of(client, "/")
        socket = await client.raw_socket().connect()
        await joined(socket, page.topic, page.join())
        fields = "&".join(f"f{number}=1" for number in range(1001))
        await socket.send_frame(
            ["4", "5", page.topic, "event", {"type": "form", "event": "go", "value": fields}]
        )
        assert await close_code(socket) == 1008
        assert state.calls["home.event.go"] == 0
        await socket.close()

    @pytest.mark.parametrize("topic", ["lvu:0", None])
    async def test_a_ref_that_is_too_long(self, client: LiveClient, topic: str | None) -> None:
        page = await page_of(client, "/")
        async with client.raw_socket() as socket:
            assert (await joined(socket, page.topic, page.join()))[0] == "ok"
            ref = "7" * 256
            await socket.send_frame([ref, ref, topic or page.topic, "phx_join", page.join()])
            assert await socket.wait_closed() == 1008

    async def test_a_payload_too_deep(self, client: LiveClient) -> None:
        socket = await client.raw_socket().connect()
        await socket.send_text('[null,"1","phoenix","heartbeat",' + "[" * 60 + "]" * 60 + "]")
        assert await answer(socket, "1") == ("ok", {})
        await socket.send_text('[null,"2","phoenix","heartbeat",' + "[" * 70 + "]" * 70 + "]")
        assert await close_code(socket) == 1008
        await socket.close()


async def test_the_number_of_topics_of_one_socket_is_limited(state: AppState) -> None:
    async with LiveClient(target(state, SecurityConfig(max_topics=3))) as client:
        pages = [await page_of(client, "/") for _ in range(5)]
        async with client.raw_socket() as socket:
            answers = [
                await joined(socket, page.topic, page.join(), ref=str(ref))
                for ref, page in enumerate(pages, 10)
            ]
            assert [status for status, _ in answers] == ["ok", "ok", "ok", "error", "error"]
            assert answers[3][1] == {"reason": "too many channels joined"}
            await socket.send_frame(["10", "90", pages[0].topic, "phx_leave", {}])
            await answer(socket, "90")
            assert (await joined(socket, pages[3].topic, pages[3].join(), ref="91"))[0] == "ok"
    assert state.mounts("home") == 4


async def test_the_default_is_32_topics(client: LiveClient) -> None:
    async with client.raw_socket() as socket:
        for number in range(33):
            page = await page_of(client, "/")
            status, response = await joined(socket, page.topic, page.join(), ref=str(100 + number))
            assert (status == "ok") is (number < 32), response


async def test_unknown_topics_are_answered(client: LiveClient) -> None:
    async with client.raw_socket() as socket:
        await socket.send_frame([None, "1", "room:1", "anything", {}])
        assert await answer(socket, "1") == UNMATCHED


async def test_a_flood_of_bad_frames_writes_few_log_lines(
    client: LiveClient, caplog: pytest.LogCaptureFixture
) -> None:
    page = await page_of(client, "/")
    for _ in range(60):
        socket = await client.raw_socket().connect()
        await socket.send_text("rubbish")
        await close_code(socket)
        await socket.close()
    async with client.raw_socket() as socket:
        for ref in range(100, 160):
            await joined(socket, page.topic, page.join(session="forged"), ref=str(ref))
    assert len(caplog.records) == 30
    assert all("rubbish" not in message and "forged" not in message for message in caplog.messages)


async def test_the_log_contains_no_values_of_refused_frames(
    client: LiveClient, caplog: pytest.LogCaptureFixture
) -> None:
    page = await page_of(client, "/")
    async with client.raw_socket() as socket:
        await joined(
            socket, page.topic, page.join(url="http://testserver/?card=4111-1111", session="hunter2")
        )
        await socket.send_frame(
            ["4", "5", page.topic, "event", {"type": "click", "event": "go", "value": "hunter2"}]
        )
        await answer(socket, "5")
    assert "hunter2" not in caplog.text
    assert "4111" not in caplog.text
