"""Random calls of two workers give the results of one dictionary."""

import asyncio
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from pyview.stores.sessions import KeyTaken, MemorySessionStore, Record, SessionStore
from pyview.stores.sessions_redis import RedisSessionStore
from pyview.stores.sessions_sqlite import SQLiteSessionStore
from tests.stores.valkey import ValkeyProcess

T = TypeVar("T")
START = 1_800_000_000.0
keys = st.sampled_from("abc")
users = st.sampled_from(["", "u", "v"])
contents = st.sampled_from([b"{}", b'{"n":1}', b'{"n":2}'])
versions = st.integers(1, 3)
workers = st.integers(0, 1)


class Sessions(RuleBasedStateMachine):
    """State machine of two workers; subclasses create their stores."""

    def stores(self) -> list[SessionStore]:
        raise NotImplementedError

    @initialize()
    def begin(self) -> None:
        self.now = START
        self.runner = asyncio.Runner()
        self.two = self.stores()
        self.model: dict[str, Record] = {}
        for store in self.two:
            self.run(store.start())

    def teardown(self) -> None:
        for store in self.two:
            self.run(store.close())
        self.runner.close()

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(call)

    def alive(self, key: str, version: int | None = None) -> Record | None:
        found = self.model.get(key)
        exists = found is not None and found.alive(self.now) and version in (None, found.version)
        return found if exists else None

    def new(self, key: str, user: str, data: bytes, life: float, idle: float) -> Record:
        return Record(key, data, user, self.now, self.now, self.now + life, idle)

    @rule(seconds=st.sampled_from([0.001, 1.0, 30.0, 100.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(at=workers, key=keys, user=users, data=contents, life=st.sampled_from([5.0, 500.0]))
    def create(self, at: int, key: str, user: str, data: bytes, life: float) -> None:
        record = self.new(key, user, data, life, 60.0)
        if self.alive(key):
            with pytest.raises(KeyTaken):
                self.run(self.two[at].create(record))
        else:
            self.run(self.two[at].create(record))
            self.model[key] = record

    @rule(at=workers, key=keys, data=contents, version=versions)
    def save(self, at: int, key: str, data: bytes, version: int) -> None:
        expected = self.alive(key, version)
        assert self.run(self.two[at].save(key, data, version, self.now)) == bool(expected)
        if expected:
            self.model[key] = expected.saved(data, self.now)

    @rule(at=workers, old=keys, key=keys, user=users, version=versions)
    def rotate(self, at: int, old: str, key: str, user: str, version: int) -> None:
        record = self.new(key, user, b'{"rotated":1}', 500.0, 60.0)
        rotating = self.two[at].rotate(old, version, record)
        if not self.alive(old, version):
            assert self.run(rotating) is False
        elif self.alive(key):
            with pytest.raises(KeyTaken):
                self.run(rotating)
        else:
            assert self.run(rotating) is True
            del self.model[old]
            self.model[key] = record

    @rule(at=workers, key=keys)
    def touch(self, at: int, key: str) -> None:
        expected = self.alive(key)
        assert self.run(self.two[at].touch(key, self.now)) == bool(expected)
        if expected:
            self.model[key] = expected.seen(self.now)

    @rule(at=workers, key=keys)
    def delete(self, at: int, key: str) -> None:
        self.run(self.two[at].delete(key))
        self.model.pop(key, None)

    @rule(at=workers, user=users, keep=keys | st.just(""))
    def delete_user(self, at: int, user: str, keep: str) -> None:
        gone = [key for key, record in self.model.items() if user and record.user == user and key != keep]
        alive = {key for key in gone if self.alive(key)}
        deleted = self.run(self.two[at].delete_user(user, keep))
        # Ended sessions may have been removed before.
        assert alive <= set(deleted) <= set(gone)
        for key in gone:
            del self.model[key]

    @invariant()
    def both_workers_find_what_the_model_has(self) -> None:
        if not hasattr(self, "model"):
            return
        for store in self.two:
            for key in "abc":
                assert self.run(store.load(key, self.now)) == self.alive(key)
            for user in ("", "u", "v"):
                mine = [r for r in self.model.values() if user and r.user == user and r.alive(self.now)]
                found = self.run(store.list_user(user, self.now))
                assert sorted(found, key=lambda r: r.key) == sorted(mine, key=lambda r: r.key)


def explore(machine: type[Sessions], examples: int) -> None:
    limits = settings(
        max_examples=examples, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(machine, settings=limits)


def test_in_memory() -> None:
    class InMemory(Sessions):
        def stores(self) -> list[SessionStore]:
            return [MemorySessionStore()] * 2

    explore(InMemory, 50)


def test_in_a_file() -> None:
    with tempfile.TemporaryDirectory() as folder:

        class InAFile(Sessions):
            def stores(self) -> list[SessionStore]:
                path = Path(folder) / uuid4().hex
                return [SQLiteSessionStore(path), SQLiteSessionStore(path)]

        explore(InAFile, 20)


def test_on_a_server(valkey: ValkeyProcess) -> None:
    class OnAServer(Sessions):
        def stores(self) -> list[SessionStore]:
            prefix = f"{uuid4().hex}:"
            return [RedisSessionStore(valkey.url, prefix=prefix) for _ in range(2)]

    explore(OnAServer, 20)
