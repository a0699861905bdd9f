"""Temporary files of a killed process are deleted by the next one, but no other files."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pyview import PyView
from pyview.testing import LiveClient
from pyview.uploads import TempFileWriter
from pyview.uploads.temporary import TemporaryFiles, sweep
from tests.asgi import shift_time

_UPLOADING = """
import asyncio, sys
from pyview.uploads import TempFileWriter

async def upload():
    writers = [TempFileWriter(None, directory=sys.argv[1]) for _ in range(3)]
    for writer in writers:
        await writer.open()
        await writer.write_chunk(b"half of it")
    print("written", flush=True)
    sys.stdin.read()

asyncio.run(upload())
"""


@contextmanager
def uploading(folder: Path) -> Iterator["subprocess.Popen[str]"]:
    """Start a process with three uploads in `folder`; kill it at the end."""
    command = [sys.executable, "-c", _UPLOADING, str(folder)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the directory of temporary files."""
    return tmp_path / "temporary"


async def test_the_next_start_deletes_files_of_a_killed_process(folder: Path) -> None:
    with uploading(folder):
        pass
    assert len(list(folder.glob("pyview-upload-*"))) == 3
    async with LiveClient(PyView()):
        assert list(folder.iterdir()) == []


async def test_files_of_a_running_process_stay(folder: Path) -> None:
    with uploading(folder):
        async with LiveClient(PyView()):
            assert len(list(folder.glob("pyview-upload-*"))) == 3
    sweep()
    assert list(folder.iterdir()) == []


