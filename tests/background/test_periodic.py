"""Periodic checks share one timer, which runs only while checks are registered."""

import asyncio

from pyview.background.periodic import PeriodicChecks
from tests.asgi import eventually


async def test_checks_run_in_their_own_periods() -> None:
    periodic = PeriodicChecks()
    calls: list[str] = []
    periodic.add(lambda: calls.append("often"), 0.01)
    periodic.add(lambda: calls.append("seldom"), 0.05)
    await eventually(lambda: calls.count("seldom") >= 2)
    assert calls.count("often") > calls.count("seldom")


async def test_a_removed_check_is_not_called_again() -> None:
    periodic = PeriodicChecks()
    calls: list[str] = []

    def check() -> None:
        calls.append("check")
        periodic.remove(check)

    periodic.add(check, 0.01)
    await eventually(lambda: calls)
    assert len(periodic) == 0
    periodic.remove(check)
    await asyncio.sleep(0.03)
    assert calls == ["check"]


async def test_a_check_may_remove_one_that_is_due() -> None:
    periodic = PeriodicChecks()
    calls: list[str] = []

    def second() -> None:
        calls.append("second")

    def first() -> None:
        calls.append("first")
        periodic.remove(second)

    periodic.add(first, 0.01)
    periodic.add(second, 0.01)
    await eventually(lambda: len(calls) >= 2)
    periodic.remove(first)
    assert set(calls) == {"first"}


def test_a_second_event_loop_gets_a_timer_of_its_own() -> None:
    periodic = PeriodicChecks()
    calls: list[str] = []

    async def register() -> None:
        periodic.add(lambda: None, 0.01)

    async def count() -> None:
        periodic.add(lambda: calls.append("check"), 0.01)
        await eventually(lambda: calls)

    asyncio.run(register())
    asyncio.run(count())
    assert calls
