"""Arguments of event handlers: classic signatures, typed parameters, models, and errors."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import wraps
from types import SimpleNamespace
from typing import Annotated, Any, Literal, NotRequired, Optional, Required
from uuid import UUID

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field
from typing_extensions import TypedDict  # pydantic wants this one before Python 3.12

from pyview.binding import BindingError, Params, Resources, Session, compile_event

VIEW = object()
SOCKET = SimpleNamespace(context={})
RESOURCES = Resources(session={"user_id": 7}, user="ann", auth="scopes", url="/items?page=2")


def call(function: Callable[..., Any], payload: Any = None, event: str = "save") -> Any:
    """Return the handler's result for a `payload` of the client."""
    return compile_event(function)(VIEW, event, payload, SOCKET, RESOURCES)


# Classic signatures


def test_the_classic_signature() -> None:
    def handle_event(self: Any, event: str, payload: dict[str, Any], socket: Any) -> Any:
        return self, event, payload, socket

    payload = {"a": "1"}
    view, event, received, socket = call(handle_event, payload)
    assert (view, event, socket) == (VIEW, "save", SOCKET)
    assert received is payload


def test_unused_classic_parameters_may_start_with_an_underscore() -> None:
    def handle_event(self: Any, _event: Any, _payload: Any, _socket: Any) -> Any:
        return _event, _payload, _socket

    assert call(handle_event, {"event": "forged"}) == ("save", {"event": "forged"}, SOCKET)


def test_a_bare_underscore_is_bound_by_position() -> None:
    def handle_event(self: Any, event: Any, _: Any, socket: Any) -> Any:
        return event, _, socket

    assert call(handle_event, {"_": "forged"}) == ("save", {"_": "forged"}, SOCKET)


def test_a_wrapper_with_args_and_kwargs_gets_the_classic_arguments() -> None:
    def handle_event(*args: Any, **kwargs: Any) -> Any:
        return args, kwargs

    assert call(handle_event, {}) == ((VIEW, "save", {}, SOCKET), {})


def test_star_args_receive_the_rest_of_the_classic_arguments() -> None:
    def handle_event(self: Any, event: Any, *rest: Any) -> Any:
        return event, rest

    assert call(handle_event, {}) == ("save", ({}, SOCKET))


