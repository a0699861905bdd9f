"""Custom providers: as documented, resolved at every request, and refusing when they raise."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.websockets import WebSocket

from pyview.auth import (
    AllowAllAuthProvider,
    Allowed,
    AuthProvider,
    AuthProviderFactory,
    Denied,
    LiveConnection,
    requires,
)
from pyview.auth.guard import authorize, guarded_response, is_protected
from pyview.live_view import LiveView
from tests.asgi import http_scope, socket_scope

Endpoint = Callable[[Request], Awaitable[Response]]


class APIKeyAuthProvider(AuthProvider):
    """The provider of the documentation."""

    def __init__(self, required_key: str):
        self.required_key = required_key

    async def has_required_auth(self, websocket: WebSocket) -> bool:
        return websocket.query_params.get("api_key") == self.required_key

    def wrap(self, func: Any) -> Any:
        async def wrapped(request: Request) -> Any:
            if request.query_params.get("api_key") != self.required_key:
                return Response("Unauthorized", status_code=401)
            return await func(request)

        return wrapped


def view() -> type[LiveView[Any]]:
    class View(LiveView[Any]): ...

    return View


async def page(request: Request) -> Response:
    return PlainTextResponse("page")


async def over_http(guarded: type[Any], query: str = "", endpoint: Endpoint = page) -> int:
    request = Request(http_scope(query_string=query.encode()))
    try:
        response: Response = await guarded_response(guarded, endpoint, request)
    except HTTPException as error:
        return error.status_code
    return response.status_code


async def on_socket(guarded: type[Any], url: str = "/") -> Any:
    return await authorize(guarded, LiveConnection(socket_scope(), url))


async def test_the_documented_provider_reads_the_query_of_the_page() -> None:
    guarded = view()
    AuthProviderFactory.set(guarded, APIKeyAuthProvider("secret-key"))
    assert await over_http(guarded) == 401
    assert await over_http(guarded, "api_key=wrong") == 401
    assert await over_http(guarded, "api_key=secret-key") == 200
    assert await on_socket(guarded, "/api/dashboard") == Denied(403)
    assert await on_socket(guarded, "/api/dashboard?api_key=wrong") == Denied(403)
    assert await on_socket(guarded, "/api/dashboard?api_key=secret-key") == Allowed()


async def test_a_provider_applies_from_the_next_request() -> None:
    guarded = view()
    assert await over_http(guarded) == 200
    AuthProviderFactory.set(guarded, APIKeyAuthProvider("k"))
    assert await over_http(guarded) == 401
    AuthProviderFactory.set(guarded, AllowAllAuthProvider())
    assert await over_http(guarded) == 200
    assert await on_socket(guarded) == Allowed()


async def test_a_subclass_is_guarded_like_its_base_and_its_sibling_is_not() -> None:
    class Base(LiveView[Any]): ...

    class Sub(Base): ...

    AuthProviderFactory.set(Base, APIKeyAuthProvider("k"))
    assert await over_http(Sub) == 401
    AuthProviderFactory.set(Sub, AllowAllAuthProvider())
    assert await over_http(Sub) == 200
    assert await over_http(Base) == 401
    assert not is_protected(view(), {})


async def test_requires_adds_to_a_provider_and_set_replaces_everything() -> None:
    guarded = view()
    AuthProviderFactory.set(guarded, APIKeyAuthProvider("k"))
    requires("admin")(guarded)
    assert await over_http(guarded, "api_key=k") == 403
    AuthProviderFactory.set(guarded, APIKeyAuthProvider("k"))
    assert await over_http(guarded, "api_key=k") == 200


async def test_a_provider_need_not_be_hashable() -> None:
    @dataclass
    class Fixed(AuthProvider):
        answer: bool

        async def has_required_auth(self, websocket: WebSocket) -> bool:
            return self.answer

        def wrap(self, func: Any) -> Any:
            return func

    guarded = view()
    AuthProviderFactory.set(guarded, Fixed(False))
    assert await on_socket(guarded) == Denied(403)


async def test_a_provider_needs_both_methods() -> None:
    class Half(AuthProvider):
        async def has_required_auth(self, websocket: WebSocket) -> bool:
            return True

    with pytest.raises(TypeError, match="abstract"):
        Half()  # type: ignore[abstract]


async def test_a_provider_may_explain_its_denial() -> None:
    class Explains(APIKeyAuthProvider):
        async def on_denied(self, connection: HTTPConnection) -> Denied:
            return Denied(401, "/keys")

    guarded = view()
    AuthProviderFactory.set(guarded, Explains("k"))
    assert await on_socket(guarded) == Denied(401, "/keys")


class Broken(AuthProvider):
    """Raises in the given method."""

    async def has_required_auth(self, websocket: WebSocket) -> bool:
        raise LookupError("no database")

    def wrap(self, func: Any) -> Any:
        async def wrapped(request: Request) -> Any:
            raise LookupError("no database")

        return wrapped


class TestFailsClosed:
    async def test_an_exception_is_a_denial_and_a_log_line(self, caplog: pytest.LogCaptureFixture) -> None:
        guarded = view()
        AuthProviderFactory.set(guarded, Broken())
        with caplog.at_level(logging.ERROR, "pyview.security"):
            assert await on_socket(guarded) == Denied(403)
            assert await over_http(guarded) == 403
        assert [record.exc_info is not None for record in caplog.records] == [True, True]

    async def test_falsy_values_refuse(self) -> None:
        class Forgetful(AllowAllAuthProvider):
            async def has_required_auth(self, websocket: WebSocket) -> bool:
                return None  # type: ignore[return-value]

        guarded = view()
        AuthProviderFactory.set(guarded, Forgetful())
        assert await on_socket(guarded) == Denied(403)

    async def test_a_plain_function_works_too(self) -> None:
        class Plain(AllowAllAuthProvider):
            def has_required_auth(self, websocket: WebSocket) -> bool:  # type: ignore[override]
                return "ok" in websocket.query_params

        guarded = view()
        AuthProviderFactory.set(guarded, Plain())
        assert await on_socket(guarded, "/?ok") == Allowed()
        assert await on_socket(guarded, "/?no") == Denied(403)

    async def test_a_provider_that_uses_the_socket_denies(self) -> None:
        class Closes(AllowAllAuthProvider):
            async def has_required_auth(self, websocket: WebSocket) -> bool:
                await websocket.close()
                return True

        guarded = view()
        AuthProviderFactory.set(guarded, Closes())
        assert await on_socket(guarded) == Denied(403)

    async def test_an_exception_of_the_page_passes_through(self) -> None:
        async def broken(request: Request) -> Response:
            raise ZeroDivisionError

        guarded = view()
        AuthProviderFactory.set(guarded, AllowAllAuthProvider())
        with pytest.raises(ZeroDivisionError):
            await over_http(guarded, endpoint=broken)

    async def test_an_http_exception_passes_through(self) -> None:
        class Teapot(AllowAllAuthProvider):
            def wrap(self, func: Any) -> Any:
                async def wrapped(request: Request) -> Any:
                    raise HTTPException(418)

                return wrapped

        guarded = view()
        AuthProviderFactory.set(guarded, Teapot())
        assert await over_http(guarded) == 418
