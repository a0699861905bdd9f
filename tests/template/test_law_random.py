"""The law for random templates and random data, with another seed each time. `PYVIEW_FUZZ=<seconds>` runs longer."""

import itertools
import os
import random
import time
from typing import Any

import jinja2

from tests.template.grammar import Grammar
from tests.template.law import Law

SECONDS = float(os.environ.get("PYVIEW_FUZZ", "12"))
FEWEST = 100
"""Templates that are tried in any case: one that includes itself may take all of the time."""
STEPS = 8


def follow_random(seed: str, **options: Any) -> Law | None:
    """Check a random template for some steps. Return None if it has a syntax error."""
    rng = random.Random(seed)
    options = {"optimized": rng.random() < 0.8, "autoescape": rng.random() < 0.85, **options}
    files = Grammar(rng).template()
    try:
        law = Law(files, **options)
    except jinja2.TemplateSyntaxError:
        return None
    try:
        law.follow(rng, STEPS)
    except Exception as error:
        error.add_note(f"seed {seed!r}")
        raise
    return law


def test_random_templates() -> None:
    begin, run = time.monotonic(), random.randrange(10**9)
    renders = failures = 0
    for i in itertools.count():
        if i >= FEWEST and time.monotonic() - begin > SECONDS:
            break
        law = follow_random(f"{run}/{i}")
        if law is not None:
            renders += STEPS + 1
            failures += law.failures
    assert renders > 100
    assert failures < renders / 2
