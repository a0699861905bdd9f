"""Code without an application object reaches its views, in the same process and from another program."""

import asyncio
import os
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from pyview import LiveView, PyView
from pyview.events import InfoEvent
from pyview.pubsub import MemoryPubSub, PubSub, pubsub_from_environment, shared_pubsub
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from tests.modules import write_module
from tests.stores.fixtures import valkey
from tests.stores.valkey import ValkeyProcess

__all__ = ["valkey"]


class Updates(LiveView[dict[str, list[str]]]):
    template = LiveTemplate.from_string("{% for one in updates %}<p>{{ one }}</p>{% endfor %}")

    async def mount(self, socket, session) -> None:  # type: ignore[no-untyped-def]
        await socket.subscribe("updates")
        socket.context = {"updates": []}

    async def handle_info(self, event: InfoEvent, socket) -> None:  # type: ignore[no-untyped-def]
        socket.context["updates"].append(event.payload)


def app_with(pubsub: PubSub) -> PyView:
    app = PyView(pubsub=pubsub)
    app.add_live_view("/", Updates)
    return app


async def test_a_module_with_its_own_pubsub_reaches_the_views_of_its_application(tmp_path: Path) -> None:
    orders = write_module(
        tmp_path,
        "orders",
        {
            "py": """
                from pyview.pubsub import pubsub_from_environment

                broadcasts = pubsub_from_environment()

                async def paid(order):
                    await broadcasts.broadcast("updates", f"order {order} is paid")
            """
        },
    )
    async with LiveClient(app_with(orders.broadcasts)) as client:
        page = await client.open("/")
        await orders.paid(7)
        await page.wait_for("p", 10, text="order 7 is paid")


async def test_another_program_reaches_the_views(valkey: ValkeyProcess) -> None:
    environ = {"PYVIEW_REDIS_URL": valkey.url}
    program = dedent("""
        import asyncio
        from pyview.pubsub import shared_pubsub

        async def main():
            async with shared_pubsub() as pubsub:
                await pubsub.broadcast("updates", "from a task queue")

        asyncio.run(main())
    """)
    async with LiveClient(app_with(pubsub_from_environment(environ))) as client:
        page = await client.open("/")
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-W", "error", "-c", program, env={**os.environ, **environ}
        )
        assert await process.wait() == 0
        await page.wait_for("p", 10, text="from a task queue")


async def test_a_program_without_a_server_gets_an_error() -> None:
    with pytest.raises(RuntimeError, match="needs PYVIEW_REDIS_URL"):
        async with shared_pubsub({}):
            pass


def test_without_a_url_it_is_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYVIEW_REDIS_URL", raising=False)
    assert isinstance(pubsub_from_environment(), MemoryPubSub)
    monkeypatch.setenv("PYVIEW_REDIS_URL", "redis://h")
    assert not isinstance(pubsub_from_environment(), MemoryPubSub)
