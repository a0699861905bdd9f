"""Views cannot write a session; every session that is written has an id that views do not see."""

import copy
import pickle
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pyview.sessions.session import HIDDEN, ReadOnlySession, read_only, session_of, visible
from pyview.sessions.tracking import SESSION_ID, SessionTracker, session_id
from tests.asgi import browser

Write = Callable[[dict[str, Any]], object]


class TestReadOnly:
    @pytest.mark.parametrize(
        "write",
        [
            lambda session: session.__setitem__("a", 2),
            lambda session: session.__delitem__("a"),
            lambda session: session.clear(),
            lambda session: session.pop("a"),
            lambda session: session.popitem(),
            lambda session: session.setdefault("b", 1),
            lambda session: session.update(b=1),
            lambda session: session.__ior__({"b": 1}),
        ],
    )
    def test_every_write_raises_and_names_the_alternative(self, write: Write) -> None:
        session = read_only({"a": 1})
        with pytest.raises(TypeError, match=r"read-only in a LiveView.*Starlette route"):
            write(session)
        assert session == {"a": 1}

    def test_every_writing_method_of_dict_is_covered(self) -> None:
        readers = {"copy", "fromkeys", "get", "items", "keys", "values"}
        writers = {name for name in dir(dict) if not name.startswith("_")} - readers
        assert writers == {"clear", "pop", "popitem", "setdefault", "update"}
        assert all(getattr(ReadOnlySession, name) is not getattr(dict, name) for name in writers)

    def test_it_reads_like_any_dict(self) -> None:
        session = read_only({"user_id": "1"})
        assert session["user_id"] == "1"
        assert session.get("missing", "x") == "x"
        assert dict(session) == {**session} == {"user_id": "1"}
        assert session | {"more": 1} == {"user_id": "1", "more": 1}

    def test_lists_and_dicts_inside_are_copies(self) -> None:
        original = {"cart": [{"id": 1}]}
        read_only(original)["cart"][0]["id"] = 2
        read_only(original)["cart"].append(3)
        assert original == {"cart": [{"id": 1}]}

    def test_the_hidden_id_is_hidden(self) -> None:
        assert read_only({SESSION_ID: "x", "a": 1}) == {"a": 1}

    def test_it_can_be_copied_and_pickled(self) -> None:
        session = read_only({"a": [1]})
        for twin in (copy.copy(session), copy.deepcopy(session), pickle.loads(pickle.dumps(session))):  # noqa: S301
            assert twin == session
            assert type(twin) is ReadOnlySession

    @given(
        st.dictionaries(
            st.text(), st.recursive(st.integers() | st.text(), st.lists, max_leaves=5), max_size=5
        )
    )
    def test_it_equals_what_it_was_made_from(self, session: dict[str, Any]) -> None:
        assert read_only(session) == {key: session[key] for key in session if not key.startswith(HIDDEN)}


class TestNotLoaded:
    def test_no_session_middleware_means_an_empty_session(self) -> None:
        assert session_of({"type": "http"}) == {}
        assert session_id({"type": "http"}) == ""

    def test_a_session_that_is_not_loaded_is_a_clear_error(self) -> None:
        with pytest.raises(RuntimeError, match=r"scope\['session'\] is a object.*SessionAutoloadMiddleware"):
            session_of({"type": "http", "session": object()})


