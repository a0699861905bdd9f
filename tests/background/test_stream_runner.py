"""`stream_runner`: the values of an async generator reach the view one by one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.events import InfoEvent, event, info
from pyview.testing import LiveClient
from tests.background.views import LOG, app_of, until


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
