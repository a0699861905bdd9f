"""Pushes, crashes and closing by the server, and messages that break the protocol."""

import asyncio
from typing import Any

import pytest

from pyview.testing import (
    LiveClient,
    NoAnswer,
    NotConnected,
    PageError,
    ProtocolError,
    SocketClosed,
    SocketRefused,
    TooManyReloads,
    ViewCrashed,
)
from tests.testing.handmade import Crash, Handmade, HandmadeView, Refusal

FORM = '<form id="f" phx-change="typed" phx-auto-recover="again"><input name="note" value=""></form>'


class Pushing(HandmadeView):
    """Runs the method with the name of the event."""

    def rendered(self) -> dict[str, Any]:
        return {"s": ["<p>", "</p>"], "0": f"mount {self.payload['params']['_mounts']}"}

    async def event(self, payload: dict[str, Any]) -> dict[str, Any]:
        response: dict[str, Any] | None = await getattr(self, payload["event"])(payload["value"])
        return {} if response is None else response

    async def nothing(self, value: Any) -> None: ...

    async def reply(self, value: Any) -> dict[str, Any]:
        return {"diff": {"r": {"got": value}, "e": [["ping", {"n": 1}], ["early", {}, True]], "t": "New"}}

    async def crash(self, value: Any) -> None:
        raise Crash

    async def explode(self, value: Any) -> None:
        raise LookupError("a bug in the application")

    async def close_socket(self, code: int) -> None:
        await self.websocket.close(code, "go away")

    async def close_channel(self, value: Any) -> None:
        await self.push("phx_close", {})

    async def push_later(self, value: Any) -> None:
        asyncio.get_running_loop().call_later(
            0.03, lambda: asyncio.ensure_future(self.push("diff", {"0": "later"}))
        )

    async def push_frame(self, frame: list[Any]) -> None:
        join_ref, ref, event, payload = frame
        await self.send(self.join_ref if join_ref == "own" else join_ref, ref, event, payload)

    async def silence(self, value: Any) -> None:
        await asyncio.Event().wait()