class PlainDictSessions:
    """A third-party session middleware: a plain dict, stored on the server."""

    def __init__(self, app: ASGIApp, store: dict[str, dict[str, Any]]) -> None:
        self.app = app
        self.store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["session"] = copy.deepcopy(self.store.get("one", {}))

        async def save(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.store["one"] = scope["session"]
            await send(message)

        await self.app(scope, receive, save)


def app_with(session: Middleware, *endpoints: Callable[[Request], Awaitable[JSONResponse]]) -> Starlette:
    routes = [Route(f"/{endpoint.__name__}", endpoint) for endpoint in endpoints]
    return Starlette(routes=routes, middleware=[session, Middleware(SessionTracker)])


async def show(request: Request) -> JSONResponse:
    return JSONResponse(dict(request.session))


async def login(request: Request) -> JSONResponse:
    request.session["user"] = "alice"
    return JSONResponse(session_id(request.scope))


async def rename(request: Request) -> JSONResponse:
    request.session["user"] = "alicia"
    return JSONResponse({})


async def forget(request: Request) -> JSONResponse:
    del request.session["user"]
    return JSONResponse({})


async def logout(request: Request) -> JSONResponse:
    request.session.clear()
    return JSONResponse({})


async def anew(request: Request) -> JSONResponse:
    request.session.clear()
    request.session["user"] = "bob"
    return JSONResponse({})


ENDPOINTS = (show, login, rename, forget, logout, anew)


@pytest.fixture(params=["starlette", "plain dict"])
def app(request: pytest.FixtureRequest) -> Starlette:
    if request.param == "starlette":
        return app_with(Middleware(SessionMiddleware, secret_key="k" * 32), *ENDPOINTS)
    return app_with(Middleware(PlainDictSessions, store={}), *ENDPOINTS)


class TestTracker:
    async def test_a_visitor_who_writes_nothing_has_no_session(self, app: Starlette) -> None:
        async with browser(app) as client:
            response = await client.get("/show")
        assert response.json() == {}
        assert "set-cookie" not in response.headers

    async def test_a_written_session_has_an_id_already_in_the_request(self, app: Starlette) -> None:
        async with browser(app) as client:
            promised = (await client.get("/login")).json()
            session = (await client.get("/show")).json()
        assert (visible(session), session[SESSION_ID]) == ({"user": "alice"}, promised)
        assert len(promised) >= 22

    async def test_two_sign_ins_of_one_user_differ(self, app: Starlette) -> None:
        async with browser(app) as client:
            first = (await client.get("/login")).json()
            await client.get("/logout")
            second = (await client.get("/login")).json()
        assert first != second

    async def test_the_id_stays_while_the_session_changes(self, app: Starlette) -> None:
        async with browser(app) as client:
            first = (await client.get("/login")).json()
            await client.get("/rename")
            session = (await client.get("/show")).json()
        assert (visible(session), session[SESSION_ID]) == ({"user": "alicia"}, first)

    @pytest.mark.parametrize("path", ["/logout", "/forget"])
    async def test_an_emptied_session_is_deleted(self, app: Starlette, path: str) -> None:
        async with browser(app) as client:
            await client.get("/login")
            await client.get(path)
            assert (await client.get("/show")).json() == {}
            assert not client.cookies

    async def test_clearing_and_filling_creates_a_new_session(self, app: Starlette) -> None:
        async with browser(app) as client:
            first = (await client.get("/login")).json()
            await client.get("/anew")
            session = (await client.get("/show")).json()
        assert session["user"] == "bob"
        assert session[SESSION_ID] != first

    async def test_a_session_without_id_is_unchanged_until_written(self) -> None:
        store: dict[str, dict[str, Any]] = {"one": {"user": "old"}}
        app = app_with(Middleware(PlainDictSessions, store=store), *ENDPOINTS)
        async with browser(app) as client:
            assert (await client.get("/show")).json() == {"user": "old"}
            await client.get("/rename")
            assert SESSION_ID in (await client.get("/show")).json()

    async def test_other_scopes_pass_unchanged(self) -> None:
        seen: list[Scope] = []

        async def inner(scope: Scope, receive: Receive, send: Send) -> None:
            seen.append(scope)

        async def nothing(*_: Any) -> Any: ...

        for scope in ({"type": "lifespan"}, {"type": "websocket", "session": {"a": 1}}, {"type": "http"}):
            await SessionTracker(inner)(dict(scope), nothing, nothing)
        assert seen == [{"type": "lifespan"}, {"type": "websocket", "session": {"a": 1}}, {"type": "http"}]
