"""Workers in separate processes, and applications that share an interpreter and nothing else."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from pyview.stores.from_environment import revocations_from_environment
from pyview.stores.revocations import MemoryRevocations, Revocations
from pyview.stores.revocations_sqlite import SQLiteRevocations
from tests.stores.revocations.workers import RecordingListener, until, wait_for_update
from tests.stores.valkey import ValkeyProcess

ROOT = Path(__file__).resolve().parents[3]
UNTIL = 4e9

# Prints the keys that it is notified of; revokes the keys that it reads.
WORKER = """
import asyncio, os, sys
from pyview.revocation import revocations_from_environment

async def main():
    worker = revocations_from_environment(os.environ)
    await worker.start()
    worker.subscribe(lambda key: print(key, flush=True))
    while worker.staleness() > 10:
        await asyncio.sleep(0.01)
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        await worker.revoke(line.strip(), 4e9)
    await worker.close()

asyncio.run(main())
"""


@pytest.fixture(params=["sqlite", "redis"])
def environ(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    if request.param == "sqlite":
        return {"PYVIEW_STATE": str(tmp_path / "state.db")}
    server: ValkeyProcess = request.getfixturevalue("own_valkey")
    return {"PYVIEW_REDIS_URL": server.url}


@asynccontextmanager
async def another_process(environ: dict[str, str]) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WORKER, cwd=ROOT, env=environ, stdin=PIPE, stdout=PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@asynccontextmanager
async def listening(environ: dict[str, str]) -> AsyncIterator[tuple[Revocations, RecordingListener]]:
    worker = revocations_from_environment(environ)
    await worker.start()
    try:
        listener = RecordingListener(worker)
        await wait_for_update(worker)
        yield worker, listener
    finally:
        await worker.close()


async def test_two_processes_notify_each_other_within_a_second(environ: dict[str, str]) -> None:
    async with listening(environ) as (worker, listener), another_process(environ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert await asyncio.wait_for(process.stdout.readline(), 20) == b"ready\n"
        process.stdin.write(b"sid:there\n")
        await until(lambda: listener.keys == ["sid:there"])
        assert await worker.revoked({"sid:there": 0.0})
        await worker.revoke("sid:here", UNTIL)
        printed = [await asyncio.wait_for(process.stdout.readline(), 10) for _ in range(2)]
        assert printed == [b"sid:there\n", b"sid:here\n"]
        process.stdin.close()
        assert await asyncio.wait_for(process.wait(), 10) == 0


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_applications_of_one_interpreter_share_nothing(kind: str, tmp_path: Path) -> None:
    def one_more() -> Revocations:
        return MemoryRevocations() if kind == "memory" else SQLiteRevocations(tmp_path / uuid4().hex)

    def on_a_loop_of_its_own(revocations: Revocations, key: str) -> tuple[list[str], bool]:
        async def run() -> tuple[list[str], bool]:
            await revocations.start()
            listener = RecordingListener(revocations)
            await revocations.revoke(key, UNTIL)
            other = await revocations.revoked({"sid:a": 0.0, "sid:b": 0.0, key: UNTIL} | {key: 0.0})
            alone = not await revocations.revoked({k: 0.0 for k in ("sid:a", "sid:b") if k != key})
            await revocations.close()
            return listener.keys, other and alone

        return asyncio.run(run())

    assert on_a_loop_of_its_own(one_more(), "sid:a") == (["sid:a"], True)
    assert on_a_loop_of_its_own(one_more(), "sid:b") == (["sid:b"], True)
