"""Client data never replaces values of the server: neither reserved names nor parameters of dependencies."""
# ruff: noqa: B008  # Depends(...) as a default is how dependencies are written

from collections.abc import Callable
from dataclasses import dataclass
from inspect import isawaitable
from types import SimpleNamespace
from typing import Annotated, Any, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from typing_extensions import TypeAliasType

from pyview.binding import (
    RESERVED,
    BindingError,
    Depends,
    FromClient,
    Params,
    Resources,
    Session,
    SignatureError,
    compile_event,
    compile_mount,
    compile_params,
)

SOCKET = SimpleNamespace(context={})
ANONYMOUS = Resources(session={}, user="anonymous", auth="none", url="/now")
FORGED = {
    "session": {"user_id": "3"},
    "socket": {"context": {"admin": True}},
    "user": {"name": "root", "is_admin": True},
    "auth": {"scopes": ["admin"]},
    "url": "https://evil.example",
    "event": "delete_all",
    "payload": {"user_id": "3"},
    "params": {"user_id": "3"},
    "_session": {"user_id": "3"},
    "who": {"user_id": "3"},
    "tenant": "victim",
    "is_admin": "true",
    "self": "x",
    "view": "x",
    "resources": {"session": {"user_id": "3"}},
}


async def by_event(function: Callable[..., Any], payload: Any = FORGED) -> Any:
    result = compile_event(function)(object(), "save", payload, SOCKET, ANONYMOUS)
    return await result if isawaitable(result) else result


async def by_params(function: Callable[..., Any], query: dict[str, Any] = FORGED) -> Any:
    result = compile_params(function)(object(), "/now", Params(query), SOCKET, ANONYMOUS)
    return await result if isawaitable(result) else result


async def by_mount(function: Callable[..., Any], query: dict[str, Any] = FORGED) -> Any:
    result = compile_mount(function)(object(), SOCKET, Params(query), ANONYMOUS)
    return await result if isawaitable(result) else result


every_door = pytest.mark.parametrize("call", [by_event, by_params, by_mount])


@every_door
async def test_reserved_names(call: Any) -> None:
    def handler(self: Any, socket: Any, session: Any, user: Any, auth: Any, url: Any) -> Any:
        return socket, session, user, auth, url

    assert await call(handler) == (SOCKET, {}, "anonymous", "none", "/now")


@every_door
async def test_reserved_names_with_a_default_and_keyword_only(call: Any) -> None:
    def handler(
        self: Any, *, session: Any = None, user: Any = None, auth: Any = None, socket: Any = None
    ) -> Any:
        return session, user, auth, socket

    assert await call(handler) == ({}, "anonymous", "none", SOCKET)


@every_door
async def test_session_by_annotation_under_any_name(call: Any) -> None:
    def handler(
        self: Any,
        session: Session,
        who: Session,
        maybe: Session | None,
        old: Optional[Session] = None,  # noqa: UP045  # the older spelling is another type
        noted: Annotated[Session, "note"] = {},  # noqa: B006
        alias: Any = None,
    ) -> Any:
        return session, who, maybe, old, noted, alias

    handler.__annotations__["alias"] = TypeAliasType("Alias", Session)
    names = ("maybe", "old", "noted", "alias")
    assert await call(handler, {**FORGED, **{name: {"user_id": "3"} for name in names}}) == ({},) * 6


def test_a_recursive_alias_may_contain_a_session() -> None:
    def handler(self: Any, data: Any) -> Any:
        return data

    handler.__annotations__["data"] = Tree
    assert compile_event(handler)(object(), "save", {"data": [[], [[]]]}, SOCKET, ANONYMOUS) == [[], [[]]]


Tree = TypeAliasType("Tree", "list[Tree]")


@every_door
async def test_session_of_dependencies(call: Any) -> None:
    def get_current_user(session: Session) -> Any:
        return session.get("user_id")

    def by_name(session: Any, _who: Any = Depends(get_current_user)) -> Any:
        return session.get("user_id"), _who

    def handler(self: Any, user: Any = Depends(get_current_user), named: Any = Depends(by_name)) -> Any:
        return user, named

    assert await call(handler) == (None, (None, None))


@every_door
async def test_parameters_of_dependencies(call: Any) -> None:
    """`?tenant=victim&is_admin=true` must not reach them."""

    class Service:
        def __init__(self, tenant: str = "own", is_admin: bool = False) -> None:
            self.rights = tenant, is_admin

    def nested(service: Service = Depends(Service), *, is_admin: bool = False) -> Any:
        return (*service.rights, is_admin)

    def handler(self: Any, service: Service = Depends(Service), rights: Any = Depends(nested)) -> Any:
        return service.rights, rights

    assert await call(handler) == (("own", False), ("own", False, False))


