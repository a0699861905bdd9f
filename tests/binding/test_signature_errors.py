"""A signature that cannot be bound raises an error with advice when it is compiled."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from urllib.parse import ParseResult
from uuid import UUID

import pytest
from pydantic import BaseModel
from starlette.authentication import AuthCredentials, BaseUser, SimpleUser
from typing_extensions import TypedDict

from pyview import LiveComponent, LiveView
from pyview.binding import (
    Depends,
    FromClient,
    Params,
    Resources,
    Session,
    SignatureError,
    compile_event,
    compile_info,
    compile_mount,
    compile_params,
    view_factory,
)
from pyview.components.instance import callbacks_of
from pyview.events import compile_view

RESOURCES = Resources(session={}, user="ann", auth="scopes", url="/now")


class Kind(Enum):
    A = "a"


class Socket: ...


def refusal_of(compile_it: Callable[..., Any], function: Callable[..., Any]) -> str:
    with pytest.raises(SignatureError) as refusal:
        compile_it(function)
    return str(refusal.value)


def test_a_type_that_pydantic_does_not_support() -> None:
    def handle_event(self: Any, event: str, s: Socket) -> None: ...

    message = refusal_of(compile_event, handle_event)
    line = handle_event.__code__.co_firstlineno
    assert f"handle_event ({__file__}:{line}): parameter `s` is annotated Socket" in message
    assert "by one of the names socket, session, user, auth, url, or by Depends(...)" in message
    assert "pydantic reports: Unable to generate pydantic-core schema" in message


def test_a_reserved_name_that_the_callback_does_not_have() -> None:
    def handle_params(self: Any, payload: Any) -> None: ...

    message = refusal_of(compile_params, handle_params)
    assert (
        "`payload` is a reserved name, but handle_params has no such value; it has session, user, auth, url, params, "
        "socket" in message
    )


def test_mount_refuses_a_reserved_name_it_does_not_have_even_with_a_default() -> None:
    def mount(self: Any, socket: Any, event: str = "none") -> None: ...

    def handle_info(self: Any, socket: Any, params: str = "none") -> str:
        return params

    message = refusal_of(compile_mount, mount)
    assert (
        "`event` is a reserved name, but mount has no such value; it has session, user, auth, url, socket, params"
        in message
    )
    assert compile_info(handle_info)(object(), None, None, RESOURCES) == "none"


def test_handle_info_takes_nothing_from_the_client() -> None:
    def handle_info(self: Any, event: Any, socket: Any, page: int) -> None: ...

    def opted_in(self: Any, event: Any, socket: Any, page: FromClient[int] = 1) -> None: ...

    assert "`page` has no value: nothing from the client" in refusal_of(compile_info, handle_info)
    assert "`page` has no value: nothing from the client" in refusal_of(compile_info, opted_in)


def test_a_constructor_takes_nothing_from_the_client() -> None:
    class View:
        def __init__(self, page: FromClient[int] = 1) -> None: ...

    assert "nothing from the client reaches the constructor" in refusal_of(view_factory, View)


def test_an_annotated_parameter_is_never_bound_by_position() -> None:
    """`db` lacks its Depends: it must not receive the session."""

    def mount(self: Any, socket: Any, db: Socket) -> None: ...

    assert "`db` is annotated Socket, which pydantic cannot create" in refusal_of(compile_mount, mount)


class Appointment(TypedDict):
    user_id: int


@pytest.mark.parametrize("annotation", [dict, dict[str, Any], Mapping[str, str], Appointment])
def test_a_dict_of_mount_must_be_session_or_params_or_from_client(annotation: Any) -> None:
    """`sess: dict` is meant as the session: it must not be filled from the query."""

    def mount(self: Any, socket: Any, sess: Any) -> Any:
        return sess

    mount.__annotations__["sess"] = annotation
    message = refusal_of(compile_mount, mount)
    assert (
        "`sess` could be the session or the parameters of the URL. Call it `session`, or `params: Params`"
        in message
    )
    mount.__annotations__["sess"] = FromClient[annotation]  # type: ignore[misc]
    assert compile_mount(mount)(object(), None, Params({"sess": {"user_id": "3"}}), RESOURCES) == {
        "user_id": (annotation is Appointment and 3) or "3"
    }


class Account(BaseModel):
    name: str


@dataclass
class Person:
    name: str


@dataclass
class Member:
    name: str
    is_authenticated: bool = True


class PydanticMember(BaseModel):
    is_authenticated: bool = True


DATA = (
    *(str, int, bool, bytes, date, Decimal, UUID, Literal["a"], Kind, list[str], set[int], tuple[int, int]),
    *(
        dict,
        dict[str, str],
        Mapping[str, Any],
        Sequence[str],
        Appointment,
        Account,
        Person,
        str | int,
        list[int] | None,
    ),
)


@pytest.mark.parametrize("annotation", DATA)
@pytest.mark.parametrize("name", ["user", "auth", "url", "socket"])
def test_plain_data_under_a_reserved_name_is_refused(name: str, annotation: Any) -> None:
    """Otherwise the signed-in user would silently replace a form that sends `user[name]`."""
    function = function_of(name, annotation)
    for compile_it in (compile_event, compile_params, compile_mount, compile_info):
        if (compile_it, name) != (compile_params, "url"):
            message = refusal_of(compile_it, function)
            assert message.startswith(f"handler (<string>:1): parameter `{name}` is reserved for the ")
            assert "For client data, choose another name" in message


@pytest.mark.parametrize("annotation", [int, date, list[str], dict[str, str], Account, bool | None])
def test_the_event_name_is_text(annotation: Any) -> None:
    message = refusal_of(compile_event, function_of("event", annotation))
    assert "`event` is reserved for the name of the event, text, and is no" in message
    assert (
        compile_event(function_of("event", str))(object(), "save", {"event": "x"}, None, RESOURCES) == "save"
    )
    assert compile_info(function_of("event", annotation))(object(), 5, None, RESOURCES) == 5


@pytest.mark.parametrize(
    ("name", "annotation"),
    [
        *(
            ("user", one)
            for one in (Any, object, Member, PydanticMember, SimpleUser, BaseUser, BaseUser | None, Socket)
        ),
        *(("auth", one) for one in (Any, AuthCredentials)),
        *(("url", one) for one in (Any, ParseResult, ParseResult | None)),
        *(("session", one) for one in (dict, dict[str, Any], Mapping[str, Any], Appointment, Session)),
    ],
)
def test_annotations_that_match_the_value_of_a_reserved_name(name: str, annotation: Any) -> None:
    sent = {name: {"name": "root"}}
    resources = {"user": "ann", "auth": "scopes", "url": "/now", "session": {}}
    handler = function_of(name, annotation)
    assert compile_event(handler)(object(), "save", sent, None, RESOURCES) == resources[name]
    assert compile_mount(handler)(object(), None, Params(sent), RESOURCES) == resources[name]


def function_of(name: str, annotation: Any) -> Callable[..., Any]:
    """Return a handler with one parameter, which it returns."""
    found: dict[str, Any] = {}
    exec(f"def handler(self, *, {name}): return {name}", found)  # noqa: S102
    handler: Callable[..., Any] = found["handler"]
    handler.__annotations__[name] = annotation
    return handler


def test_a_form_field_with_a_reserved_name_is_refused() -> None:
    def add_bookmark(self: Any, socket: Any, url: str) -> None: ...

    def search(self: Any, socket: Any, params: str) -> None: ...

    message = refusal_of(compile_event, add_bookmark)
    line = add_bookmark.__code__.co_firstlineno
    assert (
        f"add_bookmark ({__file__}:{line}): parameter `url` is reserved for the URL of the page, a" in message
    )
    assert (
        "and is no str of a form or URL. For client data, choose another name or read it from payload or params"
        in message
    )
    assert "`params` is reserved" in refusal_of(compile_event, search)
    assert "`params` is reserved" in refusal_of(compile_params, search)


def test_a_keyword_only_underscore_has_no_value() -> None:
    def handle_info(self: Any, event: Any, *, _: Any) -> None: ...

    assert "`_` has no value" in refusal_of(compile_info, handle_info)


def test_a_dependency_without_an_inspectable_signature() -> None:
    def handle_event(self: Any, it: Annotated[Any, Depends(min)]) -> None: ...

    message = refusal_of(compile_event, handle_event)
    assert message.startswith("min: ")
    assert "cannot inspect the signature of this callable. Wrap it in a function" in message


def test_the_url_of_handle_params_may_have_any_annotation() -> None:
    def handle_params(self: Any, url: str, params: Any, socket: Any) -> str:
        return url

    assert compile_params(handle_params)(object(), "/now", None, None, None) == "/now"  # type: ignore[arg-type]


def test_a_callback_with_the_socket_alone_takes_nothing_else() -> None:
    """`restored` runs when a page comes back: a mistake must show before the first deploy."""

    class NoSocket(LiveView[Any]):
        def restored(self) -> None: ...  # type: ignore[override]

    class More(LiveView[Any]):
        async def reconnected(self, socket: Any, session: Any) -> None: ...  # type: ignore[override]

    class NoMethod(LiveView[Any]):
        disconnect = 5  # type: ignore[assignment]

    class NoSocketInPart(LiveComponent[Any]):
        def restored(self) -> None: ...  # type: ignore[override]

    class Fits(LiveView[Any]):
        def restored(self, back: Any, again: bool = True) -> None: ...

        def reconnected(self, *args: Any, **kwargs: Any) -> None: ...

        @staticmethod
        async def disconnect(socket: Any) -> None: ...

    line = NoSocket.restored.__code__.co_firstlineno
    expected = (
        f"NoSocket.restored ({__file__}:{line}): parameter `socket` is missing: restored gets the socket"
    )
    assert expected in refusal_of(compile_view, NoSocket)
    assert "`session` has no value: reconnected gets the socket" in refusal_of(compile_view, More)
    assert "disconnect is 5 and no method" in refusal_of(compile_view, NoMethod)
    assert "`socket` is missing" in refusal_of(callbacks_of, NoSocketInPart)
    compile_view(Fits)
