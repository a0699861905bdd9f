"""What the workers of one server share in development."""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from pyview.environment.development import remove_if_unused, shared_directory, shared_secret, shared_state
from pyview.pubsub.from_environment import pubsub_from_environment
from pyview.pubsub.memory import MemoryPubSub
from pyview.stores.from_environment import revocations_from_environment
from pyview.stores.revocations import MemoryRevocations
from pyview.tokens.secrets import Secrets, get_secret


@pytest.fixture
def temporary(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch, temporary: Path) -> Path:
    """Make this process look like one of four workers that uvicorn has started."""
    config = type("Config", (), {"workers": 4, "__module__": "uvicorn.config"})()
    monkeypatch.setattr(
        multiprocessing, "current_process", lambda: SimpleNamespace(_kwargs={"config": config})
    )
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: object())
    for name in ("PYVIEW_SECRET", "PYVIEW_SECRET_FILE", "PYVIEW_STATE", "PYVIEW_REDIS_URL", "PYVIEW_ENV"):
        monkeypatch.delenv(name, raising=False)
    return temporary


def test_workers_of_one_server_have_one_state_and_one_secret(worker: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        [secret] = set(threads.map(lambda _: shared_secret({}), range(50)))
    assert len(secret) > 40
    [directory] = worker.iterdir()
    assert [path.name for path in directory.iterdir()] == ["secret"]
    assert shared_state({}) == str(directory / "state.db")
    assert get_secret() == secret
    secrets = Secrets.from_environment({})
    assert secrets.holds(secret)
    assert (secrets.generated, secrets.shared) == (True, True)
    assert type(pubsub_from_environment({})) is not MemoryPubSub
    assert type(revocations_from_environment({})) is not MemoryRevocations


def test_settings_come_first(worker: Path) -> None:
    configured = Secrets.from_environment({"PYVIEW_SECRET": "0123456789" * 4})
    assert (configured.generated, configured.shared) == (False, False)
    assert not Secrets.from_environment({}, "0123456789" * 4).generated
    assert revocations_from_environment({"PYVIEW_STATE": str(worker / "own.db")}) is not None
    assert not list(worker.iterdir()), "nothing was made"


def test_nothing_is_shared_in_production(worker: Path) -> None:
    environ = {"PYVIEW_ENV": "production"}
    assert shared_directory(environ) is None
    assert (shared_state(environ), shared_secret(environ)) == ("", "")
    assert type(pubsub_from_environment(environ)) is MemoryPubSub
    assert not list(worker.iterdir())


def test_a_single_process_shares_nothing(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor do processes that were started one by one, for which only a variable gives a number."""
    monkeypatch.delenv("PYVIEW_STATE", raising=False)
    assert shared_directory({}) is None
    assert shared_directory({"WEB_CONCURRENCY": "4"}) is None
    assert type(pubsub_from_environment({"WEB_CONCURRENCY": "4"})) is MemoryPubSub
    assert not list(temporary.iterdir())


def test_a_directory_that_another_user_could_write_to_is_refused(
    worker: Path, caplog: pytest.LogCaptureFixture
) -> None:
    directory = shared_directory({})
    assert directory is not None
    directory.chmod(0o777)
    assert shared_directory({}) is None
    assert shared_secret({}) == ""
    assert Secrets.from_environment({}).shared is False
    assert "the workers cannot share anything" in caplog.text


def test_the_last_worker_removes_the_directory(worker: Path) -> None:
    directory = shared_directory({})
    assert directory is not None
    sockets = directory / "state.db.workers"
    sockets.mkdir()
    remove_if_unused(directory)
    assert directory.exists()
    sockets.rmdir()
    remove_if_unused(directory)
    assert not directory.exists()


def test_what_a_killed_server_left_is_removed_after_a_day(worker: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    user = os.geteuid()
    old, new = (worker / f"pyview-{user}-{ended.pid}-{place}" for place in ("old", "new"))
    running = worker / f"pyview-{user}-{os.getpid()}-old"
    other = worker / f"pyview-{user + 1}-{ended.pid}-old"
    for path in (old, new, running, other):
        path.mkdir()
    for path in (old, running, other):
        os.utime(path, (0, 0))
    shared_directory({})
    assert [path.exists() for path in (old, new, running, other)] == [False, True, True, True]


def test_a_secret_that_cannot_be_written(
    worker: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    secrets = Secrets.from_environment({})
    assert (secrets.generated, secrets.shared) == (True, False)
    assert "the workers cannot share a secret" in caplog.text