@every_door
async def test_a_required_parameter_of_a_dependency_is_a_signature_error(call: Any) -> None:
    def get_service(tenant: str) -> str:
        return tenant

    def handler(self: Any, service: str = Depends(get_service)) -> str:
        return service

    with pytest.raises(SignatureError, match=r"`tenant` has no value\. .*FromClient") as refusal:
        await call(handler)
    assert "get_service (" in str(refusal.value)
    assert "test_forgery.py:" in str(refusal.value)


@pytest.mark.parametrize("name", ["payload", "params", "event"])
async def test_client_data_reaches_no_dependency_by_name(name: str) -> None:
    namespace: dict[str, Any] = {}
    exec(f"def dependency({name}): return {name}", namespace)  # noqa: S102  # the name is what varies

    def handler(self: Any, it: Any = Depends(namespace["dependency"])) -> Any:
        return it

    with pytest.raises(SignatureError, match=f"`{name}` has no value"):
        await by_event(handler)


async def test_a_dependency_keeps_its_own_url() -> None:
    def connect(url: str = "https://database") -> str:
        return url

    def handler(self: Any, database: str = Depends(connect)) -> str:
        return database

    assert await by_event(handler) == await by_params(handler) == "https://database"


@pytest.mark.parametrize("name", ["session", "user", "auth", "socket", "url"])
async def test_from_client_on_a_reserved_name_is_refused(name: str) -> None:
    namespace: dict[str, Any] = {"FromClient": FromClient}
    exec(f"def dependency({name}: FromClient[dict]): return {name}", namespace)  # noqa: S102

    def handler(self: Any, it: Any = Depends(namespace["dependency"])) -> Any:
        return it

    with pytest.raises(SignatureError, match="is reserved for the server"):
        await by_event(handler)


async def test_from_client_on_a_handler_does_not_open_reserved_names() -> None:
    def handler(self: Any, session: FromClient[Any], user: FromClient[Any]) -> Any:
        return session, user

    assert await by_event(handler) == ({}, "anonymous")


@every_door
@pytest.mark.parametrize("name", ["session", "user", "auth"])
@pytest.mark.parametrize("annotation", ["str", "int", "float", "bool"])
async def test_a_reserved_name_with_the_type_of_a_field_is_refused(
    call: Any, name: str, annotation: str
) -> None:
    namespace: dict[str, Any] = {}
    exec(f"def handler(self, {name}: {annotation}): return {name}", namespace)  # noqa: S102
    with pytest.raises(SignatureError, match="choose another name"):
        await call(namespace["handler"])


async def test_a_model_cannot_contain_a_session() -> None:
    @dataclass
    class Form:
        who: Session

    class Model(BaseModel):
        who: Session

    def with_dataclass(self: Any, form: Form) -> Any:
        return form

    def with_model(self: Any, form: Model | None) -> Any:
        return form

    for handler in (with_dataclass, with_model):
        handler.__annotations__["form"] = {with_dataclass: Form, with_model: Model}[handler]
        with pytest.raises(SignatureError, match=r"field `who` of .* is marked to come from the server"):
            await by_event(handler)


async def test_an_unresolvable_annotation_is_not_bound_to_client_data() -> None:
    """`Session` is imported for type checkers only, so it is unknown here: it must not become a client field."""

    def handler(self: Any, who: Any) -> Any:
        return who

    handler.__annotations__["who"] = "OnlyForTypeCheckers"
    with pytest.raises(SignatureError, match=r"`who` has an annotation that cannot be evaluated \(NameError"):
        await by_event(handler)


async def test_an_unresolvable_annotation_of_a_reserved_name_is_harmless() -> None:
    def handler(self: Any, socket: Any, session: Any) -> Any:
        return socket, session

    handler.__annotations__.update(socket="OnlyForTypeCheckers", session="OnlyForTypeCheckers")
    assert await by_event(handler) == (SOCKET, {})


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
names = st.sampled_from([*sorted(RESERVED), "item", "item_id", "item-id", "self", "text"]) | st.text(
    max_size=4
)


class Text(BaseModel):
    text: str = ""


def handler(
    self: Any,
    socket: Any,
    session: Any,
    user: Any,
    auth: Any,
    url: Any,
    who: Session,
    item_id: int = 0,
    text: str | None = None,
    item: Text | None = None,
) -> Any:
    return socket, session, user, auth, url, who


@given(json_values | st.dictionaries(names, json_values, max_size=8))
def test_no_payload_changes_server_values(payload: Any) -> None:
    """BindingError is the only error."""
    try:
        seen = call_handler(object(), "save", payload, SOCKET, ANONYMOUS)
    except BindingError:
        return
    assert seen == (SOCKET, {}, "anonymous", "none", "/now", {})


call_handler = compile_event(handler)
