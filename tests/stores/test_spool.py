"""Sign-outs on disk: who takes them over, and what is refused."""

import asyncio
import json
import os
import threading
import time
from pathlib import Path

import pytest

from pyview.stores import spool as spools
from pyview.stores.revocations import Revocation
from pyview.stores.revocations_sqlite import SQLiteRevocations
from pyview.stores.spool import FOLDER, Spool, Spools


def spool_in(*places: Path, application: str = "shop", kind: str = "revocations") -> Spool:
    return Spools(application, places).of(kind)


def files(place: Path) -> list[Path]:
    return sorted((place / FOLDER).glob("*")) if (place / FOLDER).exists() else []


async def left(place: Path, *entries: str) -> Path:
    """Leave entries of a worker that has ended. Return their file."""
    spool = spool_in(place)
    for entry in entries:
        await spool.add(entry)
    spool.close()
    return files(place)[-1]


async def test_the_next_worker_takes_over_what_an_ended_one_has_left(tmp_path: Path) -> None:
    await left(tmp_path, "a", "b")
    await left(tmp_path, "c")
    successor = spool_in(tmp_path)
    assert sorted(await successor.take_over()) == ["a", "b", "c"]
    assert await spool_in(tmp_path).take_over() == [], "they belong to the successor now"
    await successor.clear()
    assert files(tmp_path) == []


async def test_a_write_whose_request_has_gone_is_finished_before_the_file_closes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, go_on = threading.Event(), threading.Event()
    sync = os.fsync

    def slow_sync(descriptor: int) -> None:
        writing.set()
        go_on.wait(10)
        sync(descriptor)

    spool = spool_in(tmp_path)
    await spool.add("a")
    monkeypatch.setattr(os, "fsync", slow_sync)
    request = asyncio.create_task(spool.add("b"))
    await asyncio.to_thread(writing.wait, 10)
    request.cancel()
    closing = asyncio.create_task(asyncio.to_thread(spool.close))
    await asyncio.wait([closing], timeout=0.1)
    assert not closing.done()
    go_on.set()
    await closing
    assert sorted(await spool_in(tmp_path).take_over()) == ["a", "b"]
    assert spool.complete


async def test_a_file_without_a_sign_out_that_still_counts_is_deleted(tmp_path: Path) -> None:
    spool = spool_in(tmp_path)
    await spool.add(Revocation("sid:a", time.time() - 1).as_json())
    spool.close()
    revocations = SQLiteRevocations(tmp_path / "state.db")
    await revocations.keep_in(spool_in(tmp_path))
    assert files(tmp_path) == []


@pytest.mark.parametrize("entry", [None, "sid:a", ["sid:a"], ["sid:a", "soon", None], ["", 1e12, None]])
async def test_a_malformed_sign_out_is_dropped(
    tmp_path: Path, entry: object, caplog: pytest.LogCaptureFixture
) -> None:
    spool = spool_in(tmp_path)
    await spool.add(entry, Revocation("sid:b", time.time() + 60).as_json())
    spool.close()
    revocations = SQLiteRevocations(tmp_path / "state.db")
    await revocations.keep_in(spool_in(tmp_path))
    assert [revocations.known_revoked({key: 0.0}) for key in ("sid:a", "sid:b")] == [False, True]
    await revocations.close()
    assert ("malformed" in caplog.text) == (entry is not None)


async def test_the_files_of_a_running_worker_are_its_own(tmp_path: Path) -> None:
    running, other = spool_in(tmp_path), spool_in(tmp_path)
    await running.add("a")
    assert await other.take_over() == []
    await other.add("b")
    await other.clear()
    assert len(files(tmp_path)) == 1
    running.close()
    assert await spool_in(tmp_path).take_over() == ["a"]


async def test_what_a_successor_adds_is_taken_over_too(tmp_path: Path) -> None:
    await left(tmp_path, "a")
    successor = spool_in(tmp_path)
    await successor.take_over()
    await successor.add("b")
    successor.close()
    assert await spool_in(tmp_path).take_over() == ["a", "b"]


@pytest.mark.parametrize("other", [{"application": "blog"}, {"kind": "sessions"}])
async def test_another_application_or_kind_takes_nothing(tmp_path: Path, other: dict[str, str]) -> None:
    await left(tmp_path, "a")
    assert await spool_in(tmp_path, **other).take_over() == []


async def test_only_this_user_may_read_the_files(tmp_path: Path) -> None:
    file = await left(tmp_path, "a")
    assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


async def test_half_a_line_of_a_killed_worker_is_dropped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = await left(tmp_path, "a", "b")
    with file.open("a") as stream:
        stream.write('"c')
    successor = spool_in(tmp_path)
    assert await successor.take_over() == ["a", "b"]
    await successor.add("d")
    successor.close()
    assert await spool_in(tmp_path).take_over() == ["a", "b", "d"]
    assert "malformed" in caplog.text


@pytest.mark.parametrize("content", ["", "{}", '["another program", 1]\n"a"\n', "\xff\x00", "["])
async def test_a_foreign_file_is_refused_and_left_alone(
    tmp_path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    file = await left(tmp_path, "a")
    file.write_text(content)
    spool = spool_in(tmp_path)
    assert await spool.take_over() == []
    assert str(file) in caplog.text
    await spool.add("b")
    await spool.clear()
    assert file.read_text() == content


async def test_links_and_large_files_are_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = await left(tmp_path, "a")
    target = file.rename(tmp_path / "target")
    file.symlink_to(target)
    assert await spool_in(tmp_path).take_over() == []
    file.unlink()
    os.link(target, file)
    assert await spool_in(tmp_path).take_over() == []
    target.unlink()
    os.truncate(file, spools.MOST_BYTES + 1)
    assert await spool_in(tmp_path).take_over() == []
    assert caplog.text.count("is not a file of sign-outs that this worker can use") == 3


async def test_a_directory_of_other_users_is_not_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shared, own = tmp_path / "shared", tmp_path / "own"
    for place in (shared, own):
        place.mkdir()
    (shared / FOLDER).mkdir(0o700)
    (shared / FOLDER).chmod(0o777)
    spool = spool_in(shared, own)
    await spool.add("a")
    assert (len(files(shared)), len(files(own)), spool.complete) == (0, 1, True)
    assert not caplog.text


async def test_without_a_directory_it_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = spool_in(tmp_path / "missing")
    await spool.add("a")
    await spool.add("b")
    assert not spool.complete
    assert caplog.text.count("in the memory of this worker only") == 1


async def test_a_file_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(spools, "MOST_BYTES", 100)
    spool = spool_in(tmp_path)
    for _ in range(20):
        await spool.add("0123456789")
    (file,) = files(tmp_path)
    assert file.stat().st_size <= 100
    assert not spool.complete
    assert "is full" in caplog.text


async def test_the_first_line_names_the_format(tmp_path: Path) -> None:
    file = await left(tmp_path, "a")
    header, entry = map(json.loads, file.read_text().splitlines())
    assert (header[0], entry) == ("pyview sign-outs 1", "a")
    assert file.name.startswith(header[1])
