"""`assign_async`: loading, then the result; the last start wins; every task ends with its view."""

import asyncio
import gc
import logging
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from pyview import AsyncFailure, AsyncResult, LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.events import InfoEvent
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from tests.background.views import LOG, Barrier, app_of, gate, orgs_of, until, worker_of

__all__ = ["gate"]


class TestAssignAsync:
    async def test_the_name_is_loading_and_then_has_the_result(self, gate: Barrier) -> None:
        async with LiveClient(orgs_of(gate.work)) as client:
            page = await client.open("/")
            assert page.text == "loading"
            gate.open.set()
            await page.settle()
            assert page.text == "done 1"

    async def test_the_first_http_render_loads_and_starts_nothing(self, gate: Barrier) -> None:
        async with LiveClient(orgs_of(gate.work)) as client:
            response = await client.get("/")
            assert "<i>loading</i>" in response.text
            assert gate.begun == 0

    async def test_events_are_answered_meanwhile_and_the_last_start_wins(self, gate: Barrier) -> None:
        async with LiveClient(orgs_of(gate.work)) as client:
            page = await client.open("/")
            await page.push("again")
            assert page.text == "loading"
            gate.open.set()
            await page.settle()
            assert page.text == "done 2"
            assert gate.ended == ["cancelled", "done"]

    async def test_a_result_stays_while_it_is_loaded_again(self, gate: Barrier) -> None:
        gate.open.set()
        async with LiveClient(orgs_of(gate.work)) as client:
            page = await client.open("/")
            await page.settle()
            gate.open.clear()
            await page.push("again")
            assert page.text == "loading done 1"
            await page.push("again", {"reset": True})
            assert page.text == "loading"

    async def test_a_crash_is_shown_by_its_error_id_and_logged(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def job() -> None:
            raise ValueError("a secret of the database")

        async with LiveClient(orgs_of(job)) as client:
            page = await client.open("/")
            await page.settle()
            record = next(one for one in caplog.records if one.levelno == logging.ERROR)
            number = page.text.removeprefix("something went wrong (error id ").removesuffix(")")
            assert f"the async work 'orgs' crashed (error id {number})" in record.getMessage()
            assert record.exc_info
            assert record.exc_info[2] is not None
            assert "secret" not in page.html
            assert page.connected
            assert page.crashes == 0

    async def test_a_failure_keeps_the_last_result(self) -> None:
        async def job() -> str:
            calls.append(1)
            if len(calls) == 2:
                raise ValueError
            return "here"

        calls: list[int] = []
        async with LiveClient(orgs_of(job)) as client:
            page = await client.open("/")
            await page.settle()
            await page.push("again")
            await page.settle()
            assert page.find("b").text == "here"
            assert page.exists("u")
            await page.push("again")
            await page.settle()
            assert page.text == "here"

    async def test_it_is_cancelled_by_its_result(self, gate: Barrier) -> None:
        async with LiveClient(orgs_of(gate.work)) as client:
            page = await client.open("/")
            assert await page.push("cancel") is True
            await page.settle()
            assert page.text == "cancelled"
            assert gate.ended == ["cancelled"]
            assert await page.push("cancel") is False

    async def test_a_plain_function_runs_in_a_thread(self) -> None:
        def job() -> str:
            return str(threading.current_thread() is threading.main_thread())

        async with LiveClient(orgs_of(job)) as client:
            page = await client.open("/")
            await page.wait_for("b", text="False")

    @pytest.mark.parametrize("ending", ["navigate", "close", "drop"])
    async def test_it_ends_with_the_view(self, gate: Barrier, ending: str) -> None:
        app = orgs_of(gate.work, security=SecurityConfig(reconnect_grace=0))
        app.add_live_view("/other", type("Other", (LiveView,), {"template": LOG}))
        async with LiveClient(app) as client:
            page = await client.open("/")
            await page.settle()
            await {"navigate": lambda: page.navigate("/other"), "close": page.close, "drop": page.drop}[
                ending
            ]()
            await until(lambda: gate.ended == ["cancelled"])

    async def test_no_task_starts_after_the_end_of_the_view(self, gate: Barrier) -> None:
        """A handler that waits while its page closes runs to its end; its tasks would never be cancelled."""

        class Late(LiveView[dict[str, Any]]):
            template = LOG

            async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[Any]) -> None:
                started.set()
                await closed.wait()
                socket.start_async("late", gate.work())
                socket.assign_async("later", gate.work)
                socket.stream_runner.start_stream(endless(), on_yield=lambda value: InfoEvent("value", value))
                finished.set()

        async def endless() -> AsyncIterator[int]:
            gate.begun += 1
            yield 1

        started, closed, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()
        app = PyView()
        app.add_live_view("/", Late)
        async with LiveClient(app) as client:
            page = await client.open("/")
            pushed = asyncio.create_task(page.push("go"))
            await started.wait()
            await page.close()
            closed.set()
            await finished.wait()
            await asyncio.sleep(0.01)
            assert gate.begun == 0
            pushed.cancel()

    async def test_a_task_continues_while_its_page_is_disconnected_and_is_shown_after(
        self, gate: Barrier
    ) -> None:
        async with LiveClient(orgs_of(gate.work)) as client:
            page = await client.open("/")
            await page.settle()
            await page.drop()
            gate.open.set()
            await until(lambda: gate.ended == ["done"])
            await page.reconnect()
            assert page.text == "done 1"

    async def test_a_task_that_never_started_causes_no_warning(self, gate: Barrier) -> None:
        class View(LiveView[dict[str, Any]]):
            template = LOG

            async def mount(self, socket: Any, session: Any) -> None:
                socket.start_async("work", gate.work())  # the coroutine itself, also in the first render
                socket.start_async("work", gate.work())

        async with LiveClient(app_of(View)) as client:
            page = await client.open("/")
            await page.close()
        gc.collect()
        assert gate.begun <= 1


