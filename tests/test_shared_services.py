"""Start of what workers share."""

import os
from pathlib import Path

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