class Note(HandmadeView):
    def rendered(self) -> dict[str, Any]:
        return {"s": ["<p>", f"</p>{FORM}"], "0": "empty"}

    async def event(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {"diff": {"0": f"{payload['event']} {payload['value']}"}}


class CrashingJoin(HandmadeView):
    async def join(self) -> dict[str, Any]:
        raise Refusal(reason="join crashed")


def pages() -> Handmade:
    return Handmade({"/view": Pushing, "/crashing": CrashingJoin, "/note": Note})


async def test_reply_events_and_title() -> None:
    async with LiveClient(pages().app()) as client:
        page = await client.open("/view")
        assert page.title == "Handmade: Welcome"
        assert await page.push("reply", [1, {"a": None}]) == {"got": [1, {"a": None}]}
        assert await page.push("nothing") is None
        assert page.events == [("ping", {"n": 1}), ("early", {})]
        assert page.title == "Handmade: New"
        await page.heartbeat()


async def test_pushes_are_applied_when_the_test_reads_the_page() -> None:
    handmade = pages()
    async with LiveClient(handmade.app()) as client:
        one, two = await client.open("/view"), await client.open("/view")
        await handmade.views[1].push("diff", {"0": "hello"})
        assert (one.find("p").text, two.find("p").text) == ("mount 0", "hello")
        await one.push("push_later")
        await one.wait_for(lambda page: page.has_text("later"))
        await one.push("push_later")
        await one.settle(0.05)
        with pytest.raises(
            PageError,
            match=r"waited 0.05 s for 'p' with text 'never'; the text of the page is 'Plain later foot'",
        ):
            await one.wait_for("p", 0.05, text="never")


async def test_a_crash_raises_after_the_page_has_joined_again() -> None:
    handmade = pages()
    async with LiveClient(handmade.app()) as client:
        page = await client.open("/view")
        with pytest.raises(ViewCrashed, match=r"raised an exception, which the log shows.*has joined again"):
            await page.push("crash")
        assert (page.crashes, page.connected, page.find("p").text) == (1, True, "mount 1")
    first, second = handmade.got[0], handmade.got[2]
    assert second[3] == "phx_join"
    assert second[0] != first[0]


async def test_a_test_may_expect_a_crash() -> None:
    async with LiveClient(pages().app(), raise_crashes=False) as client:
        page = await client.open("/view")
        assert await page.push("crash") is None
        assert page.find("p").text == "mount 1"


async def test_a_view_that_never_joins_is_given_up() -> None:
    handmade = pages()
    async with LiveClient(handmade.app()) as client:
        with pytest.raises(TooManyReloads, match="'join crashed'"):
            await client.open("/crashing")
    assert len(handmade.loads) == 4


async def test_exceptions_of_a_view_are_raised_in_the_test() -> None:
    async with LiveClient(pages().app()) as client:
        page = await client.open("/view")
        with pytest.raises(LookupError, match="a bug in the application"):
            await page.push("explode")
        assert page.close_code == 1006


async def test_an_event_without_an_answer() -> None:
    async with LiveClient(pages().app(), timeout=1.0) as client:
        page = await client.open("/view")
        with pytest.raises(NoAnswer, match=r"did not answer 'event' within 1.0 s"):
            await page.push("silence")
        page.abort()


async def test_a_closed_socket() -> None:
    async with LiveClient(pages().app()) as client:
        page = await client.open("/view")
        with pytest.raises(SocketClosed, match="closed the WebSocket with code 1008 go away"):
            await page.push("close_socket", 1008)
        assert (page.connected, page.close_code) == (False, 1008)
        with pytest.raises(NotConnected, match=r"closed with code 1008.*reconnect"):
            await page.push("nothing")
        await page.reconnect()
        assert page.find("p").text == "mount 1"


async def test_a_closed_channel_disconnects_the_page() -> None:
    async with LiveClient(pages().app()) as client:
        page = await client.open("/view")
        with pytest.raises(NotConnected, match="closed the channel without an answer"):
            await page.push("close_channel")
        with pytest.raises(NotConnected, match="the server closed its channel"):
            await page.push("nothing")


async def test_a_lost_connection_and_a_reconnection() -> None:
    handmade = pages()
    async with LiveClient(handmade.app()) as client:
        page = await client.open("/note")
        await page.change("#f", {"note": "not lost"})
        await page.drop()
        assert not page.connected
        assert page.find("p").text == "typed note=not+lost"
        await page.reconnect()
        assert page.find("p").text == "again note=not+lost"
        assert page.value("input") == "not lost"
    assert handmade.closed_with == [1006, 4000]
    assert [join["params"]["_mounts"] for join in handmade.joins] == [0, 1]
    assert handmade.joins[0]["session"] == handmade.joins[1]["session"]
    assert handmade.got[-1][4]["meta"] == {"_target": "note"}


async def test_a_refused_handshake() -> None:
    app = Handmade({"/view": Pushing}).app()
    async with LiveClient(app, live_path="/elsewhere") as client:
        with pytest.raises(SocketRefused, match="HTTP status 403") as refused:
            await client.open("/view")
        assert refused.value.status == 403


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        ([None, None, "diff", {"0": "x"}], "without a join_ref"),
        (["own", "99", "phx_reply", {"status": "ok", "response": {}}], "with this ref waits"),
        (
            ["own", "99", "phx_reply", {"status": "ok"}],
            "`status` ok or error and `response`|with this ref waits",
        ),
        (["own", None, "presence", {}], "knows no message 'presence'"),
        (["own", None, "diff", {"r": 1}], "`r` is the reply"),
        (["own", None, "diff", {"0": 5}], "no component 5"),
        (["own", None, "diff", {"0": None}], "expected a string, a node or a component's number, got None"),
        (["own", None, "diff", {"0": {"k": {"kc": 0}}}], "a diff without statics `s` over 'mount 0'"),
        (["own", None, "diff", {"e": ["ping"]}], "a pushed event is"),
        (["own", None, "live_patch", {"to": "/view"}], "`kind` push or replace"),
    ],
)
async def test_messages_that_a_client_could_not_apply(frame: list[Any], error: str) -> None:
    async with LiveClient(pages().app()) as client:
        page = await client.open("/view")
        with pytest.raises(ProtocolError, match=error):
            await page.push("push_frame", frame)
        page.abort()


async def test_messages_for_a_left_channel_are_dropped() -> None:
    async with LiveClient(pages().app()) as client:
        page = await client.open("/view")
        await page.push("push_frame", ["2", None, "diff", {"0": "stale"}])
        assert page.find("p").text == "mount 0"
        assert page.dropped == [["2", None, "lv:phx-1", "diff", {"0": "stale"}]]