class TestSeveralNames:
    async def test_they_are_filled_from_one_mapping(self) -> None:
        assert await self.shown(lambda: {"a": 1, "b": 2, "c": 3}) == "1 2"

    @pytest.mark.parametrize("found", [{"a": 1}, [1, 2], None])
    async def test_a_result_without_all_names_is_an_error(
        self, found: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        assert "went wrong" in await self.shown(lambda: found)
        assert "expected a mapping with a value for each of these names" in caplog.text

    async def test_a_later_task_replaces_the_result_of_its_own_name_only(self, gate: Barrier) -> None:
        async def both() -> dict[str, str]:
            await gate.open.wait()
            return {"a": "old", "b": "old"}

        async def one() -> str:
            return "new"

        def mount(socket: Any) -> None:
            socket.assign_async(["a", "b"], both)
            socket.assign_async("a", one)

        async with LiveClient(app_of(self.view(mount))) as client:
            page = await client.open("/")
            await page.settle()
            assert page.text == "new loading"
            gate.open.set()
            await page.settle()
            assert page.text == "new old"

    async def shown(self, job: Callable[[], Any]) -> str:
        async with LiveClient(
            app_of(self.view(lambda socket: socket.assign_async(("a", "b"), job)))
        ) as client:
            page = await client.open("/")
            await page.wait_for(lambda page: "loading" not in page.text, 5)
            return page.text

    def view(self, begin: Callable[[Any], None]) -> type[LiveView[Any]]:
        @dataclass
        class Context:
            a: AsyncResult[Any] = field(default_factory=AsyncResult)
            b: AsyncResult[Any] = field(default_factory=AsyncResult)

        class View(LiveView[Context]):
            template = LiveTemplate.from_string(
                "{% for each in (a, b) %}{{ each.result if each.ok else each.failed or 'loading' }} {% endfor %}"
            )

            async def mount(self, socket: LiveViewSocket[Context], session: Any) -> None:
                socket.context = Context()
                begin(socket)

        return View


class TestFloods:
    async def test_a_search_for_each_of_many_fast_keystrokes(self) -> None:
        """Threads cannot be cancelled: the running ones end by themselves, the others never start."""

        def search() -> int:
            begun.append(1)
            released.wait(10)
            return len(begun)

        begun: list[int] = []
        released = threading.Event()
        async with LiveClient(app_of(worker_of(search)), raise_crashes=False) as client:
            page, other = await client.open("/"), await client.open("/")
            for _ in range(200):
                await page.push("search")
            await other.heartbeat()
            assert page.crashes == 0
            assert len(begun) <= 40
            released.set()
            await page.wait_for(lambda page: page.text.count("search:") == 1, timeout=10)
            await page.settle()
            assert page.text.count("search:") == 1


def test_the_text_of_a_failure_is_its_error_id() -> None:
    failure = AsyncFailure("crashed", ValueError("secret"), "ab12")
    assert str(failure) == "something went wrong (error id ab12)"
    assert failure.number == failure.error_id == "ab12"
    assert str(AsyncFailure("cancelled")) == "cancelled"
