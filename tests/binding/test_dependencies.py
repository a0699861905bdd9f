"""Dependencies: called in order, once each, and closed afterwards."""
# ruff: noqa: B008  # Depends(...) as a default is how dependencies are written

from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Annotated, Any

import pytest

from pyview.binding import (
    BindingError,
    Depends,
    FromClient,
    Params,
    Resources,
    Session,
    SignatureError,
    compile_event,
    compile_info,
    compile_mount,
)
from pyview.binding.callers import view_factory

SOCKET = SimpleNamespace(context={})
RESOURCES = Resources(session={"user_id": 7}, user="ann", auth="scopes", url="/now")


async def call(function: Callable[..., Any], payload: Any = None) -> Any:
    return await compile_event(function)(object(), "save", payload, SOCKET, RESOURCES)


def number() -> int:
    return 1


async def async_number() -> int:
    return 2


class Numbers:
    def __init__(self, first: int = Depends(number)) -> None:
        self.first = first

    def __call__(self) -> int:
        return 3

    async def method(self) -> int:
        return 4


async def test_functions_classes_objects_methods_and_partials() -> None:
    def handler(
        self: Any,
        a: int = Depends(number),
        b: int = Depends(async_number),
        c: Numbers = Depends(Numbers),
        d: int = Depends(Numbers(0)),
        e: int = Depends(Numbers(0).method),
        f: int = Depends(partial(divmod, 7, 2)),
        g: int = Depends(lambda: async_number()),
    ) -> Any:
        return a, b, c.first, d, e, f, g

    with pytest.raises(SignatureError, match=r"no value|cannot be found"):
        await call(lambda self, f=Depends(divmod): f)
    assert await call(handler) == (1, 2, 1, 3, 4, (3, 1), 2)


async def test_annotated_dependencies_and_keyword_only_ones() -> None:
    async def handler(self: Any, socket: Any, *, a: Annotated[int, Depends(number)], item_id: int) -> Any:
        return socket, a, item_id

    assert await call(handler, {"item_id": "5", "a": "9"}) == (SOCKET, 1, 5)


async def test_nested_dependencies_receive_server_values_by_name() -> None:
    def get_user(session: Any, who: Session, user: Any, auth: Any, url: Any, socket: Any) -> Any:
        return session["user_id"], who["user_id"], user, auth, url, socket

    async def get_service(user: Any = Depends(get_user), name: str = "service") -> Any:
        return name, user

    def handler(self: Any, user: Any = Depends(get_service)) -> Any:
        return user

    assert await call(handler, {"user": "forged"}) == ("service", (7, 7, "ann", "scopes", "/now", SOCKET))


async def test_a_dependency_is_called_once_per_call() -> None:
    calls: list[str] = []

    def connect() -> str:
        calls.append("connect")
        return f"connection {len(calls)}"

    def repository(connection: str = Depends(connect)) -> str:
        return connection

    def handler(
        self: Any,
        a: str = Depends(repository),
        b: str = Depends(connect),
        fresh: str = Depends(connect, use_cache=False),
    ) -> Any:
        return a, b, fresh

    caller = compile_event(handler)
    assert await caller(object(), "e", {}, SOCKET, RESOURCES) == (
        "connection 1",
        "connection 1",
        "connection 2",
    )
    assert await caller(object(), "e", {}, SOCKET, RESOURCES) == (
        "connection 3",
        "connection 3",
        "connection 4",
    )


async def test_a_dependency_that_cannot_be_hashed() -> None:
    class Unhashable:
        __hash__ = None  # type: ignore[assignment]

        def __call__(self) -> object:
            return object()

    service = Unhashable()

    def handler(self: Any, a: Any = Depends(service), b: Any = Depends(service)) -> bool:
        return a is b

    assert await call(handler)


async def test_generators_are_closed_in_reverse_order_after_the_handler() -> None:
    log: list[str] = []

    def connection() -> Iterator[str]:
        log.append("open connection")
        yield "connection"
        log.append("close connection")

    async def transaction(connection: str = Depends(connection)) -> AsyncIterator[str]:
        log.append("begin")
        yield f"transaction on {connection}"
        log.append("commit")

    async def handler(self: Any, transaction: str = Depends(transaction)) -> str:
        log.append("handler")
        return transaction

    assert await call(handler) == "transaction on connection"
    assert log == ["open connection", "begin", "handler", "commit", "close connection"]


