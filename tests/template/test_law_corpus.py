"""The law for handwritten templates, with random changes of the data."""

import random
from typing import Any

import jinja2
import pytest

from tests.template.corpus import CORPUS
from tests.template.data import random_assigns
from tests.template.law import Law

OPTIONS: dict[str, dict[str, Any]] = {
    "trim": {"trim_blocks": True, "lstrip_blocks": True},
    "no autoescape": {"autoescape": False},
    "strict": {"undefined": jinja2.StrictUndefined},
    "finalize": {"finalize": lambda value: "" if value is None else value},
    "unoptimized": {"optimized": False},
}


@pytest.mark.parametrize("name", CORPUS)
def test_every_construct_renders_as_jinja2_does(name: str) -> None:
    for seed in range(3):
        Law(CORPUS[name]).follow(random.Random(seed), 12)


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("name", CORPUS)
def test_under_every_option(name: str, options: str) -> None:
    Law(CORPUS[name], **OPTIONS[options]).follow(random.Random(99), 10)


# These change their data, or show an object that is new at every render.
RESTLESS = {"lists made by the template", "data changed by the template", "dict changed and put back"}


@pytest.mark.parametrize("name", sorted(CORPUS.keys() - RESTLESS - {"raises"}))
def test_nothing_is_sent_when_nothing_changed(name: str) -> None:
    for seed in range(2):
        law = Law(CORPUS[name])
        rng = random.Random(seed)
        data = random_assigns(rng)
        law.check(data)
        if not law.failures:
            law.check_nothing(data)
