"""LiveConnection: the joining page's URL, with the headers of the handshake."""

import pytest
from starlette.authentication import AuthCredentials, SimpleUser, UnauthenticatedUser
from starlette.websockets import WebSocket

from pyview.auth import LiveConnection
from pyview.sessions.tracking import SESSION_ID
from tests.asgi import socket_scope


def test_it_is_a_websocket_with_the_page_s_url() -> None:
    connection = LiveConnection(socket_scope(), "/items/3?sort=na%20me&sort=b", {"id": 3})
    assert isinstance(connection, WebSocket)
    assert connection.page_url == "/items/3?sort=na%20me&sort=b"
    assert str(connection.url) == "http://testserver/items/3?sort=na%20me&sort=b"
    assert connection.query_params.getlist("sort") == ["na me", "b"]
    assert connection.path_params == {"id": 3}


def test_tls_and_encoded_paths() -> None:
    connection = LiveConnection(socket_scope(scheme="wss"), "/caf%C3%A9/%25")
    assert connection.url.scheme == "https"
    assert connection.scope["path"] == "/café/%"
    assert connection.page_url == "/caf%C3%A9/%25"


def test_a_page_without_a_query_has_that_of_the_handshake() -> None:
    scope = socket_scope(query_string=b"api_key=k&vsn=2.0.0")
    assert LiveConnection(scope, "/page").query_params["api_key"] == "k"
    assert "api_key" not in LiveConnection(scope, "/page?other=1").query_params
    assert LiveConnection(scope).query_params["api_key"] == "k"


def test_headers_and_cookies_are_the_handshake_s() -> None:
    connection = LiveConnection(socket_scope({"cookie": "a=b", "x-key": "k"}), "/page")
    assert connection.cookies == {"a": "b"}
    assert connection.headers["x-key"] == "k"


def test_session_user_and_scopes() -> None:
    auth, user = AuthCredentials(["admin"]), SimpleUser("alice")
    session = {"user_id": "1", SESSION_ID: "s"}
    connection = LiveConnection(socket_scope(session=session, auth=auth, user=user), "/page")
    assert connection.session == {"user_id": "1"}
    assert connection.auth.scopes == ["admin"]
    assert connection.user is user
    with pytest.raises(TypeError, match="read-only"):
        connection.session["user_id"] = "2"


@pytest.mark.parametrize("scope", [socket_scope(), socket_scope(user=None, auth=None)])
def test_without_a_user_it_is_an_unauthenticated_user(scope: dict[str, object]) -> None:
    connection = LiveConnection(scope, "/page")
    assert connection.session == {}
    assert connection.auth.scopes == []
    assert isinstance(connection.user, UnauthenticatedUser)


def test_the_scope_of_the_handshake_is_not_changed() -> None:
    scope = socket_scope()
    before = dict(scope)
    LiveConnection(scope, "/page?a=1", {"id": 1})
    assert scope == before


async def test_it_is_read_only() -> None:
    connection = LiveConnection(socket_scope(), "/page")
    with pytest.raises(RuntimeError, match="Return False to refuse"):
        await connection.accept()
