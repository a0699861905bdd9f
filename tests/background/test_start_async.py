"""`start_async`: results reach a handler, in the view's turn."""

import asyncio
from typing import Any

import pytest

from pyview import AsyncResult, LiveView, SecurityConfig
from pyview.events import async_result, outcome
from pyview.hooks import Halt
from pyview.testing import LiveClient, ViewCrashed
from tests.background.views import LOG, Barrier, Worker, app_of, gate, until, worker_of

__all__ = ["gate"]


class TestStartAsync:
    async def test_handle_async_gets_the_result(self, gate: Barrier) -> None:
        async with LiveClient(app_of(worker_of(gate.work))) as client:
            page = await client.open("/")
            await page.push("one")
            await page.push("two")
            assert page.text == ""
            gate.open.set()
            await page.settle()
            assert page.text in ("one:done 2 two:done 2", "two:done 2 one:done 2")

    async def test_the_last_start_of_a_name_wins(self, gate: Barrier) -> None:
        async with LiveClient(app_of(worker_of(gate.work))) as client:
            page = await client.open("/")
            for _ in range(3):
                await page.push("one")
            gate.open.set()
            await page.settle()
            assert page.text == "one:done 3"

    async def test_a_new_start_replaces_a_result_that_waits_in_the_mailbox(self) -> None:
        """The first task ends while the view starts the second one: only the result of the second arrives."""

        async def job() -> int:
            runs.append(1)
            return len(runs)

        class View(Worker):
            async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
                socket.start_async("one", job)
                await until(lambda: bool(runs))
                await asyncio.sleep(0.01)
                socket.start_async("one", job)

        runs: list[int] = []
        async with LiveClient(app_of(View)) as client:
            page = await client.open("/")
            await page.push("go")
            await page.settle()
            assert page.text == "one:2"

    async def test_cancelled_by_name(self, gate: Barrier) -> None:
        async with LiveClient(app_of(worker_of(gate.work))) as client:
            page = await client.open("/")
            await page.push("one")
            assert await page.push("cancel", {"name": "one"}) is True
            await page.settle()
            assert page.text == "one:cancelled"
            assert await page.push("cancel", {"name": "one"}) is False

    async def test_a_crash_does_not_take_the_view_down(self) -> None:
        def job() -> None:
            raise RuntimeError("no")

        async with LiveClient(app_of(worker_of(job))) as client:
            page = await client.open("/")
            await page.push("one")
            await page.wait_for(lambda page: page.text == "one:crashed")
            assert page.connected
            assert page.crashes == 0

    async def test_a_crash_of_the_handler_does(self) -> None:
        async def job() -> None: ...

        def handle_async(self: Any, name: str, result: Any, socket: Any) -> None:
            raise RuntimeError("in the handler")

        async with LiveClient(app_of(worker_of(job, handle_async=handle_async))) as client:
            page = await client.open("/")
            await page.push("one")
            with pytest.raises(ViewCrashed):
                await page.settle()

    async def test_methods_for_results_have_typed_parameters_under_both_decorator_names(self) -> None:
        class View(Worker):
            @async_result("report", "chart")
            def drawn(self, result: AsyncResult[str], name: str, session: Any, socket: Any) -> None:
                socket.context["log"] += f"drawn {name} {result.result} {dict(session)} "

            @outcome
            async def plain(self, socket: Any, _name: str) -> None:
                socket.context["log"] += f"plain {_name} "

        View.job = staticmethod(lambda: "x")
        async with LiveClient(app_of(View)) as client:
            page = await client.open("/")
            for name, shown in (
                ("report", "drawn report x {}"),
                ("plain", "plain plain"),
                ("other", "other:x"),
            ):
                await page.push(name)
                await page.wait_for(lambda page, shown=shown: page.text.endswith(shown))  # type: ignore[misc]
            assert page.text == "drawn report x {} plain plain other:x"

    async def test_a_result_without_a_handler_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        class Deaf(LiveView[dict[str, Any]]):
            template = LOG

            async def mount(self, socket: Any, session: Any) -> None:
                socket.start_async("work", lambda: 1)

        async with LiveClient(app_of(Deaf)) as client:
            page = await client.open("/")
            await page.wait_for(lambda page: "no @async_result method" in caplog.text, 5)
            assert page.connected
        assert "no @async_result method and no handle_async for the async work 'work'" in caplog.text

    async def test_handlers_never_overlap(self) -> None:
        class View(Worker):
            inside = 0

            async def busy(self, socket: Any, what: str) -> None:
                assert self.inside == 0
                self.inside += 1
                await asyncio.sleep(0.002)
                self.inside -= 1
                socket.context["log"] += what

            async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
                for name in "abc":
                    socket.start_async(name, lambda: None)
                await self.busy(socket, "e")

            async def handle_async(self, name: str, result: Any, socket: Any) -> None:
                await self.busy(socket, name)

        async with LiveClient(app_of(View)) as client:
            page = await client.open("/")
            await page.push("go")
            await page.wait_for(lambda page: sorted(page.text) == ["a", "b", "c", "e"])

    async def test_hooks_run_first_and_may_halt(self) -> None:
        def mount(self: Any, socket: Any, session: Any) -> None:
            def hook(name: str, result: AsyncResult[int], socket: Any) -> Any:
                socket.context["log"] += f"hook {name} {result.result} "
                return Halt() if name == "secret" else None

            socket.context = {"log": ""}
            socket.attach_hook("watch", "handle_async", hook)

        async with LiveClient(app_of(worker_of(lambda: 7, mount=mount))) as client:
            page = await client.open("/")
            await page.push("open")
            await page.wait_for(lambda page: page.text.endswith("open:7"))
            await page.push("secret")
            await page.wait_for(lambda page: "hook secret 7" in page.text)
            await page.settle(0.05)
            assert page.text == "hook open 7 open:7 hook secret 7"

    async def test_a_view_has_a_limit_of_tasks(self, gate: Barrier) -> None:
        app = app_of(worker_of(gate.work), security=SecurityConfig(max_async_work=2))
        async with LiveClient(app, raise_crashes=False) as client:
            page = await client.open("/")
            await page.push("one")
            await page.push("two")
            assert page.crashes == 0
            await page.push("three")
            await page.settle()
            assert page.crashes == 1
            assert gate.ended.count("cancelled") >= 2
