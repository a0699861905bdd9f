"""`@requires`: every scope of every list, every stacked decorator and every base class must hold."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.authentication import AuthCredentials
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from pyview.auth import AllowAllAuthProvider, Allowed, AuthProviderFactory, Denied, LiveConnection, requires
from pyview.auth.guard import authorize, guarded_response, is_protected
from pyview.live_view import LiveView
from tests.asgi import http_scope, socket_scope


class App:
    """The app of a scope, with names of routes."""

    def url_path_for(self, name: str) -> str:
        return {"login_page": "/sign-in"}[name]


def signed_in(scopes: list[str]) -> dict[str, Any]:
    return {"auth": AuthCredentials(scopes), "app": App()}


async def on_socket(view: type[Any], scopes: list[str], page: str = "/page") -> Allowed | Denied:
    return await authorize(view, LiveConnection(socket_scope(**signed_in(scopes)), page))


async def over_http(view: type[Any], scopes: list[str], **changes: Any) -> Response:
    async def page(request: Request) -> Response:
        return PlainTextResponse("page")

    request = Request(http_scope(**{"path": "/page"} | signed_in(scopes) | changes))
    try:
        response: Response = await guarded_response(view, page, request)
    except HTTPException as error:
        return Response(status_code=error.status_code)
    return response


async def allowed(view: type[Any], *scopes: str) -> bool:
    """Return the verdict, which must be the same over HTTP and the socket."""
    verdict, response = await on_socket(view, list(scopes)), await over_http(view, list(scopes))
    assert (response.status_code == 200) is (verdict == Allowed())
    return verdict == Allowed()


async def test_a_view_without_requirement_is_open() -> None:
    class Open(LiveView[Any]): ...

    assert not is_protected(Open, {})
    assert isinstance(AuthProviderFactory.get(Open), AllowAllAuthProvider)
    assert await allowed(Open)


async def test_every_scope_of_a_list_is_needed() -> None:
    @requires(["authenticated", "admin"])
    class Admin(LiveView[Any]): ...

    assert is_protected(Admin, {})
    assert not await allowed(Admin)
    assert not await allowed(Admin, "authenticated")
    assert not await allowed(Admin, "admin")
    assert await allowed(Admin, "authenticated", "admin", "more")


async def test_stacked_decorators_add_up() -> None:
    @requires("authenticated")
    @requires("admin")
    class Admin(LiveView[Any]): ...

    assert not await allowed(Admin, "authenticated")
    assert not await allowed(Admin, "admin")
    assert await allowed(Admin, "admin", "authenticated")


async def test_base_classes_and_mixins_add_up() -> None:
    @requires("staff")
    class StaffOnly: ...

    @requires("authenticated")
    class Base(LiveView[Any]): ...

    class Plain(Base): ...

    @requires("admin")
    class Both(StaffOnly, Base): ...

    assert not await allowed(Plain)
    assert await allowed(Plain, "authenticated")
    assert not await allowed(Both, "authenticated", "admin")
    assert not await allowed(Both, "staff", "admin")
    assert await allowed(Both, "staff", "authenticated", "admin")


async def test_a_subclass_does_not_guard_its_base() -> None:
    class Base(LiveView[Any]): ...

    @requires("admin")
    class Guarded(Base): ...

    class Sibling(Base): ...

    assert await allowed(Base)
    assert await allowed(Sibling)
    assert not await allowed(Guarded)
    assert not is_protected(LiveView, {})


async def test_inherit_false_replaces_what_that_class_inherits_only() -> None:
    @requires("staff")
    class StaffOnly: ...

    @requires("authenticated")
    class Base(LiveView[Any]): ...

    @requires("guest", inherit=False)
    class Guests(Base): ...

    class Both(Guests, StaffOnly): ...

    assert await allowed(Guests, "guest")
    assert not await allowed(Guests, "authenticated")
    assert not await allowed(Both, "guest")
    assert await allowed(Both, "guest", "staff")


@given(
    required=st.lists(st.lists(st.sampled_from("abc"), min_size=1), min_size=1),
    granted=st.sets(st.sampled_from("abc")),
)
async def test_all_scopes_of_all_requirements_are_needed(
    required: list[list[str]], granted: set[str]
) -> None:
    view: type[Any] = type("View", (LiveView,), {})
    for scopes in required:
        view = requires(scopes)(type("View", (view,), {}))
    everything = {scope for scopes in required for scope in scopes}
    assert await allowed(view, *granted) is (everything <= granted)


@pytest.mark.parametrize("scopes", ["", [], [""], ["admin", " "], ()])
def test_no_scope_at_all_is_an_error_at_import(scopes: Any) -> None:
    with pytest.raises(ValueError, match="expected the name of a scope"):
        requires(scopes)


@pytest.mark.parametrize(
    "redirect", ["//evil.example", "https://evil.example/login", "/\\evil", "/a\nb", "login page", "login?x"]
)
def test_a_redirect_off_the_site_is_an_error_at_import(redirect: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        requires("authenticated", redirect=redirect)


def test_a_function_is_an_error_at_import() -> None:
    with pytest.raises(TypeError, match=r"expects a LiveView class.*starlette\.authentication\.requires"):
        requires("admin")(lambda request: None)


class TestAnswers:
    async def test_the_default_is_403(self) -> None:
        @requires("admin")
        class Admin(LiveView[Any]): ...

        assert await on_socket(Admin, []) == Denied(403)
        assert (await over_http(Admin, [])).status_code == 403

    async def test_another_status(self) -> None:
        @requires("admin", status_code=401)
        class Admin(LiveView[Any]): ...

        assert await on_socket(Admin, []) == Denied(401)
        assert (await over_http(Admin, [])).status_code == 401
        assert (await over_http(Admin, ["admin"])).status_code == 200

    async def test_a_redirect_is_relative_and_leads_back(self) -> None:
        @requires("authenticated", redirect="/login")
        class Dashboard(LiveView[Any]): ...

        where = "/login?next=%2Fpage%3Fa%3D1%26b%3D%252F"
        query = {"query_string": b"a=1&b=%2F", "headers": [(b"host", b"evil.example")]}
        response = await over_http(Dashboard, [], **query)
        assert (response.status_code, response.headers["location"]) == (303, where)
        assert response.headers["cache-control"] == "no-store"
        assert await on_socket(Dashboard, [], "/page?a=1&b=%2F") == Denied(403, where)

    async def test_a_mounted_app_keeps_its_prefix(self) -> None:
        @requires("authenticated", redirect="/login?from=app")
        class Dashboard(LiveView[Any]): ...

        response = await over_http(Dashboard, [], root_path="/app", path="/app/page")
        assert response.headers["location"] == "/app/login?from=app&next=%2Fapp%2Fpage"
        stripped = await over_http(Dashboard, [], root_path="/app")
        assert stripped.headers["location"] == "/app/login?from=app&next=%2Fapp%2Fpage"

    async def test_a_route_name(self) -> None:
        @requires("authenticated", redirect="login_page")
        class Dashboard(LiveView[Any]): ...

        assert await on_socket(Dashboard, []) == Denied(403, "/sign-in?next=%2Fpage")

    async def test_the_first_that_fails_decides_the_answer_bases_first_then_top_down(self) -> None:
        @requires("authenticated", redirect="/login")
        class Base(LiveView[Any]): ...

        @requires("staff", status_code=401)
        @requires("admin", status_code=404)
        class Admin(Base): ...

        assert await on_socket(Admin, []) == Denied(403, "/login?next=%2Fpage")
        assert await on_socket(Admin, ["authenticated"]) == Denied(401)
        assert await on_socket(Admin, ["authenticated", "staff"]) == Denied(404)
        assert (await over_http(Admin, ["authenticated"])).status_code == 401

    async def test_without_an_authentication_it_refuses(self) -> None:
        @requires("authenticated")
        class Dashboard(LiveView[Any]): ...

        assert await authorize(Dashboard, LiveConnection(socket_scope(), "/page")) == Denied(403)