async def test_a_generator_receives_the_exception_of_the_handler() -> None:
    log: list[str] = []

    async def transaction() -> AsyncIterator[None]:
        try:
            yield
        except ValueError as error:
            log.append(f"roll back: {error}")
            raise

    def handler(self: Any, transaction: None = Depends(transaction)) -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        await call(handler)
    assert log == ["roll back: broken"]


async def test_generator_methods_of_objects_are_closed_too() -> None:
    log: list[str] = []

    class Pool:
        def __call__(self) -> Iterator[str]:
            yield "connection"
            log.append("closed")

        async def connect(self) -> AsyncIterator[str]:
            yield "connection"
            log.append("closed")

    def handler(self: Any, a: str = Depends(Pool()), b: str = Depends(Pool().connect)) -> Any:
        return a, b

    assert await call(handler) == ("connection", "connection")
    assert log == ["closed", "closed"]


async def test_an_invalid_payload_is_refused_before_dependencies_are_called() -> None:
    def connect() -> None:
        raise AssertionError("called")

    def handler(self: Any, connection: None = Depends(connect), item_id: int = 0) -> None: ...

    with pytest.raises(ValueError, match="`item_id` expects int"):
        await call(handler, {"item_id": "x"})


async def test_dependencies_of_mount() -> None:
    async def load(session: Session) -> str:
        return f"items of {session['user_id']}"

    async def mount(self: Any, socket: Any, items: str = Depends(load)) -> str:
        return items

    assert await compile_mount(mount)(object(), SOCKET, Params({}), RESOURCES) == "items of 7"


async def test_from_client_lets_the_client_fill_a_parameter_of_a_dependency() -> None:
    def find(tenant: FromClient[str], page: FromClient[int] = 1, limit: int = 10) -> Any:
        return tenant, page, limit

    def handler(self: Any, found: Any = Depends(find)) -> Any:
        return found

    assert await call(handler, {"tenant": "acme", "page": "2", "limit": "999"}) == ("acme", 2, 10)
    with pytest.raises(ValueError, match=r"find: parameter `tenant` expects .*str.*, got nothing"):
        await call(handler, {})


async def test_a_dependency_may_receive_all_of_the_payload() -> None:
    def audit(payload: FromClient[dict[str, Any]], event: FromClient[str], params: FromClient[Params]) -> Any:
        return event, payload, params.raw()

    def handler(self: Any, audited: Any = Depends(audit)) -> Any:
        return audited

    assert await call(handler, {"a": "1"}) == ("save", {"a": "1"}, {"a": "1"})


# Errors when the signature is compiled


def test_a_dependency_on_itself() -> None:
    def first(second: Any = Depends(lambda: 0)) -> None: ...

    def second(first: Any = Depends(first)) -> None: ...

    first.__defaults__ = (Depends(second),)

    def handler(self: Any, it: Any = Depends(second)) -> None: ...

    with pytest.raises(SignatureError, match=r"`second` depends on itself: .*second -> .*first -> .*second"):
        compile_event(handler)


def test_a_constructor_cannot_depend_on_a_generator() -> None:
    def connection() -> Iterator[str]:
        yield "connection"

    class View:
        def __init__(self, connection: str = Depends(connection)) -> None: ...

    with pytest.raises(SignatureError, match="would be closed when the constructor returns"):
        view_factory(View)


def test_depends_expects_a_callable() -> None:
    with pytest.raises(
        TypeError, match=r"expects a function or class.*, got str: write Depends\(get_database\)"
    ):
        Depends("get_db")  # type: ignore[call-overload]


async def test_a_dependency_of_mount_may_receive_a_url_parameter() -> None:
    def find(tenant: FromClient[str], limit: int = 10) -> Any:
        return tenant, limit

    async def mount(self: Any, socket: Any, found: Any = Depends(find)) -> Any:
        return found

    caller = compile_mount(mount)
    assert await caller(object(), SOCKET, Params({"tenant": ["acme"], "limit": ["99"]}), RESOURCES) == (
        "acme",
        10,
    )
    with pytest.raises(BindingError, match="`tenant` expects"):
        await caller(object(), SOCKET, Params({}), RESOURCES)


def test_a_dependency_of_handle_info_receives_no_client_data() -> None:
    def find(tenant: FromClient[str]) -> str:
        return tenant

    def handle_info(self: Any, socket: Any, found: str = Depends(find)) -> None: ...

    with pytest.raises(SignatureError, match="nothing from the client reaches handle_info"):
        compile_info(handle_info)
