"""Fixtures of all tests: asyncio for async tests, and the Hypothesis profiles."""

import os
import tempfile

import pytest
from hypothesis import HealthCheck, settings

# Deadlines would fail on slow or busy machines.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fuzz", UNHURRIED, max_examples=2000)
settings.register_profile("suite", UNHURRIED)
settings.register_profile("other", UNHURRIED, max_examples=20)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

# Sign-outs that a store has missed; by default they would be in the home directory.
os.environ.setdefault("PYVIEW_SPOOL", tempfile.mkdtemp(prefix="pyview-spool-"))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
