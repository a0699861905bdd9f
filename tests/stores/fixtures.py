"""Stores for the suites of those who keep something in them, and ways to take a store away."""

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
    """A store that can be taken away and brought back. `place`: a path or an address."""

    place: str

    def take_away(self) -> None: ...

    def bring_back(self) -> None: ...


class BreakableFolder:
    """The folder of a SQLite file, renamed for a while."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "state"
        self._hidden = folder / "hidden"
        self._folder.mkdir()
        self.place = str(self._folder / "state.db")

    def take_away(self) -> None:
        self._folder.rename(self._hidden)

    def bring_back(self) -> None:
        self._hidden.rename(self._folder)


class ForgetfulFolder(BreakableFolder):
    """Comes back empty."""

    def bring_back(self) -> None:
        self._folder.mkdir()


class BreakableServer:
    """A Valkey server, killed; it forgets everything."""

    def __init__(self, server: ValkeyProcess) -> None:
        self._server = server
        self.place = server.url
        self.take_away = server.kill
        self.bring_back = server.start


class FreezableServer(BreakableServer):
    """A Valkey server that stops answering, as behind a cable that was cut."""

    def __init__(self, server: ValkeyProcess) -> None:
        super().__init__(server)
        self.take_away = server.freeze
        self.bring_back = server.thaw


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
