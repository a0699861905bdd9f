"""The law for template strings: the joined output equals that of the model; former tree + diff equals the new tree."""

import copy
import json
import os
import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from pyview.template.environment import create_environment
from pyview.template.live_template import ContentRendering
from pyview.testing.tree_html import to_html
from pyview.wire.merge import merge
from tests.template.tstrings.models import html, model, mutate
from tests.template.tstrings.pages import Model, page
from tests.wire.javascript import JavaScriptClient, start

SECONDS = float(os.environ.get("PYVIEW_FUZZ", "6"))
STEPS = 10
ENVIRONMENT = create_environment()

Messages = list[tuple[dict[str, Any], str]]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JavaScriptClient]:
    started = start(tmp_path_factory.mktemp("client"))
    yield started
    started.close()


def follow(seed: str) -> Messages:
    """Follow a random page through some changes. Return each diff with the page after it."""
    rng = random.Random(seed)
    shown = Model("deep_rows", [0, 0, 0], [model(rng)])
    rendering = ContentRendering(ENVIRONMENT, "host")
    tree: dict[str, Any] = {}
    messages: Messages = []
    try:
        for _ in range(STEPS):
            diff = json.loads(json.dumps(rendering.update(page(shown))))
            messages.append((copy.deepcopy(diff), html(shown)))
            tree = merge(tree, diff) if diff else tree
            assert to_html(tree) == html(shown)
            assert ContentRendering(ENVIRONMENT, "host").html(page(shown)) == html(shown)
            assert rendering.update(page(shown)) == {}, "nothing changed"
            for _ in range(rng.choice([0, 1, 1, 3])):
                mutate(rng, shown)
    except Exception as error:
        error.add_note(f"seed {seed!r}: {shown}")
        raise
    return messages


def test_random_pages() -> None:
    begin, run, pages = time.monotonic(), random.randrange(10**9), 0
    while time.monotonic() - begin < SECONDS:
        follow(f"{run}/{pages}")
        pages += 1
    assert pages > 10


def test_random_pages_in_the_real_client(client: JavaScriptClient) -> None:
    run = random.randrange(10**9)
    for number in range(60):
        messages = follow(f"{run}/{number}")
        answers = client.run([message for message, _ in messages])
        for (message, expected), answer in zip(messages, answers, strict=True):
            assert answer == {**answer, "html": expected}, f"seed {run}/{number}, after {message}"
