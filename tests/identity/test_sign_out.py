"""Sign-out in difficult cases: with cookies that live for a year, and during an outage of a store."""

import time
from collections.abc import Mapping
from typing import Any

from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pyview import PyView
from pyview.auth import login, logout
from pyview.auth.remember import RememberMe, RememberMiddleware
from pyview.sessions import MemorySessionStore, ServerSessionMiddleware
from pyview.stores.health import StoreUnavailable
from pyview.stores.revocations import MemoryRevocations
from pyview.stores.sessions import Record
from pyview.testing import LiveClient

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
YEAR, MONTH = 365 * 86400, 30 * 86400


class Away(MemoryRevocations):
    """Revocations with a store that can become unavailable."""

    away = False

    async def revoked(self, keys: Mapping[str, float]) -> bool:
        if self.away:
            raise StoreUnavailable("away")
        return await super().revoked(keys)

    async def revoke(self, key: str, until: float, not_before: float | None = None) -> None:
        await super().revoke(key, until, not_before)
        if self.away:
            raise StoreUnavailable("away")


class SessionsAway(MemorySessionStore):
    """Sessions with a store that can become unavailable."""

    away = False

    async def load(self, key: str, now: float) -> Record | None:
        if self.away:
            raise StoreUnavailable("away")
        return await super().load(key, now)

    async def delete(self, key: str) -> None:
        if self.away:
            raise StoreUnavailable("away")
        await super().delete(key)


async def sign_in(request: Request) -> Response:
    login(request, "alice")
    return PlainTextResponse("hello")


async def sign_out(request: Request) -> Response:
    logout(request)
    return PlainTextResponse("bye")


async def show_user(request: Request) -> Response:
    return PlainTextResponse(request.session.get("user_id", "nobody"))


def app_with(*session: Any, revocations: MemoryRevocations | None = None, **options: Any) -> PyView:
    app = PyView(secret=SECRET, revocations=revocations or MemoryRevocations())
    app.add_middleware(*session, **options)
    app.routes.append(Route("/login", sign_in, methods=["POST"]))
    app.routes.append(Route("/logout", sign_out, methods=["POST"]))
    app.routes.append(Route("/who", show_user))
    return app


async def who(app: PyView, cookie: str) -> str:
    """Return the user that a copy of a cookie signs in."""
    async with LiveClient(app, cookies={"session": cookie}) as copy:
        return (await copy.get("/who")).text


async def test_the_revocation_lasts_as_long_as_the_cookie() -> None:
    late = 0.0
    revocations = MemoryRevocations(lambda: time.time() + late)
    app = app_with(SessionMiddleware, SECRET, "session", YEAR, revocations=revocations)
    async with LiveClient(app) as client:
        await client.post("/login")
        copied = client.cookies["session"]
        await client.post("/logout")
        late = MONTH
        assert await who(app, copied) == "nobody"


async def test_it_takes_effect_during_an_outage_of_the_revocations() -> None:
    revocations = Away()
    app = app_with(SessionMiddleware, revocations=revocations, secret_key=SECRET)
    async with LiveClient(app) as client, LiveClient(app) as other:
        await client.post("/login")
        await other.post("/login")
        copied, untouched = client.cookies["session"], other.cookies["session"]
        revocations.away = True
        assert (await other.get("/who")).text == "nobody"
        await client.post("/logout")
        assert "session" not in client.cookies
        revocations.away = False
        assert await who(app, copied) == "nobody"
        assert await who(app, untouched) == "alice"


async def test_it_forgets_a_browser_that_could_not_be_restored() -> None:
    async def same(user: str) -> dict[str, str]:
        return {"user_id": user}

    async def sign_in(request: Request) -> Response:
        login(request, "alice")
        await remember.remember(request, "alice")
        return PlainTextResponse("hello")

    revocations, remember = Away(), RememberMe(same)
    app = app_with(SessionMiddleware, revocations=revocations, secret_key=SECRET)
    app.add_middleware(RememberMiddleware, remember=remember)
    app.routes.append(Route("/remember", sign_in, methods=["POST"]))
    async with LiveClient(app) as client, LiveClient(app) as other:
        for browser in (client, other):
            await browser.post("/remember")
        copied = client.cookies["remember"]
        revocations.away = True
        assert (await other.get("/who")).text == "nobody"
        await client.post("/logout")
        assert "remember" not in client.cookies
        revocations.away = False
        assert (await client.get("/who")).text == "nobody"
        assert (await other.get("/who")).text == "alice"
    async with LiveClient(app, cookies={"remember": copied}) as copy:
        assert (await copy.get("/who")).text == "nobody"


async def test_without_its_session_the_cookie_is_deleted() -> None:
    store = SessionsAway()
    app = app_with(ServerSessionMiddleware, store=store)
    async with LiveClient(app) as client, LiveClient(app) as other:
        await client.post("/login")
        await other.post("/login")
        copied = client.cookies["session"]
        store.away = True
        assert (await other.get("/who")).text == "nobody"
        await client.post("/logout")
        assert "session" not in client.cookies
        store.away = False
        async with LiveClient(app, cookies={"session": copied}, lifespan=False) as copy:
            assert (await copy.get("/who")).text == "nobody", "at once, at the worker that was asked"
        assert (await client.get("/who")).text == "nobody"
        assert (await other.get("/who")).text == "alice"
