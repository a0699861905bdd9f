"""Conversion of text to types: values of route convertors, blank values, unions from left to right."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from annotated_types import MinLen
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field
from starlette.convertors import CONVERTOR_TYPES, Convertor, register_url_convertor
from typing_extensions import TypeAliasType, TypedDict

from pyview import LiveView, LiveViewSocket, PyView
from pyview.binding import BindingError, Params, Resources, compile_event, compile_mount, compile_params
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient

ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
RESOURCES = Resources(session={})
Socket = LiveViewSocket[dict[str, Any]]


def by_event(function: Callable[..., Any], data: dict[str, Any]) -> Any:
    return compile_event(function)(None, "save", data, None, RESOURCES)


def by_params(function: Callable[..., Any], data: dict[str, Any]) -> Any:
    return compile_params(function)(None, None, Params(data), None, RESOURCES)


def by_mount(function: Callable[..., Any], data: dict[str, Any]) -> Any:
    return compile_mount(function)(None, None, Params(data), RESOURCES)


def value_of(call: Any, annotation: Any, sent: Any, *default: Any) -> Any:
    def handler(self: Any, *, it: Any) -> Any:
        return it

    handler.__annotations__["it"] = annotation
    handler.__kwdefaults__ = {"it": default[0]} if default else None
    return call(handler, {"it": sent})


both_urls = pytest.mark.parametrize("call", [by_params, by_mount])
every_door = pytest.mark.parametrize("call", [by_params, by_mount, by_event])


# Values of route convertors


@both_urls
@pytest.mark.parametrize(
    ("annotation", "made", "value"),
    [
        (str, UUID(ID), ID),
        (str, 7, "7"),
        (str, 1.5, "1.5"),
        (str, "a/b", "a/b"),
        (str, date(2026, 1, 31), "2026-01-31"),
        (str | None, UUID(ID), ID),
        (int | str, UUID(ID), ID),
        (Annotated[str, MinLen(36)], UUID(ID), ID),
        (list[str], UUID(ID), [ID]),
        (Literal["7", "8"], 7, "7"),
        (UUID, UUID(ID), UUID(ID)),
        (int, 7, 7),
        (float, 7, 7.0),
        (date, date(2026, 1, 31), date(2026, 1, 31)),
    ],
)
def test_a_value_of_a_convertor_becomes_text_for_a_text_parameter(
    call: Any, annotation: Any, made: Any, value: Any
) -> None:
    found = value_of(call, annotation, made)
    assert (found, type(found)) == (value, type(value))


@both_urls
def test_a_value_of_a_convertor_must_fit(call: Any) -> None:
    for annotation in (int, date, Annotated[str, MinLen(99)], Literal["a"]):
        with pytest.raises(BindingError, match="`it` expects"):
            value_of(call, annotation, UUID(ID))


@dataclass
class Search:
    id: str
    page: int = 1
    day: date | None = None
    tags: list[int] = field(default_factory=lambda: [5])
    q: Annotated[str, MinLen(2)] = "all"


class Form(BaseModel):
    id: str
    page: int = 1
    day: date | None
    amount: Decimal = Decimal(3)


class Typed(TypedDict, total=False):
    id: str
    page: int


@both_urls
def test_convertors_and_blank_values_fill_fields_of_models(call: Any) -> None:
    sent = {"id": UUID(ID), "page": [""], "day": [""], "tags": [""], "q": ["ab"]}

    def search(self: Any, search: Search) -> Search:
        return search

    assert call(search, sent) == Search(ID, 1, None, [5], "ab")
    with pytest.raises(BindingError, match="'q' string_too_short"):
        call(search, {**sent, "q": [""]})
    with pytest.raises(BindingError, match="'page' int_parsing"):
        call(search, {**sent, "page": ["x"]})


def test_blank_fields_of_a_model_in_a_form() -> None:
    def save(self: Any, form: Form, typed: Typed) -> Any:
        return form, typed

    sent = {"id": "", "page": "", "day": "", "amount": ""}
    assert by_event(save, sent) == (Form(id="", page=1, day=None, amount=Decimal(3)), {"id": ""})
    with pytest.raises(BindingError, match="'amount' decimal_parsing"):
        by_event(save, {**sent, "amount": "x"})


# Blank values


@every_door
@pytest.mark.parametrize(
    ("annotation", "default", "value"),
    [
        (int, 1, 1),
        (float, 1.5, 1.5),
        (bool, False, False),
        (date, date(2026, 1, 31), date(2026, 1, 31)),
        (Literal["up", "down"], "up", "up"),
        (UUID, UUID(ID), UUID(ID)),
        (list[int], [1], [1]),
        (str, "x", ""),
        (int | str, 1, ""),
        (str | None, "x", ""),
        (int | None, 5, None),
        (date | None, None, None),
        (list[int] | None, [1], None),
        (list[str], ["x"], [""]),
    ],
)
def test_a_blank_value_is_the_default_unless_text_or_none_fits(
    call: Any, annotation: Any, default: Any, value: Any
) -> None:
    sent = "" if call is by_event else [""]
    assert value_of(call, annotation, sent, default) == value


@every_door
def test_a_blank_value_without_a_default_does_not_fit(call: Any) -> None:
    for annotation in (int, date, list[int], Literal["a"]):
        with pytest.raises(BindingError):
            value_of(call, annotation, "")
    with pytest.raises(BindingError, match="string_too_short"):
        value_of(call, Annotated[str, MinLen(2)], "", "default")


@every_door
def test_a_default_does_not_replace_an_invalid_value(call: Any) -> None:
    for sent in ("x", ["x"], [" "], ["", ""]):
        with pytest.raises(BindingError):
            value_of(call, int if sent != ["", ""] else list[int], sent, 1)


# Unions


class Circle(BaseModel):
    kind: str = "circle"
    radius: int = 1


class Square(BaseModel):
    kind: str = "square"
    side: int


@dataclass
class Either:
    it: int | str
    more: list[int | str] = field(default_factory=list)


@every_door
@pytest.mark.parametrize(
    ("annotation", "sent", "value"),
    [
        (int | str, "5", 5),
        (str | int, "5", "5"),
        (int | str, "five", "five"),
        (int | str | None, "5", 5),
        (Annotated[int | str, "note"], "5", 5),
        (int | float | str, "1.5", 1.5),
        (bool | int, "1", True),
        (int | bool, "1", 1),
        (date | str, "2026-01-31", date(2026, 1, 31)),
        (date | datetime, "2026-01-31T10:00", datetime(2026, 1, 31, 10)),
        (UUID | str, ID, UUID(ID)),
        (Literal["all"] | int, "all", "all"),
        (Literal["all"] | int, "3", 3),
        (list[int | str], ["5", "x"], [5, "x"]),
        (list[int | str] | None, ["5", "x"], [5, "x"]),
        (list[list[int | str]], [["5"]], [[5]]),
        (tuple[int | str, ...], ["5", "x"], (5, "x")),
        (set[int | str], ["5", "x"], {5, "x"}),
        (Annotated[int, Field(ge=10)] | str, "5", "5"),
    ],
)
def test_a_union_is_tried_from_left_to_right(call: Any, annotation: Any, sent: Any, value: Any) -> None:
    found = value_of(call, annotation, sent)
    assert (found, type(found)) == (value, type(value))


def test_a_union_inside_models() -> None:
    def save(self: Any, either: Either, data: dict[str, int | str]) -> Any:
        return either, data

    sent = {"it": "5", "more": ["6", "x"], "data": {"a": "7", "b": "x"}}
    assert by_event(save, sent) == (Either(5, [6, "x"]), {"a": 7, "b": "x"})


def test_a_union_of_models_is_the_model_whose_fields_fit_best() -> None:
    def save(self: Any, shape: Circle | Square) -> Any:
        return shape

    assert by_event(save, {"kind": "square", "side": "2"}) == Square(side=2)


Tree = TypeAliasType("Tree", "dict[str, Tree] | int | str")


def test_a_recursive_alias() -> None:
    assert value_of(by_event, Tree, {"a": {"b": "3"}, "c": "x"}) == {"a": {"b": 3}, "c": "x"}
    assert value_of(by_event, Tree, "5") == 5


# Arbitrary data

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just(""),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(
    ["id", "page", "day", "tags", "q", "it", "more", "amount", "number", "search", "form"]
)


def handler_of_all_types(
    self: Any,
    number: int | str = 1,
    search: Search | None = None,
    either: Either | None = None,
    form: Form | None = None,
    typed: Typed | None = None,
    ids: list[int | str] | None = None,
    tree: Tree | None = None,
) -> bool:
    return True


def refusal(call: Any, data: dict[str, Any]) -> BindingError | None:
    try:
        assert call(handler_of_all_types, data)
    except BindingError as error:
        return error
    return None


@given(st.dictionaries(names, json_values, max_size=8))
def test_any_data_raises_only_binding_error_without_the_value(data: dict[str, Any]) -> None:
    for call in (by_event, by_params, by_mount):
        error = refusal(call, {**data, "q": "s3cret"})
        assert "s3cret" not in str(error)
        assert error is None or error.__context__ is None


# A page


class Month(Convertor[date]):
    regex = "[0-9]{4}-[0-9]{2}"

    def convert(self, value: str) -> date:
        return date.fromisoformat(f"{value}-01")

    def to_string(self, value: date) -> str:
        return f"{value:%Y-%m}"


@pytest.fixture
def month() -> Iterator[None]:
    register_url_convertor("month", Month())
    yield
    del CONVERTOR_TYPES["month"]


@pytest.mark.usefixtures("month")
async def test_parameters_over_http_on_the_socket_and_after_a_patch() -> None:
    class Item(LiveView[dict[str, Any]]):
        template = LiveTemplate.from_string("<p>{{ mounted }}|{{ shown }}</p>")

        async def mount(self, socket: Socket, session: Any, id: str, n: str, page: int = 1) -> None:
            socket.context = {"mounted": (id, n, page)}

        async def handle_params(
            self, socket: Socket, id: str, n: int | str, at: str, month: str, page: int = 1, q: str = "x"
        ) -> None:
            socket.context["shown"] = (id, n, at, month, page, q)

        async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
            await socket.push_patch(payload["to"])

    app = PyView()
    app.add_live_view("/i/{id:uuid}/{n:int}/{at:float}/{month:month}", Item)
    path = f"/i/{ID}/007/1.50/2026-03"
    async with LiveClient(app) as client:
        expected = f"('{ID}', '7', 1)|('{ID}', 7, '1.5', '2026-03-01', 1, '')"
        assert expected in (await client.get(f"{path}?page=&q=")).text.replace("&#39;", "'")
        page = await client.open(f"{path}?page=&q=")
        assert page.find("p").text == expected
        await page.push("go", {"to": f"{path}?page=2"})
        assert page.find("p").text == f"('{ID}', '7', 1)|('{ID}', 7, '1.5', '2026-03-01', 2, 'x')"
        assert (await client.get(f"{path}?page=x")).status_code == 400
