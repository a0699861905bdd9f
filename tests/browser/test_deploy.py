"""A deploy in a real browser: every worker is replaced, and the page goes on where the user was."""

import asyncio
import logging
import threading
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.chaos.cluster import Cluster, running_cluster

logger = logging.getLogger("tests")


class Deployment:
    """Workers behind a relay. They run on an event loop of their own thread: Playwright owns that of the test."""

    def __init__(self, cluster: Cluster, loop: asyncio.AbstractEventLoop) -> None:
        self._cluster = cluster
        self._loop = loop

    @property
    def url(self) -> str:
        return self._cluster.url

    def deploy(self) -> None:
        """Replace every worker."""
        self._run(self._cluster.rolling_restart())

    def kill(self, worker: str) -> None:
        """Kill a worker without a warning, and start another one."""
        names = [each.name for each in self._cluster.workers]
        self._cluster.workers[names.index(worker)].kill()
        self._run(self._cluster.replace(names.index(worker)))

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(120)


@contextmanager
def deployed(environ: dict[str, str], workers: int) -> Iterator[Deployment]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    running = running_cluster(workers, "tests.browser.deploy_app:app", environ)
    try:
        cluster = asyncio.run_coroutine_threadsafe(running.__aenter__(), loop).result(120)
        try:
            yield Deployment(cluster, loop)
        finally:
            # Shown if the test fails.
            logger.warning("the log of the workers:\n%s", cluster.log.read_text())
            asyncio.run_coroutine_threadsafe(running.__aexit__(None, None, None), loop).result(120)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


@pytest.fixture(params=["broker", "file", "nothing"])
def deployment(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Deployment]:
    """Three workers with a broker, two with a file, and one without any store, whose state the browser carries."""
    with ExitStack() as stack:
        if request.param == "broker":
            yield stack.enter_context(deployed({}, 3))
        elif request.param == "file":
            files = {"PYVIEW_REDIS_URL": "", "PYVIEW_STATE": str(tmp_path / "state.db")}
            yield stack.enter_context(deployed(files, 2))
        else:
            yield stack.enter_context(deployed({"PYVIEW_REDIS_URL": ""}, 1))


def fill_in(page: Page) -> None:
    expect(page.locator("[data-phx-main].phx-connected")).to_be_visible()
    for _ in range(3):
        page.click("#add")
    page.click("#tab-second")
    page.click("#open")
    page.click("#more")
    page.fill("#name", "Ada")
    page.fill("#city", "London")  # the user is still typing
    page.set_input_files(
        "input[type=file]", {"name": "a.txt", "mimeType": "text/plain", "buffer": b"arrived"}
    )
    expect_all(page)


def expect_all(page: Page) -> None:
    expect(page.locator("#count")).to_have_text("3")
    expect(page.locator("#tab")).to_have_text("second")
    expect(page.locator("#tab-second")).to_have_attribute("aria-selected", "True")
    expect(page.locator("#dialog")).to_be_visible()
    expect(page.locator("#hint")).to_be_visible()
    expect(page.locator("#name")).to_have_value("Ada")
    expect(page.locator("#city")).to_have_value("London")
    expect(page.locator("#files li")).to_have_text("a.txt 100")


def test_a_page_goes_on_after_a_deploy(page: Page, deployment: Deployment) -> None:
    page.goto(deployment.url)
    fill_in(page)
    before = page.inner_text("#worker")
    deployment.deploy()
    expect(page.locator("#worker")).not_to_have_text(before)
    expect_all(page)
    page.click("#cancel")
    expect(page.locator("#dialog")).to_have_count(0)
    page.click("#add")
    expect(page.locator("#count")).to_have_text("4")
    page.click("#form button")
    expect(page.locator("#saved")).to_have_text("Ada arrived")


def test_a_page_goes_on_after_its_worker_was_killed(page: Page, tmp_path: Path) -> None:
    with deployed({}, 2) as deployment:
        page.goto(deployment.url)
        fill_in(page)
        before = page.inner_text("#worker")
        page.wait_for_timeout(
            1500
        )  # states are saved once a second; what comes later is lost with the worker
        deployment.kill(before)
        expect(page.locator("#worker")).not_to_have_text(before)
        expect_all(page)
