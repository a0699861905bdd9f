"""Arguments of handle_params, mount, handle_info and constructors."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from pyview.binding import (
    BindingError,
    Depends,
    Params,
    Resources,
    Session,
    SignatureError,
    compile_info,
    compile_mount,
    compile_params,
    create_view,
    mount_caller,
    params_caller,
    view_factory,
)
from pyview.events import InfoEvent

VIEW = object()
SOCKET = SimpleNamespace(context={})
SESSION = {"user_id": 7}
RESOURCES = Resources(session=SESSION, user="ann", auth="scopes", url="/before")


def call_params(function: Callable[..., Any], data: dict[str, Any]) -> Any:
    return compile_params(function)(VIEW, "/now", Params(data), SOCKET, RESOURCES)


def call_mount(function: Callable[..., Any], data: dict[str, Any] | None = None) -> Any:
    return compile_mount(function)(VIEW, SOCKET, Params(data or {}), RESOURCES)


def call_info(function: Callable[..., Any]) -> Any:
    return compile_info(function)(VIEW, InfoEvent("tick", 3), SOCKET, RESOURCES)


# handle_params


def test_classic_params() -> None:
    def handle_params(self: Any, url: Any, params: Any, socket: Any) -> Any:
        return url, params["c"][0], "d" in params, socket

    assert call_params(handle_params, {"c": ["12"]}) == ("/now", "12", False, SOCKET)


def test_typed_params_take_the_first_of_repeated_values() -> None:
    def handle_params(self: Any, socket: Any, page: int = 1, sort=None, tags: list[str] = []) -> Any:  # type: ignore[no-untyped-def]  # noqa: B006
        return page, sort, tags

    assert call_params(handle_params, {}) == (1, None, [])
    data = {"page": ["2", "3"], "sort": ["name"], "tags": ["a"]}
    assert call_params(handle_params, data) == (2, "name", ["a"])


def test_path_parameters_keep_their_type() -> None:
    def handle_params(self: Any, item_id: int, slug: str, url: Any) -> Any:
        return item_id, slug, url

    assert call_params(handle_params, {"item_id": 5, "slug": "x"}) == (5, "x", "/now")


def test_params_by_annotation() -> None:
    def handle_params(self: Any, params: dict[str, Any], query: Params, page: int) -> Any:
        return params, query.get("page"), page

    assert call_params(handle_params, {"page": ["2"]}) == ({"page": ["2"]}, "2", 2)


@dataclass
class Paging:
    page: int = 1
    tags: list[str] | None = None
    text: str | None = None


def test_a_dataclass_of_params() -> None:
    def handle_params(self: Any, paging: Paging, params: Paging) -> Any:
        return paging, params

    paging = Paging(2, ["a"], None)
    assert (
        call_params(handle_params, {"page": ["2"], "tags": ["a"], "text": [""]})
        == (Paging(2, ["a"], ""),) * 2
    )
    assert call_params(handle_params, {"page": ["2"], "tags": ["a"]}) == (paging, paging)
    assert call_params(handle_params, {"paging": {"page": "4"}})[0] == Paging(4)


def test_a_url_parameter_that_is_no_number() -> None:
    def handle_params(self: Any, page: int = 1) -> None: ...

    with pytest.raises(BindingError, match="`page` expects int, got a list of 1 item: int_parsing"):
        call_params(handle_params, {"page": ["x"]})


# mount


def test_classic_mount() -> None:
    def mount(self: Any, socket: Any, session: Any) -> Any:
        return socket, session

    assert call_mount(mount) == (SOCKET, SESSION)


def test_mount_binds_free_names_by_position() -> None:
    def mount(self, sock, _session):  # type: ignore[no-untyped-def]
        return sock, _session

    def other(self, s, _):  # type: ignore[no-untyped-def]
        return s, _

    assert call_mount(mount) == call_mount(other) == (SOCKET, SESSION)


def test_mount_with_other_signatures() -> None:
    def mount(self: Any, socket: Any, who: Session, *, user: Any, url: Any, page: int = 1) -> Any:
        return socket, who, user, url, page

    assert call_mount(mount) == (SOCKET, SESSION, "ann", "/before", 1)
    assert call_mount(mount, {"page": ["2"], "who": ["x"]}) == (SOCKET, SESSION, "ann", "/before", 2)


def test_mount_takes_parameters_of_the_url() -> None:
    def mount(self, socket: Any, id: int, params: Params, sort=None, tags: list[str] = [], *, q: str = ""):  # type: ignore[no-untyped-def]  # noqa: B006
        return id, params.get("x"), sort, tags, q

    assert call_mount(mount, {"id": 7, "x": ["1"], "sort": ["up"], "tags": ["a", "b"], "q": ["z"]}) == (
        7,
        "1",
        "up",
        ["a", "b"],
        "z",
    )
    assert call_mount(mount, {"id": "7"}) == (7, None, None, [], "")
    with pytest.raises(BindingError, match="`id` expects int, got text of 1 character"):
        call_mount(mount, {"id": "x"})
    with pytest.raises(
        BindingError, match="`id` expects int, got nothing; the client sent no value called `id`"
    ):
        call_mount(mount)


def test_other_names_in_mount_are_bound_by_position() -> None:
    """A query never becomes the session, whatever the name of the parameter."""

    def mount(self, s, sess, page):  # type: ignore[no-untyped-def]
        return s, sess, page

    assert call_mount(mount, {"s": ["x"], "sess": ["x"], "page": "2"}) == (SOCKET, SESSION, "2")


# handle_info


def test_classic_info() -> None:
    def handle_info(self: Any, event: Any, socket: Any) -> Any:
        return event.name, socket

    def by_position(self, info, socket):  # type: ignore[no-untyped-def]
        return info.name, socket

    assert call_info(handle_info) == call_info(by_position) == ("tick", SOCKET)


def test_info_with_only_its_payload() -> None:
    def handle_info(self: Any, socket: Any, payload: int) -> Any:
        return socket, payload

    assert call_info(handle_info) == (SOCKET, 3)


# Views


async def test_a_view_without_constructor() -> None:
    class View: ...

    assert isinstance(await create_view(View, RESOURCES), View)


async def test_a_constructor_may_declare_session_and_dependencies() -> None:
    async def load_name(session: Session) -> str:
        return f"user {session['user_id']}"

    class View:
        def __init__(self, session: Any, name: str = Depends(load_name), page: int = 1, *, user: Any) -> None:
            self.seen = session, name, page, user

    view = await create_view(View, RESOURCES)
    assert view.seen == (SESSION, "user 7", 1, "ann")


async def test_a_subclass_is_compiled_separately() -> None:
    class Base:
        def __init__(self) -> None:
            self.who = "base"

        def mount(self, socket: Any, session: Any) -> str:
            return "base"

    class Derived(Base):
        def __init__(self, user: Any) -> None:
            self.who = user

        def mount(self, socket: Any, session: Any = None) -> str:
            return "derived"

    assert ((await create_view(Base, RESOURCES)).who, (await create_view(Derived, RESOURCES)).who) == (
        "base",
        "ann",
    )
    assert await mount_caller(Base)(Base(), SOCKET, Params({}), RESOURCES) == "base"
    assert await mount_caller(Derived)(Derived("x"), SOCKET, Params({}), RESOURCES) == "derived"
    assert mount_caller(Derived) is mount_caller(Derived)


async def test_a_view_without_handle_params_has_no_caller_for_it() -> None:
    class View: ...

    class Paged(View):
        def handle_params(self, page: int) -> int:
            return page

    assert params_caller(View) is None
    caller = params_caller(Paged)
    assert caller is not None
    assert await caller(Paged(), "/now", Params({"page": ["2"]}), SOCKET, RESOURCES) == 2


def test_a_constructor_has_no_socket() -> None:
    class View:
        def __init__(self, socket: Any) -> None: ...

    with pytest.raises(
        SignatureError,
        match="`socket` is a reserved name, but the constructor has no such value; it has session",
    ):
        view_factory(View)
