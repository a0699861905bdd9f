"""Background tasks: loading, then the result; the last start wins; every task ends with its view."""

import asyncio
import gc
import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import pytest
from anyio import from_thread

from pyview import AsyncFailure, AsyncResult, LiveView, LiveViewSocket, PyView, SecurityConfig, inline
from pyview.events import InfoEvent, async_result, event, info, outcome
from pyview.hooks import Halt
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, ViewCrashed

PAGE = LiveTemplate.from_string("""
{% if orgs.loading %}<i>loading</i>{% endif %}
{% if orgs.ok %}<b>{{ orgs.result }}</b>{% endif %}
{% if orgs.failed %}<u>{{ orgs.failed }}</u>{% endif %}
""")

LOG = LiveTemplate.from_string("<p>{{ log }}</p>")


class Gate:
    """A task that waits until the test opens the gate; it records its end."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.ended: list[str] = []
        self.begun = 0

    async def work(self) -> str:
        self.begun += 1
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.ended.append("cancelled")
            raise
        self.ended.append("done")
        return f"done {self.begun}"


@pytest.fixture
def gate() -> Gate:
    return Gate()


class Orgs(LiveView[dict[str, Any]]):
    """Starts `job` for each event `again`."""

    template = PAGE
    job: Callable[[], Any]

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.assign_async("orgs", self.job)

    @event
    async def again(self, socket: LiveViewSocket[dict[str, Any]], reset: bool = False) -> None:
        socket.assign_async("orgs", self.job, reset=reset)

    @event
    async def cancel(self, socket: LiveViewSocket[dict[str, Any]]) -> bool:
        return socket.cancel_async(socket.context["orgs"])


def app_of(view: type[LiveView[Any]], **settings: Any) -> PyView:
    app = PyView(**settings)
    app.add_live_view("/", view)
    return app


def orgs_of(job: Callable[..., Any], **settings: Any) -> PyView:
    return app_of(type("OrgsHere", (Orgs,), {"job": staticmethod(job)}), **settings)


class TestAssignAsync:
    async def test_the_name_is_loading_and_then_has_the_result(self, gate: Gate) -> None:
        async with LiveClient(orgs_of(gate.work)) as client:
            page = await client.open("/")
            assert page.text == "loading"
            gate.open.set()
            await page.settle()
            assert page.text == "done 1"

    async def test_the_first_http_render_loads_and_starts_nothing(self, gate: Gate) -> None:
        async with LiveClient(orgs_of(gate.work)) as client:
            response = await client.get("/")
            assert "<i>loading</i>" in response.text
            assert gate.begun == 0

    async def test_events_are_answered_meanwhile_and_the_last_start_wins(self, gate: Gate) -> None:
        async with LiveClient(orgs_of(gate.work)) as client:
            page = await client.open("/")
            await page.push("again")
            assert page.text == "loading"
            gate.open.set()
            await page.settle()
            assert page.text == "done 2"
            assert gate.ended == ["cancelled", "done"]

    async def test_a_result_stays_while_it_is_loaded_again(self, gate: Gate) -> None:
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

    async def test_it_is_cancelled_by_its_result(self, gate: Gate) -> None:
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
    async def test_it_ends_with_the_view(self, gate: Gate, ending: str) -> None:
        app = orgs_of(gate.work, security=SecurityConfig(reconnect_grace=0))
        app.add_live_view("/other", type("Other", (LiveView,), {"template": LOG}))
        async with LiveClient(app) as client:
            page = await client.open("/")
            await page.settle()
            await {"navigate": lambda: page.navigate("/other"), "close": page.close, "drop": page.drop}[
                ending
            ]()
            await until(lambda: gate.ended == ["cancelled"])

    async def test_no_task_starts_after_the_end_of_the_view(self, gate: Gate) -> None:
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
        self, gate: Gate
    ) -> None:
        async with LiveClient(orgs_of(gate.work)) as client:
            page = await client.open("/")
            await page.settle()
            await page.drop()
            gate.open.set()
            await until(lambda: gate.ended == ["done"])
            await page.reconnect()
            assert page.text == "done 1"

    async def test_a_task_that_never_started_causes_no_warning(self, gate: Gate) -> None:
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

    async def test_a_later_task_replaces_the_result_of_its_own_name_only(self, gate: Gate) -> None:
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


class Worker(LiveView[dict[str, Any]]):
    """Starts `job` by name, and logs the result."""

    template = LOG
    job: Callable[[], Any]

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"log": ""}

    async def handle_event(self, event: str, payload: Any, socket: LiveViewSocket[dict[str, Any]]) -> Any:
        if event == "cancel":
            return socket.cancel_async(payload["name"])
        socket.start_async(event, self.job)

    async def handle_async(
        self, name: str, result: AsyncResult[Any], socket: LiveViewSocket[dict[str, Any]]
    ) -> None:
        socket.context["log"] += (
            f"{name}:{result.result if result.ok else result.failed and result.failed.reason} "
        )


def worker_of(job: Callable[..., Any], **more: Any) -> type[LiveView[Any]]:
    return type("WorkerHere", (Worker,), {"job": staticmethod(job), **more})


class TestStartAsync:
    async def test_handle_async_gets_the_result(self, gate: Gate) -> None:
        async with LiveClient(app_of(worker_of(gate.work))) as client:
            page = await client.open("/")
            await page.push("one")
            await page.push("two")
            assert page.text == ""
            gate.open.set()
            await page.settle()
            assert page.text in ("one:done 2 two:done 2", "two:done 2 one:done 2")

    async def test_the_last_start_of_a_name_wins(self, gate: Gate) -> None:
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

    async def test_cancelled_by_name(self, gate: Gate) -> None:
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

    async def test_a_view_has_a_limit_of_tasks(self, gate: Gate) -> None:
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


class Numbers(LiveView[dict[str, Any]]):
    """An async generator that sends its values to the view, as in PyView 0.9."""

    template = LOG
    numbers: Callable[[], AsyncIterator[int]]

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"log": ""}
        self.stream = socket.stream_runner.start_stream(
            self.numbers(),
            on_yield=lambda n: InfoEvent("number", n),
            on_done=InfoEvent("done"),
            on_error=lambda error: InfoEvent("error", str(error)),
            on_cancel=InfoEvent("cancelled"),
        )

    @event
    async def stop(self, socket: LiveViewSocket[dict[str, Any]]) -> bool:
        return socket.stream_runner.cancel_stream(self.stream)

    @info("number", "done", "error", "cancelled")
    async def on_news(self, event: InfoEvent, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["log"] += f"{event.name}:{event.payload} "


def numbers_of(generator: Callable[[], AsyncIterator[int]]) -> PyView:
    return app_of(type("NumbersHere", (Numbers,), {"numbers": staticmethod(generator)}))


class TestStreamRunner:
    async def test_each_value_reaches_the_view(self) -> None:
        async def numbers() -> AsyncIterator[int]:
            yield 1
            yield 2

        async with LiveClient(numbers_of(numbers)) as client:
            page = await client.open("/")
            await page.settle()
            assert page.text == "number:1 number:2 done:None"
            assert await page.push("stop") is False

    async def test_an_error_ends_it(self) -> None:
        async def numbers() -> AsyncIterator[int]:
            yield 1
            raise ValueError("no more")

        async with LiveClient(numbers_of(numbers)) as client:
            page = await client.open("/")
            await page.settle()
            assert page.text == "number:1 error:no more"

    async def test_it_is_cancelled_by_its_id_and_closes_its_generator(self) -> None:
        async def numbers() -> AsyncIterator[int]:
            try:
                yield 1
                await asyncio.Event().wait()
            finally:
                closed.append(1)

        closed: list[int] = []
        async with LiveClient(numbers_of(numbers)) as client:
            page = await client.open("/")
            await page.settle()
            assert await page.push("stop") is True
            await page.settle()
            assert page.text == "number:1 cancelled:None"
            assert closed == [1]

    async def test_it_ends_with_the_view(self) -> None:
        async def numbers() -> AsyncIterator[int]:
            try:
                while True:
                    yield 1
                    await asyncio.sleep(0.001)
            finally:
                closed.append(1)

        closed: list[int] = []
        async with LiveClient(numbers_of(numbers)) as client:
            page = await client.open("/")
            await page.wait_for(lambda page: "number" in page.text)
            await page.close()
            await until(lambda: closed == [1])

    async def test_a_fast_generator_waits_for_the_view(self) -> None:
        class Slow(Numbers):
            @staticmethod
            async def numbers() -> AsyncIterator[int]:
                for n in range(5000):
                    made.append(n)
                    yield n

            @info("number")
            async def on_number(self, payload: int, socket: Any) -> None:
                ahead.append(len(made) - payload)
                socket.context["log"] = f"{payload} "

        made: list[int] = []
        ahead: list[int] = []
        app = app_of(Slow, security=SecurityConfig(max_mailbox=8))
        async with LiveClient(app) as client:
            page = await client.open("/")
            await page.wait_for(lambda page: "done" in page.text, timeout=20)
            assert set(ahead) == {1}


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


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110  what is waited for happens in a thread
            await asyncio.sleep(0.001)


def test_the_text_of_a_failure_is_its_error_id() -> None:
    failure = AsyncFailure("crashed", ValueError("secret"), "ab12")
    assert str(failure) == "something went wrong (error id ab12)"
    assert failure.number == failure.error_id == "ab12"
    assert str(AsyncFailure("cancelled")) == "cancelled"
