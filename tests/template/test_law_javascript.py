"""The law for the real JavaScript client: its own merge of the messages shows the same as Jinja2 renders."""

import json
import random
from collections.abc import Iterator

import pytest

from tests.template.corpus import CORPUS
from tests.template.law import Law
from tests.template.test_law_random import follow_random
from tests.wire.javascript import JavaScriptClient, start

RANDOM_TEMPLATES = 60


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JavaScriptClient]:
    started = start(tmp_path_factory.mktemp("client"))
    yield started
    started.close()


def same_in_javascript(client: JavaScriptClient, law: Law) -> None:
    # A whole tree in the midst follows a template that raised: the client rejoined.
    for run in law.runs:
        messages = [message for message, _ in run]
        answers = client.run(json.loads(json.dumps(messages)))
        for (message, expected), answer in zip(run, answers, strict=True):
            assert answer == {**answer, "html": expected}, f"after {message}\n{law.story()}"


@pytest.mark.parametrize("name", CORPUS)
def test_every_construct(client: JavaScriptClient, name: str) -> None:
    law = Law(CORPUS[name])
    law.follow(random.Random(name), 15)
    same_in_javascript(client, law)


def test_random_templates(client: JavaScriptClient) -> None:
    run = random.randrange(10**9)
    for i in range(RANDOM_TEMPLATES):
        law = follow_random(f"{run}/{i}")
        if law is not None:
            same_in_javascript(client, law)
