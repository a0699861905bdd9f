"""Three workers behind the relay, on one Valkey: started, stopped, killed and frozen as a scenario says."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import MappingProxyType

import httpx

from pyview.uvicorn_ws import websocket_protocol
from tests.asgi import first_response
from tests.chaos.relay import Relay
from tests.ports import free_port
from tests.stores.valkey import ValkeyProcess, running_valkey

ROOT = Path(__file__).resolve().parent.parent.parent
APP = "tests.chaos.app:app"
SECRET = "a-s3cret-of-the-chaos-suite-with-forty-bytes"
STOP_TIMEOUT = 60.0  # seconds


class Worker:
    """One server process with one worker. `ready`: new connections may go to it."""

    def __init__(self, name: str, app: str, environ: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.port = free_port()
        self.ready = False
        options = [
            "--port",
            str(self.port),
            "--ws",
            websocket_protocol(),
            "--ws-per-message-deflate",
            "false",
            "--log-level",
            "info",
            "--no-access-log",
        ]
        with log.open("a") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "uvicorn", app, *options],
                cwd=ROOT,
                env={**_clean_environment(), **environ, "CHAOS_WORKER": name},
                stdout=output,
                stderr=output,
            )

    async def wait_until_ready(self) -> None:
        await first_response(f"http://127.0.0.1:{self.port}/live/ready")
        self.ready = True

    def terminate(self) -> None:
        self.ready = False
        self._process.terminate()

    def kill(self) -> None:
        self.ready = False
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        os.kill(self._process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self._process.pid, signal.SIGCONT)

    async def wait_until_stopped(self) -> None:
        await asyncio.to_thread(self._process.wait, STOP_TIMEOUT)

    @property
    def cpu(self) -> float:
        """Seconds of CPU time that the process has used."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Cluster:
    """The workers, their relay and their broker. `environ` is for workers that start from now on."""

    def __init__(self, app: str, broker: ValkeyProcess, environ: Mapping[str, str], log: Path) -> None:
        self.app = app
        self.broker = broker
        self.log = log
        # Other tests sweep the temporary files of the machine, some with a clock of their own.
        own = {"PYVIEW_REDIS_URL": broker.url, "PYVIEW_SECRET": SECRET, "TMPDIR": str(log.parent)}
        self.environ = {**own, **environ}
        self.workers: list[Worker] = []
        self.relay = Relay(lambda: [worker.port for worker in self.workers if worker.ready])
        self._started = 0

    @property
    def url(self) -> str:
        return f"http://{self.relay.host}"

    async def start(self, workers: int) -> None:
        await self.relay.start()
        self.workers = [self._new_worker() for _ in range(workers)]
        await asyncio.gather(*(worker.wait_until_ready() for worker in self.workers))

    async def rolling_restart(self) -> None:
        """Stop one worker after the other, and start its successor when it has ended."""
        for index in range(len(self.workers)):
            self.workers[index].terminate()
            await self.workers[index].wait_until_stopped()
            await self.replace(index)

    async def replace(self, index: int) -> None:
        """Start a worker in the place of one that has ended."""
        self.workers[index] = self._new_worker()
        await self.workers[index].wait_until_ready()

    async def close(self) -> None:
        for worker in self.workers:
            with suppress(ProcessLookupError):
                worker.thaw()
            worker.kill()
        await self.relay.close()

    def _new_worker(self) -> Worker:
        self._started += 1
        return Worker(f"w{self._started}", self.app, self.environ, self.log)


@asynccontextmanager
async def running_cluster(
    workers: int = 3, app: str = APP, environ: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[Cluster]:
    """Start workers of `app`. `environ` is added to their environment."""
    with tempfile.TemporaryDirectory(prefix="chaos") as folder, running_valkey() as broker:
        cluster = Cluster(app, broker, environ, Path(folder) / "workers.log")
        try:
            await cluster.start(workers)
            yield cluster
        finally:
            await cluster.close()


def http_client(cluster: Cluster) -> httpx.AsyncClient:
    """Return a browser's HTTP side: cookies, and a new connection for each request, so that any worker gets it."""
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.AsyncClient(base_url=cluster.url, limits=limits, timeout=30)


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYVIEW_", "CHAOS_"))}
