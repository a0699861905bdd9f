"""What every test shares: async tests run on asyncio; hypothesis looks longer when asked to."""

import os

import pytest
from hypothesis import settings

settings.register_profile("fuzz", max_examples=2000, deadline=None)
settings.register_profile("suite", deadline=None)
settings.register_profile("other", max_examples=20, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
