"""The chaos suite with a few users: what must never be lost is checked here too, times are not."""

import pytest

from tests.chaos.scenarios import Size, killed_broker, killed_worker, rolling_restart

pytestmark = pytest.mark.slow

FEW = Size(clickers=12, watchers=3, seconds=1.0, strict_times=False)


async def test_a_rolling_restart_loses_no_state() -> None:
    figures = await rolling_restart(FEW)
    assert not figures.failures
    assert figures.kept >= FEW.clickers


async def test_a_killed_worker_costs_at_most_the_last_second() -> None:
    figures = await killed_worker(FEW)
    assert not figures.failures
    assert figures.live


async def test_a_killed_broker_loses_no_kept_broadcast() -> None:
    figures = await killed_broker(FEW)
    assert not figures.failures
    assert figures.delivery
    assert figures.delivery.expected > 0
