"""Fixtures of all tests: asyncio for async tests, and the Hypothesis profiles."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Deadlines would fail on slow or busy machines.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fuzz", UNHURRIED, max_examples=2000)
settings.register_profile("suite", UNHURRIED, max_examples=35)
settings.register_profile("other", UNHURRIED, max_examples=20)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

# Sign-outs that a store has missed; by default they would be in the home directory.
SPOOLS = Path(os.environ.setdefault("PYVIEW_SPOOL", tempfile.mkdtemp(prefix="pyview-spool-")))


@pytest.fixture(autouse=True)
def own_spool(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A spool for each test: its applications must not take over sign-outs that an earlier test has left."""
    with tempfile.TemporaryDirectory(dir=SPOOLS, ignore_cleanup_errors=True) as spool:
        monkeypatch.setenv("PYVIEW_SPOOL", spool)
        yield


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"
