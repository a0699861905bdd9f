"""Warnings before a worker runs out of file descriptors, and an error when it has."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from pyview.background.periodic import PeriodicChecks
from pyview.observability import descriptors
from pyview.observability.descriptors import DescriptorWatch, soft_limit
from tests.asgi import eventually


def lowest_free() -> int:
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.close(descriptor)
    return descriptor


@contextmanager
def opened(number: int) -> Iterator[None]:
    """Open files until `number` is the lowest free descriptor."""
    with ExitStack() as stack:
        while lowest_free() < number:
            stack.enter_context(Path(os.devnull).open())
        yield


def test_each_level_is_logged_once_until_it_falls_again(caplog: pytest.LogCaptureFixture) -> None:
    watch = DescriptorWatch(lambda: 200)
    with opened(161):
        watch.check()
        watch.check()
        assert caplog.messages == [
            "at least 161 of 200 file descriptors are open. Each open page needs one. Raise the limit (`ulimit -n`, "
            "LimitNOFILE of systemd), or start more workers"
        ]
        with opened(195):
            watch.check()
        watch.check()
        assert len(caplog.messages) == 2
    watch.check()
    with opened(170):
        watch.check()
    assert len(caplog.messages) == 3


def test_no_free_descriptor_is_an_error_once_a_minute(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = DescriptorWatch(lambda: 200)
    monkeypatch.setattr(descriptors, "open_descriptors", lambda: None)
    watch.check()
    watch.check()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "no file descriptor is left (200 allowed)" in caplog.messages[0]


def test_without_a_limit_there_is_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    DescriptorWatch(lambda: 0).check()
    assert caplog.messages == []
    assert soft_limit() >= 0


async def test_a_failing_check_stops_no_other(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[int] = []

    def failing() -> None:
        raise ValueError("no")

    periodic = PeriodicChecks()
    with periodic.running([failing, lambda: seen.append(1)], 0.01):
        await eventually(lambda: len(seen) >= 2)
    looked = len(seen)
    later: list[int] = []
    with periodic.running([lambda: later.append(1)], 0.01):
        await eventually(lambda: len(later) >= 3)
    assert len(seen) == looked
    assert "a periodic check failed" in caplog.messages