async def test_a_directory_of_the_application_is_swept_at_its_first_upload(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    with uploading(own):
        pass
    assert len(list(own.glob("pyview-upload-*"))) == 3
    descriptor, path = TemporaryFiles().create(own)
    os.close(descriptor)
    assert list(own.glob("pyview-upload-*")) == [path]


async def test_an_idle_process_has_no_lock_and_no_descriptor(folder: Path) -> None:
    before = len(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else 0
    one, two = TempFileWriter(None), TempFileWriter(None)  # type: ignore[arg-type]
    for writer in (one, two):
        await writer.open()
    assert len(list(folder.glob(".*.lock"))) == 1
    for writer in (one, two):
        await writer.release(consumed=False)
        await writer.release(consumed=False)
    assert list(folder.iterdir()) == []
    if before:
        assert len(os.listdir("/proc/self/fd")) == before


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """Return a directory that other users may write to."""
    shared = tmp_path / "shared"
    shared.mkdir()
    return shared


def left(folder: Path, owner: str = "0123456789abcdef") -> tuple[Path, Path]:
    """Create the lock file and the upload of an ended process."""
    lock, upload = folder / f".pyview-upload-{owner}.lock", folder / f"pyview-upload-{owner}-abc"
    lock.touch()
    upload.touch()
    return lock, upload


def link_of_lock(folder: Path, precious: Path) -> None:
    lock, _ = left(folder)
    lock.unlink()
    lock.symlink_to(precious)


def hard_link_of_lock(folder: Path, precious: Path) -> None:
    lock, _ = left(folder)
    lock.unlink()
    lock.hardlink_to(precious)


def pipe_as_lock(folder: Path, precious: Path) -> None:
    lock, _ = left(folder)
    lock.unlink()
    os.mkfifo(lock)


def folder_as_lock(folder: Path, precious: Path) -> None:
    lock, _ = left(folder)
    lock.unlink()
    lock.mkdir()


def no_lock(folder: Path, precious: Path) -> None:
    left(folder)[0].unlink()


@pytest.mark.parametrize("planted", [link_of_lock, hard_link_of_lock, pipe_as_lock, folder_as_lock, no_lock])
def test_files_of_other_users_are_not_followed_or_deleted(
    tmp_path: Path, shared: Path, planted: Callable[[Path, Path], None]
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("data")
    planted(shared, precious)
    before = sorted(shared.iterdir())
    sweep(shared)
    assert sorted(shared.iterdir()) == before
    assert precious.read_text() == "data"


def test_links_among_the_files_of_an_ended_process_are_not_followed(tmp_path: Path, shared: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("data")
    lock, upload = left(shared)
    upload.with_name(f"{upload.name}-link").symlink_to(precious)
    (shared / "pyview-upload-mine").touch()
    sweep(shared)
    assert not lock.exists()
    assert not upload.exists()
    assert precious.read_text() == "data"
    assert (shared / "pyview-upload-mine").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
def test_files_of_another_user_stay(shared: Path) -> None:
    lock, upload = left(shared)
    os.chown(lock, 1234, 1234)
    sweep(shared)
    assert upload.exists()


def test_a_missing_directory_does_not_prevent_the_start(
    shared: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sweep(shared / "missing")
    assert "cannot search for temporary files" in caplog.messages[0]


@pytest.mark.slow
def test_workers_that_start_together_do_not_delete_files_of_each_other(shared: Path) -> None:
    code = (
        "import os, sys\n"
        "from pyview.uploads.temporary import TemporaryFiles, sweep\n"
        "for _ in range(150):\n"
        "    files = TemporaryFiles()\n"
        "    descriptor, path = files.create(sys.argv[1])\n"
        "    sweep(sys.argv[1])\n"
        "    assert path.exists(), path\n"
        "    os.close(descriptor)\n"
        "    files.delete(path)\n"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, str(shared)]) for _ in range(4)]
    assert [process.wait(60) for process in processes] == [0] * 4
    assert list(shared.iterdir()) == []


def arrived(files: TemporaryFiles, folder: Path) -> Path:
    descriptor, path = files.create(folder)
    os.write(descriptor, b"hello")
    os.close(descriptor)
    return path


def pinned_by_killed_process(folder: Path, until: float) -> tuple[Path, Path]:
    lock, upload = left(folder)
    upload.write_text("hello")
    os.utime(upload, (until, until))
    return lock, upload


def test_a_pinned_file_of_a_killed_process_stays_until_its_time_is_over(shared: Path) -> None:
    lock, upload = pinned_by_killed_process(shared, time.time() + 300)
    sweep(shared)
    assert lock.exists()
    assert upload.exists()
    os.utime(upload, (1, 1))
    sweep(shared)
    assert not lock.exists()
    assert not upload.exists()


def test_another_process_adopts_a_pinned_file_once(shared: Path) -> None:
    _, upload = pinned_by_killed_process(shared, time.time() + 300)
    one, two = TemporaryFiles(), TemporaryFiles()
    adopted = one.adopt(upload, 5)
    assert adopted.read_text() == "hello"
    assert adopted.stat().st_mtime <= time.time()
    with pytest.raises(FileNotFoundError):
        two.adopt(upload, 5)
    one.delete(adopted)
    sweep(shared)
    assert list(shared.iterdir()) == []


def test_only_the_very_file_is_adopted(tmp_path: Path, shared: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("hello")
    _, upload = pinned_by_killed_process(shared, time.time() + 300)
    link = upload.with_name("pyview-upload-0123456789abcdef-link")
    link.symlink_to(precious)
    hard = upload.with_name("pyview-upload-0123456789abcdef-hard")
    hard.hardlink_to(precious)
    files = TemporaryFiles()
    for path, size in ((upload, 4), (link, 5), (hard, 5), (precious, 5), (shared / "missing", 5)):
        with pytest.raises(FileNotFoundError):
            files.adopt(path, size)
    assert precious.read_text() == "hello"
    assert sorted(path.name for path in shared.iterdir()) == sorted(
        [".pyview-upload-0123456789abcdef.lock", upload.name, link.name, hard.name]
    )


def test_a_file_that_no_process_adopts_in_time_is_deleted(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = TemporaryFiles()
    path = arrived(files, shared)
    assert not files.leave(path)  # no state names it
    files.pin(path, time.time() + 300)
    assert files.leave(path)
    files.delete_expired()
    assert path.exists()
    shift_time(monkeypatch, 301)
    files.delete_expired()
    assert list(shared.iterdir()) == []
