"""What every test shares: async tests run on asyncio; hypothesis looks longer when asked to."""

import os

import pytest
from hypothesis import HealthCheck, settings

# How fast a machine is, and how busy, says nothing about the code.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fuzz", UNHURRIED, max_examples=2000)
settings.register_profile("suite", UNHURRIED)
settings.register_profile("other", UNHURRIED, max_examples=20)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
