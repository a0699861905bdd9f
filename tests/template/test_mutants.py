"""The law finds all bugs that are planted in the change tracking."""

import random
import time

import pytest

from tests.template.corpus import CORPUS
from tests.template.law import Law
from tests.template.mutants import MUTANTS
from tests.template.test_law_random import follow_random

pytestmark = pytest.mark.soak

SECONDS = 30


def found_by() -> str | None:
    """Return the name of the template that broke the law, None if none did within the time."""
    deadline = time.monotonic() + SECONDS
    names = list(CORPUS)
    seed = 0
    while time.monotonic() < deadline:
        random.Random(seed).shuffle(names)
        for name in names:
            try:
                Law(CORPUS[name]).follow(random.Random(seed), 10)
            except Exception:  # a crash is found, too
                return name
        for i in range(20):
            try:
                follow_random(f"mutants/{seed}/{i}")
            except Exception:
                return "a random template"
        seed += 1
    return None


@pytest.mark.parametrize("name", MUTANTS)
def test_the_law_finds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    MUTANTS[name](monkeypatch)
    assert found_by() is not None, f"{name} was not found in {SECONDS} s"
