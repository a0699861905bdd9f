"""`PyView(default_requires=...)` guards every view without `@public`, over HTTP and the socket."""

from typing import Any

import pytest
from starlette.responses import Response
from starlette.websockets import WebSocket

from pyview import LiveView, PyView
from pyview.auth import AllowAllAuthProvider, AuthProvider, AuthProviderFactory, public, requires
from pyview.testing import LiveClient
from tests.auth.users import Shown, UserBackend, both_doors, guarded, make_app, may_see, open_as
from tests.frames import connect, event, join, load

LOGIN = requires("authenticated", redirect="/login")


@public
class Open(Shown): ...


def app_of(default: Any, *decorators: Any, users: UserBackend | None = None, **views: Any) -> PyView:
    pages: dict[str, type[LiveView[Any]]] = {"/open": Open, "/page": guarded(*decorators)}
    named = {f"/{name}": view for name, view in views.items()}
    return make_app(users or UserBackend(), pages | named, default_requires=default)


async def let_in(default: Any, *decorators: Any) -> set[str | None]:
    app = app_of(default, *decorators)
    return {name for name in (None, "ann", "eve", "root", "boss") if await may_see(app, name, "/page")}


async def signed_in(identity: Any, view: Any) -> bool:
    return bool(identity.user.is_authenticated)


@pytest.mark.parametrize(
    ("default", "decorators", "users"),
    [
        (None, [], {None, "ann", "eve", "root", "boss"}),
        ("authenticated", [], {"ann", "eve", "root", "boss"}),
        (["authenticated", "editor"], [], {"eve", "boss"}),
        (signed_in, [], {"ann", "eve", "root", "boss"}),
        (requires(any_of=["editor", "admin"]), [], {"eve", "root", "boss"}),
        (LOGIN, [], {"ann", "eve", "root", "boss"}),
        ("editor", [requires("admin")], {"boss"}),
        ("editor", [requires("admin", inherit=False)], {"boss"}),
        ("editor", [public], {None, "ann", "eve", "root", "boss"}),
        ("editor", [public, requires("admin")], {"root", "boss"}),
        ("editor", [requires("admin"), public], {"root", "boss"}),
        (lambda identity, view: 1 / 0 > 0, [], set()),
    ],
)
async def test_access(default: Any, decorators: list[Any], users: set[str | None]) -> None:
    assert await let_in(default, *decorators) == users


async def test_it_may_redirect_to_the_sign_in_page() -> None:
    http, socket = await both_doors(app_of(LOGIN), None, "/page?a=1")
    assert http == (303, "/login?next=%2Fpage%3Fa%3D1")
    to = "/login?next=%2Fpage%3Fa%3D1"
    assert socket == ("error", {"redirect": {"to": to, "status": 302}})


async def test_it_is_checked_before_the_views_own() -> None:
    app = app_of(LOGIN, requires("admin", status_code=404))
    assert (await both_doors(app, None, "/page"))[0][0] == 303
    assert (await both_doors(app, "ann", "/page"))[0][0] == 404


async def test_public_is_not_inherited() -> None:
    class Sub(Open): ...

    app = app_of("authenticated", sub=Sub)
    assert await may_see(app, None, "/open")
    assert not await may_see(app, None, "/sub")
    assert await may_see(app, "ann", "/sub")


async def test_a_custom_provider_is_checked_in_addition() -> None:
    class Key(AllowAllAuthProvider):
        async def has_required_auth(self, websocket: WebSocket) -> bool:
            return websocket.query_params.get("key") == "k"

        def wrap(self, func: Any) -> Any:
            async def wrapped(request: Any) -> Any:
                return await func(request) if request.query_params.get("key") == "k" else Response("", 401)

            return wrapped

    keyed, open_keyed = guarded(), guarded(public)
    for view in (keyed, open_keyed):
        AuthProviderFactory.set(view, Key())
    app = app_of("authenticated", keyed=keyed, open_keyed=open_keyed)
    assert not await may_see(app, None, "/keyed?key=k")
    assert not await may_see(app, "ann", "/keyed")
    assert await may_see(app, "ann", "/keyed?key=k")
    assert await may_see(app, None, "/open_keyed?key=k")
    assert not await may_see(app, "ann", "/open_keyed")


async def test_a_provider_that_is_set_late_does_not_replace_it() -> None:
    view = guarded()
    app = app_of("authenticated", view=view)
    AuthProviderFactory.set(view, AllowAllAuthProvider())
    assert not await may_see(app, None, "/view")


async def test_one_view_in_two_applications_has_their_defaults() -> None:
    view = guarded()
    closed, free = app_of("admin", view=view), app_of(None, view=view)
    assert not await may_see(closed, "ann", "/view")
    assert await may_see(free, None, "/view")


async def test_a_view_guarded_by_default_is_not_cached() -> None:
    async with LiveClient(app_of(lambda identity, view: True)) as client:
        assert (await client.get("/page")).headers["cache-control"] == "no-store"
        assert "no-store" not in (await client.get("/open")).headers["cache-control"]


async def test_a_page_ends_when_the_user_loses_the_scope() -> None:
    users = UserBackend()
    async with LiveClient(app_of("admin", users=users)) as client:
        await client.post("/in/root")
        page = await load(client, "/page")
        users.roles["root"] = []
        async with connect(client, page) as socket:
            assert await join(socket, page) == ["error", {"reason": "unauthorized"}]


async def test_events_recheck_the_default() -> None:
    users = UserBackend()

    class Admin(Shown):
        async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
            users.note(event)

    app = make_app(users, {"/": Admin}, default_requires=requires("admin", fresh=True))
    async with LiveClient(app) as client:
        socket, page = await open_as(client, "root", "/")
        await socket.send_frame(event(page, "5", "one"))
        assert (await socket.receive_frame())[4]["status"] == "ok"
        users.roles["root"] = ["authenticated"]
        await socket.send_frame(event(page, "6", "two"))
        assert "redirect" in (await socket.receive_frame())[4]["response"]
        assert users.done == ["one"]
        await socket.close()


@pytest.mark.parametrize("default", ["", [], [""]])
def test_a_default_without_conditions_raises(default: Any) -> None:
    with pytest.raises(ValueError, match="expected the name of a scope"):
        PyView(default_requires=default)


def test_only_views_are_public() -> None:
    async def route(request: Any) -> None: ...

    wrong: Any = route
    with pytest.raises(TypeError, match=r"A Starlette route is not guarded by default_requires"):
        public(wrong)


def test_public_keeps_the_class() -> None:
    class View(Shown): ...

    assert public(View) is View


class Refuses(AuthProvider):
    async def has_required_auth(self, websocket: WebSocket) -> bool:
        return False

    def wrap(self, func: Any) -> Any:
        async def wrapped(request: Any) -> Response:
            return Response("no", 418)

        return wrapped


async def test_the_first_provider_that_refuses_decides_the_answer() -> None:
    view = guarded()
    AuthProviderFactory.set(view, Refuses())
    app = app_of(None, view=requires(any_of=["admin"], status_code=401)(view))
    assert (await both_doors(app, "root", "/view"))[0][0] == 418
    assert (await both_doors(app, "ann", "/view"))[0][0] == 401
