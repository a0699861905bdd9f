"""Stores for tests: servers, files, and ways to stop and restart them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from tests.stores.valkey import ValkeyProcess, running_valkey


class Clock:
    """A clock that the test sets: Unix time in seconds."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


class Breakable(Protocol):
    """A store that a test can stop and restart. `place`: a path or a URL."""

    place: str

    def stop(self) -> None: ...

    def restart(self) -> None: ...


class BreakableFolder:
    """The folder of a SQLite file; `stop` renames it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "state"
        self._hidden = folder / "hidden"
        self._folder.mkdir()
        self.place = str(self._folder / "state.db")

    def stop(self) -> None:
        self._folder.rename(self._hidden)

    def restart(self) -> None:
        self._hidden.rename(self._folder)


class ForgetfulFolder(BreakableFolder):
    """Is empty after `restart`."""

    def restart(self) -> None:
        self._folder.mkdir()


class BreakableServer:
    """A Valkey server; `stop` kills it, and its data is lost."""

    def __init__(self, server: ValkeyProcess) -> None:
        self._server = server
        self.place = server.url
        self.stop = server.kill
        self.restart = server.start


class FreezableServer(BreakableServer):
    """A Valkey server that stops answering, as if the network were cut."""

    def __init__(self, server: ValkeyProcess) -> None:
        super().__init__(server)
        self.stop = server.freeze
        self.restart = server.thaw


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def valkey() -> Iterator[ValkeyProcess]:
    with running_valkey() as server:
        yield server


@pytest.fixture
def own_valkey() -> Iterator[ValkeyProcess]:
    with running_valkey() as server:
        yield server
