"""Start of what workers share."""

import os
from pathlib import Path
from typing import Any

import pytest

from pyview import PyView
from pyview.pubsub.local import LocalPubSub

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"


async def test_a_worker_that_was_forked_with_its_application_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = PyView(secret=SECRET, pubsub=LocalPubSub(tmp_path / "workers"))
    monkeypatch.setattr(os, "getpid", lambda: -1)
    with pytest.raises(RuntimeError, match="without --preload"):
        async with app.router.lifespan_context(app):
            pass


async def test_a_single_process_may_be_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    app = PyView(secret=SECRET)
    monkeypatch.setattr(os, "getpid", lambda: -1)
    async with app.router.lifespan_context(app):
        assert await app.pubsub.others() == 0


@pytest.mark.parametrize("name", ["pubsub", "revocations", "once_store", "state_store"])
@pytest.mark.parametrize("wrong", ["redis://:hunter2@localhost", 5, LocalPubSub])
def test_what_is_no_store_is_refused_without_its_value(name: str, wrong: Any) -> None:
    with pytest.raises(
        TypeError, match=r"expected an object with the methods of pyview\..*PYVIEW_REDIS_URL"
    ) as refusal:
        PyView(secret=SECRET, **{name: wrong})
    assert "hunter2" not in str(refusal.value)
