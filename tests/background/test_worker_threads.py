"""Plain `def` callbacks run in worker threads."""

import asyncio
import threading
from contextvars import ContextVar
from typing import Any

import pytest
from anyio import from_thread

from pyview import AsyncResult, LiveView, SecurityConfig, inline
from pyview.events import InfoEvent, event, outcome
from pyview.testing import LiveClient, ViewCrashed
from tests.background.views import LOG, app_of, until


class TestWorkerThreads:
    """A plain `def` handler runs in a worker thread, an inline one on the loop."""

    async def test_blocking_code_does_not_stall_the_loop(self) -> None:
        class Blocking(LiveView[dict[str, Any]]):
            template = LOG

            def handle_event(self, event: str, payload: Any, socket: Any) -> str:
                released.wait(60)
                return threading.current_thread().name

        released = threading.Event()
        async with LiveClient(app_of(Blocking)) as client:
            page, other = await client.open("/"), await client.open("/")
            blocked = asyncio.create_task(page.push("block"))
            await asyncio.sleep(0.01)
            await other.heartbeat()
            assert not blocked.done()
            released.set()
            assert "worker" in await blocked

    async def test_every_callback_may_be_plain(self) -> None:
        class Plain(LiveView[dict[str, Any]]):
            template = LOG

            def mount(self, socket: Any, session: Any) -> None:
                socket.context = {"log": ""}
                self.note(socket, "mount")

            def handle_params(self, url: Any, params: Any, socket: Any) -> None:
                self.note(socket, "params")

            @event
            def go(self, socket: Any, times: int) -> None:
                self.note(socket, "go" * times)
                socket.schedule_info_once(InfoEvent("tick"))
                timer = socket.schedule_info(InfoEvent("never"), seconds=60)
                timer.cancel()
                socket.start_async("work", lambda: 1)

            @event
            @inline
            def quick(self, socket: Any) -> None:
                assert threading.current_thread() is threading.main_thread()
                socket.context["log"] += "quick "

            def handle_info(self, event: Any, socket: Any) -> None:
                self.note(socket, event.name)

            def handle_async(self, name: str, result: Any, socket: Any) -> None:
                self.note(socket, name)

            def disconnect(self, socket: Any) -> None:  # type: ignore[override]
                ended.append(threading.current_thread() is not threading.main_thread())

            def note(self, socket: Any, what: str) -> None:
                assert threading.current_thread() is not threading.main_thread()
                socket.context["log"] += f"{what} "

        ended: list[bool] = []
        async with LiveClient(app_of(Plain)) as client:
            page = await client.open("/")
            await page.push("go", {"times": 2})
            await page.settle()
            await page.push("quick")
            assert sorted(page.text.split()) == ["gogo", "mount", "params", "quick", "tick", "work"]
            await page.close()
        assert ended == [True]

    async def test_a_value_of_the_wrong_type_is_refused_in_a_thread_too(self) -> None:
        class View(LiveView[dict[str, Any]]):
            template = LOG

            @event
            def go(self, times: int) -> None: ...

        async with LiveClient(app_of(View)) as client:
            page = await client.open("/")
            with pytest.raises(Exception, match="bad_payload"):
                await page.push("go", {"times": "many"})

    async def test_an_error_is_a_crash_of_the_view(self) -> None:
        class View(LiveView[dict[str, Any]]):
            template = LOG

            def handle_event(self, event: str, payload: Any, socket: Any) -> None:
                raise RuntimeError("in a thread")

        async with LiveClient(app_of(View)) as client:
            page = await client.open("/")
            with pytest.raises(ViewCrashed):
                await page.push("go")

    async def test_context_variables_and_calls_back_to_the_loop(self) -> None:
        request = ContextVar("request", default="none")

        class View(LiveView[dict[str, Any]]):
            template = LOG

            async def mount(self, socket: Any, session: Any) -> None:
                socket.context = {"log": ""}

            async def handle_params(self, url: Any, params: Any, socket: Any) -> None:
                socket.context["log"] += f"{params.get('q', '-')} "

            @event
            async def go(self, socket: Any) -> None:
                request.set("this")
                socket.start_async("work", lambda: request.get())

            @event
            def patch(self, socket: Any) -> None:
                from_thread.run(socket.push_event, "saved", {"id": 7})
                from_thread.run(socket.push_patch, "/?q=1")
                socket.context["log"] += "patched "

            @outcome
            def work(self, result: AsyncResult[str], socket: Any) -> None:
                socket.context["log"] += f"{result.result} "

        async with LiveClient(app_of(View)) as client:
            page = await client.open("/")
            await page.push("go")
            await page.settle()
            await page.push("patch")
            assert page.text == "- this ['1'] patched" or page.text == "- this 1 patched"
            assert page.events == [("saved", {"id": 7})]
            assert page.path == "/?q=1"

    async def test_a_view_that_ends_waits_for_its_thread(self) -> None:
        """`disconnect` never runs at the same time as a handler, although a thread cannot be cancelled."""

        class View(LiveView[dict[str, Any]]):
            template = LOG

            def handle_event(self, event: str, payload: Any, socket: Any) -> None:
                begun.set()
                released.wait(60)
                order.append("handler")

            async def disconnect(self, socket: Any) -> None:
                order.append("disconnect")

        begun, released = threading.Event(), threading.Event()
        order: list[str] = []
        app = app_of(View, security=SecurityConfig(reconnect_grace=0, handler_grace=0.01))
        async with LiveClient(app) as client:
            page = await client.open("/")
            pushed = asyncio.create_task(page.push("go"))
            await until(begun.is_set)
            page.abort()
            await asyncio.sleep(0.05)  # several times `handler_grace`
            assert order == []
            released.set()
            await until(lambda: len(order) == 2)
            pushed.cancel()
        assert order == ["handler", "disconnect"]