def test_a_decorated_handler_is_bound_by_its_own_signature() -> None:
    def logged(function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            return "logged", function(*args, **kwargs)

        return wrapper

    @logged
    def handle_event(self: Any, socket: Any, item_id: int) -> Any:
        return item_id

    assert call(handle_event, {"item_id": "5"}) == ("logged", 5)


def test_parameters_in_any_order() -> None:
    def handle_event(self: Any, socket: Any, payload: Any, event: Any) -> Any:
        return socket, payload, event

    assert call(handle_event, {}) == (SOCKET, {}, "save")


def test_no_parameters() -> None:
    def handle_event(self: Any) -> Any:
        return self

    assert call(handle_event, {}) is VIEW


async def test_an_async_handler_is_returned_for_the_caller_to_await() -> None:
    async def handle_event(self: Any, socket: Any, item_id: int) -> int:
        return item_id

    assert await call(handle_event, {"item_id": "5"}) == 5


# Typed parameters


def test_a_typed_parameter_is_found_by_its_name() -> None:
    def handle_event(self: Any, event: str, socket: Any, item_id: int) -> Any:
        return event, socket, item_id

    assert call(handle_event, {"item_id": "5"}) == ("save", SOCKET, 5)


def test_phx_value_with_dashes_reaches_a_name_with_underscores() -> None:
    def handle_event(self: Any, item_id: int) -> int:
        return item_id

    assert call(handle_event, {"item-id": "5"}) == 5
    assert call(handle_event, {"item-id": "5", "item_id": "6"}) == 6


def test_keyword_only_parameters() -> None:
    def handle_event(self: Any, socket: Any, *, item_id: int, event: str, step: int = 1) -> Any:
        return socket, item_id, event, step

    assert call(handle_event, {"item_id": "5"}) == (SOCKET, 5, "save", 1)


def test_positional_only_parameters() -> None:
    def handle_event(self: Any, socket: Any, item_id: int, /) -> Any:
        return socket, item_id

    assert call(handle_event, {"item_id": "5"}) == (SOCKET, 5)


def test_a_missing_value_is_the_default() -> None:
    def handle_event(self: Any, page: int = 1, socket: Any = None) -> Any:
        return page, socket

    assert call(handle_event, {}) == (1, SOCKET)
    assert call(handle_event, {"page": "3"}) == (3, SOCKET)


def test_a_parameter_without_annotation_gets_the_raw_value() -> None:
    def handle_event(self: Any, value, page=1):  # type: ignore[no-untyped-def]
        return value, page

    assert call(handle_event, {"value": ["x", 1]}) == (["x", 1], 1)


class Size(Enum):
    SMALL = "s"
    LARGE = "l"


@pytest.mark.parametrize(
    ("annotation", "sent", "received"),
    [
        (int, "5", 5),
        (int, 5, 5),
        (float, "1.5", 1.5),
        (str, "x", "x"),
        (str, 0, "0"),
        (bool, "on", True),
        (bool, "false", False),
        (Decimal, "1.10", Decimal("1.10")),
        (date, "2026-11-23", date(2026, 11, 23)),
        (UUID, "12345678123456781234567812345678", UUID("12345678123456781234567812345678")),
        (Size, "l", Size.LARGE),
        (Literal["up", "down"], "up", "up"),
        (int | None, "5", 5),
        (int | None, "", None),
        (int | None, None, None),
        (Optional[date], "", None),  # noqa: UP045  # the older spelling is another type
        (str | None, "", ""),
        (list[int], ["1", "2"], [1, 2]),
        (list[int], "1", [1]),
        (set[str], "a", {"a"}),
        (tuple[int, ...], "1", (1,)),
        (list[int] | None, "1", [1]),
        (str | list[str], "a", "a"),
        (Annotated[int, Field(ge=1)], "5", 5),
        (dict[str, int], {"a": "1"}, {"a": 1}),
        (Any, {"a": 1}, {"a": 1}),
    ],
)
def test_values_are_converted_to_the_annotation(annotation: Any, sent: Any, received: Any) -> None:
    def handle_event(self: Any, value: Any) -> Any:
        return value

    handle_event.__annotations__["value"] = annotation
    assert call(handle_event, {"value": sent}) == received


def test_a_missing_optional_value_is_none() -> None:
    def handle_event(self: Any, page: int | None) -> Any:
        return page

    assert call(handle_event, {}) is None


# All of the payload


def test_params_receives_all_data() -> None:
    def handle_event(self: Any, params: Params, form: Params) -> Any:
        return params, form

    for params in call(handle_event, {"a": "1", "b": ["2", "3"]}):
        assert isinstance(params, Params)
        assert (params.get("a"), params.getlist("b")) == ("1", ["2", "3"])


def test_a_dict_receives_all_data() -> None:
    def handle_event(
        self: Any, params: dict[str, Any], payload: Mapping[str, Any], data: dict[str, Any]
    ) -> Any:
        return params, payload, data

    sent = {"a": "1"}
    assert call(handle_event, sent) == (sent, sent, sent)


def test_a_dict_receives_the_nested_field_of_its_name() -> None:
    def handle_event(self: Any, user: Any, profile: dict[str, str]) -> Any:
        return profile

    assert call(handle_event, {"profile": {"name": "Ann"}, "b": "2"}) == {"name": "Ann"}


def test_a_payload_of_any_json() -> None:
    def handle_event(self: Any, payload: list[int], socket: Any) -> Any:
        return payload

    assert call(handle_event, ["1", 2]) == [1, 2]


# Models


@dataclass
class Item:
    name: str
    item_qty: int = 1
    tags: list[str] | None = None


class Order(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    quantity: int = Field(1, alias="qty")
    place: str = Field("", validation_alias=AliasChoices("city", AliasPath("address", "city")))


class Filter(TypedDict, total=False):
    text: Required[str]
    page: int
    tags: NotRequired[list[str]]


def test_a_dataclass_is_filled_from_the_payload() -> None:
    def handle_event(self: Any, item: Item, socket: Any) -> Any:
        return item

    sent = {"name": "x", "item-qty": "2", "tags": "a", "value": "", "_target": ["name"]}
    assert call(handle_event, sent) == Item("x", 2, ["a"])
    assert call(handle_event, {"name": "x"}) == Item("x", 1)


def test_a_model_is_filled_from_the_field_of_its_name() -> None:
    def handle_event(self: Any, item: Item) -> Any:
        return item

    assert call(handle_event, {"item": {"name": "x", "item_qty": "2"}, "name": "y"}) == Item("x", 2)


def test_a_pydantic_model_with_aliases_ignores_other_fields() -> None:
    def handle_event(self: Any, order: Order) -> Any:
        return order

    order = call(handle_event, {"name": "x", "qty": "2", "value": "", "address": {"city": "Bonn"}})
    assert (order.name, order.quantity, order.place) == ("x", 2, "Bonn")
    assert call(handle_event, {"name": "x", "city": "Ulm"}).place == "Ulm"


def test_a_typed_dict() -> None:
    def handle_event(self: Any, payload: Filter, other: Filter) -> Any:
        return payload, other

    expected = {"text": "a", "page": 2, "tags": ["x"]}
    assert call(handle_event, {"text": "a", "page": "2", "tags": "x", "more": "x"}) == (expected, expected)


def test_an_optional_model_and_one_with_a_default() -> None:
    default = Item("none")

    def handle_event(self: Any, item: Item | None, other: Item = default) -> Any:
        return item, other

    assert call(handle_event, {"unrelated": "1"}) == (None, default)
    assert call(handle_event, {"name": "x"}) == (Item("x"), Item("x"))


def test_payload_as_a_model() -> None:
    def handle_event(self: Any, event: str, payload: Item, socket: Any) -> Any:
        return payload

    assert call(handle_event, {"name": "x", "payload": {"name": "forged"}}) == Item("x")


# Values of the server


def test_the_server_fills_reserved_names() -> None:
    def handle_event(self: Any, session: Session, user: Any, auth: Any, url: Any, s: Session) -> Any:
        return session, user, auth, url, s

    assert call(handle_event, {}) == ({"user_id": 7}, "ann", "scopes", "/items?page=2", {"user_id": 7})


# Invalid values


@pytest.mark.parametrize(
    ("annotation", "sent", "received"),
    [
        (int, "five", "text of 4 characters"),
        (int, None, "null"),
        (int, ["5"], "a list of 1 item"),
        (int, {"a": "5"}, "an object of 1 key"),
        (str, True, "bool"),
        (str, {}, "an object of 0 keys"),
        (bool, "perhaps", "text of 7 characters"),
        (Literal["up"], "down", "text of 4 characters"),
        (Annotated[int, Field(ge=1)], 0, "int"),
        (list[int], ["1", "x"], "a list of 2 items"),
        (int, "9" * 5000, "text of 5000 characters"),
    ],
)
def test_a_value_that_does_not_fit(annotation: Any, sent: Any, received: str) -> None:
    def handle_event(self: Any, value: Any) -> None:
        raise AssertionError("called")

    handle_event.__annotations__["value"] = annotation
    with pytest.raises(BindingError) as refusal:
        call(handle_event, {"value": sent})
    error = refusal.value
    assert error.handler.endswith("handle_event")
    assert (error.parameter, error.received) == ("value", received)
    assert f"`value` expects {error.expected}, got {received}" in str(error)


@pytest.mark.parametrize(
    ("payload", "received"), [({}, "nothing"), (None, "null"), (["5"], "a list of 1 item")]
)
def test_a_missing_value_without_a_default(payload: Any, received: str) -> None:
    def handle_event(self: Any, item_id: int) -> None:
        raise AssertionError("called")

    with pytest.raises(BindingError) as refusal:
        call(handle_event, payload)
    assert (refusal.value.expected, refusal.value.received) == ("int", received)


def test_the_error_for_a_missing_value_lists_its_possible_names() -> None:
    def handle_event(self: Any, item_id: int) -> None:
        raise AssertionError("called")

    with pytest.raises(
        BindingError, match=r"no value called `item_id` or `item-id`.*give the parameter a default"
    ):
        call(handle_event, {"id": "1"})


def test_the_error_of_a_model_names_the_invalid_fields() -> None:
    def handle_event(self: Any, item: Item) -> None:
        raise AssertionError("called")

    with pytest.raises(BindingError, match=r"'item_qty' int_parsing"):
        call(handle_event, {"name": "x", "item_qty": "many"})
    with pytest.raises(BindingError, match=r"'name' missing"):
        call(handle_event, {})


@pytest.mark.parametrize("annotation", [int, Item, dict[str, int], list[int]])
def test_an_error_never_contains_the_value(annotation: Any) -> None:
    """Payloads contain passwords: neither the message nor the context of the exception may carry them into a log."""

    def handle_event(self: Any, value: Any) -> None: ...

    handle_event.__annotations__["value"] = annotation
    secret = "correct horse battery staple"
    with pytest.raises(BindingError) as refusal:
        call(handle_event, {"value": {"name": 1, "item_qty": secret, "password": secret}})
    error = refusal.value
    assert secret not in str(error)
    assert (error.__cause__, error.__context__) == (None, None)
    assert secret not in repr(vars(error))


def test_a_key_of_the_client_is_cut_in_an_error() -> None:
    def handle_event(self: Any, value: dict[str, int]) -> None: ...

    with pytest.raises(BindingError) as refusal:
        call(handle_event, {"value": {f"{n}\n{'x' * 1000}": "y" for n in range(100)}})
    assert len(str(refusal.value)) < 500
    assert "\n" not in str(refusal.value)
