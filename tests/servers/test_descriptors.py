"""A server without a free file descriptor accepts no connection, and its log says why."""

import asyncio
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from uvicorn.config import LOOP_FACTORIES

from tests.asgi import eventually
from tests.ports import free_port
from tests.servers.test_servers import COMMANDS, ROOT, page_at


def few_files(port: int, loop: str, log: Path) -> "subprocess.Popen[bytes]":
    command = [part.format(app="tests.servers.app:limited", port=port) for part in COMMANDS["uvicorn"]]
    limited = [
        "bash",
        "-c",
        'ulimit -n 60; exec "$@"',
        "bash",
        sys.executable,
        "-m",
        *command,
        "--loop",
        loop,
    ]
    with log.open("w") as output:
        return subprocess.Popen(limited, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts the descriptors of a process of Linux")
@pytest.mark.parametrize("loop", sorted({"asyncio", "uvloop"} & LOOP_FACTORIES.keys()))
async def test_running_out_of_file_descriptors(tmp_path: Path, loop: str) -> None:
    port, log = free_port(), tmp_path / "log"
    process = few_files(port, loop, log)
    try:
        await page_at(f"http://127.0.0.1:{port}/count")
        files = Path(f"/proc/{process.pid}/fd")
        with ExitStack() as stack:
            while len(list(files.iterdir())) < 60:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(b"GET /co")
                stack.callback(writer.close)
            await eventually(lambda: "no file descriptor is left (60 allowed)" in log.read_text())
    finally:
        process.terminate()
        process.wait(timeout=30)
