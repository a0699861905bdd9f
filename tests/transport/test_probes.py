"""The probes of a supervisor and of a load balancer: answered without host, session and middleware."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware.sessions import SessionMiddleware
from starlette.routing import Mount

from pyview import LiveView, PyView, SecurityConfig
from pyview.stores.health import StoreUnavailable
from pyview.stores.revocations import MemoryRevocations
from pyview.template.live_template import LiveTemplate
from tests.asgi import browser, eventually

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
READY, HEALTH = "/live/ready", "/live/health"


class Home(LiveView[Any]):
    template = LiveTemplate.from_string("<p>hello</p>", "home.html")


def make_app(**options: Any) -> PyView:
    app = PyView(secret=SECRET, **options)
    app.add_live_view("/", Home)
    return app


@pytest.mark.parametrize("path", [READY, HEALTH])
async def test_a_probe_needs_no_host_and_gets_no_session(path: str) -> None:
    app = make_app(security=SecurityConfig(allowed_hosts=["shop.example.org"]))
    app.add_middleware(SessionMiddleware, secret_key=SECRET)
    async with app.router.lifespan_context(app), browser(app, "http://10.0.0.7:8000") as client:
        response = await client.get(path)
        assert (response.status_code, response.text) == (200, "ok\n")
        assert "set-cookie" not in response.headers
        assert response.headers["cache-control"] == "no-store"
        assert (await client.get("/")).status_code == 400
        assert (await client.head(path)).status_code == 200
        assert (await client.post(path)).status_code == 405


async def test_other_paths_are_no_probes() -> None:
    app = make_app()
    async with app.router.lifespan_context(app), browser(app) as client:
        for path in (f"/shop{READY}", f"{READY}/", "/live/ready%00", "/LIVE/READY"):
            assert (await client.get(path)).status_code in (307, 400, 404), path


async def test_a_mounted_application_answers_under_its_prefix() -> None:
    live = make_app()
    host = Starlette(routes=[Mount("/inside", live)])
    async with browser(host) as client:
        assert (await client.get(f"/inside{READY}")).status_code == 200
        assert (await client.get(READY)).status_code == 404


async def test_a_probe_does_not_name_the_application() -> None:
    app = make_app()
    async with browser(app) as client:
        await client.get(HEALTH)
        assert not app._started


async def test_a_worker_is_not_ready_while_it_drains() -> None:
    app = make_app(security=SecurityConfig(drain_delay=3600))
    async with app.router.lifespan_context(app), browser(app, "http://10.0.0.7") as client:
        assert app._drain is not None
        app._drain.begin(accepting=True)
        ready, health = await client.get(READY), await client.get(HEALTH)
        assert (ready.status_code, ready.text, ready.headers["retry-after"]) == (503, "draining\n", "5")
        assert health.status_code == 200
        assert (await client.get("/")).status_code == 200
        app._drain.hurry()
    async with app.router.lifespan_context(app), browser(app) as client:
        assert (await client.get(READY)).status_code == 200


class LateRevocations(MemoryRevocations):
    """A store that cannot be opened before `there`."""

    there = False

    async def start(self) -> None:
        if not self.there:
            raise StoreUnavailable("the store is away")


async def test_a_worker_is_ready_when_its_stores_have_been_opened_and_stays_so() -> None:
    revocations = LateRevocations()
    app = make_app(revocations=revocations)
    async with app.router.lifespan_context(app), browser(app) as client:
        response = await client.get(READY)
        assert (response.status_code, response.text) == (503, "starting\n")
        assert (await client.get(HEALTH)).status_code == 200
        revocations.there = True
        await eventually(lambda: not app._shared.opening)
        assert (await client.get(READY)).status_code == 200
        revocations.there = False
        assert (await client.get(READY)).status_code == 200
