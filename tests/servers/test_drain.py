"""A stopping server: it is not ready any more, its pages answer until they close, and running handlers end first."""

import asyncio
import json
import os
import signal
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.asgi import eventually, poll
from tests.servers.test_endings import CHARGE, charge, charging
from tests.servers.test_servers import COMMANDS, joined

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", sorted(COMMANDS))
async def test_a_running_handler_answers_before_its_page_closes(tmp_path: Path, name: str) -> None:
    with charging(tmp_path, name) as server:
        async with joined(server.host, "") as (socket, topic):
            await charge(socket, topic, server)
            stopping = asyncio.create_task(server.stop())
            reply = json.loads(await asyncio.wait_for(socket.recv(), 10))
            assert (reply[1], reply[4]["status"]) == ("5", "ok")
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(socket.recv(), 10)
            assert socket.close_code == 1012
            seconds, output = await stopping
    assert server.book == ["begins", "booked", "disconnect"], output
    assert seconds < 10
    assert "Traceback" not in output


@pytest.mark.parametrize("name", sorted(COMMANDS))
async def test_workers_that_all_get_the_signal_drain_once(tmp_path: Path, name: str) -> None:
    """As from systemd, which sends it to the parent and to the workers; the parent sends it again."""
    environment = {"PYVIEW_STATE": str(tmp_path / "state.db")}
    with charging(tmp_path, name, ["--workers", "2"], **environment) as server:
        # Granian's worker loses a signal that arrives while it imports the application, and never ends.
        await eventually(lambda: server.workers == 2, within=30)
        async with joined(server.host, "") as (socket, topic):
            await charge(socket, topic, server)
            os.killpg(server.process.pid, signal.SIGTERM)
            reply = json.loads(await asyncio.wait_for(socket.recv(), 20))
            assert (reply[1], reply[4]["status"]) == ("5", "ok")
        output, _ = await asyncio.to_thread(server.process.communicate, timeout=60)
    assert server.book == ["begins", "booked", "disconnect"], output.decode()


async def test_a_worker_that_is_not_ready_serves_its_pages_until_it_closes_them(tmp_path: Path) -> None:
    with charging(tmp_path, CHARGE_SECONDS="0", drain_delay="3") as server:
        probes = f"http://{server.host}/live"
        async with joined(server.host, "") as (socket, topic), httpx.AsyncClient() as client:
            assert (await client.get(f"{probes}/ready")).text == "ok\n"
            stopping = asyncio.create_task(server.stop())

            async def draining() -> bool:
                response = await client.get(f"{probes}/ready")
                return (response.status_code, response.text) == (503, "draining\n")

            await poll(draining)
            assert (await client.get(f"{probes}/health")).status_code == 200
            await socket.send(json.dumps(["4", "5", topic, "event", CHARGE]))
            assert json.loads(await socket.recv())[4]["status"] == "ok"
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 1012
            await stopping


@pytest.mark.parametrize("websockets", ["websockets", "websockets-sansio", "wsproto"])
async def test_a_refused_page_is_no_error_in_the_log(tmp_path: Path, websockets: str) -> None:
    pytest.importorskip(websockets.partition("-")[0])
    with charging(tmp_path, options=["--ws", websockets], CHARGE_SECONDS="1") as server:
        async with joined(server.host, "") as (socket, topic):
            await charge(socket, topic, server)
            stopping = asyncio.create_task(server.stop())

            async def refused() -> bool:
                try:
                    async with connect(f"ws://{server.host}/live/websocket"):
                        return False
                except InvalidStatus as error:
                    return error.response.status_code == 503

            await poll(refused)
        _, output = await stopping
    assert "ERROR" not in output


async def test_a_second_interrupt_ends_everything_at_once(tmp_path: Path) -> None:
    with charging(tmp_path, CHARGE_SECONDS="60", drain_timeout="60") as server:
        async with joined(server.host, "") as (socket, topic):
            await charge(socket, topic, server)
            server.process.send_signal(signal.SIGINT)
            await asyncio.sleep(0.3)
            assert server.process.poll() is None
            server.process.send_signal(signal.SIGINT)
            await asyncio.to_thread(server.process.communicate, timeout=30)
    assert server.book[:2] == ["begins", "cancelled"]
