"""Forms and models as parameters of handlers."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Annotated, Any, TypeVar

import pytest
from pydantic import BaseModel

from pyview.binding import BindingError, Params, Resources, SignatureError, compile_event, compile_params
from pyview.forms import Form
from tests.forms.shop import GOOD, Order, nested, payload

SOCKET = SimpleNamespace(context={})
RESOURCES = Resources(session={}, user="ann", auth="scopes", url="/")
T = TypeVar("T", bound=BaseModel)


def call(function: Callable[..., Any], sent: Any) -> Any:
    return compile_event(function)(object(), "save", sent, SOCKET, RESOURCES)


def test_a_handler_receives_a_form() -> None:
    def save(self: Any, socket: Any, form: Form[Order]) -> Any:
        return form

    form = call(save, payload(GOOD))
    assert form.value.name == "Ada"
    assert (form.as_, form.id, form.submitted) == (None, "order", True)


def test_the_parameters_name_is_the_prefix_of_the_inputs() -> None:
    def save(self: Any, order: Form[Order]) -> Any:
        return order

    form = call(save, payload(nested("order", GOOD), target="order[name]"))
    assert form.value.name == "Ada"
    assert (form.as_, form["name"].name, form.submitted) == ("order", "order[name]", False)


def test_the_prefix_does_not_depend_on_the_payload() -> None:
    def save(self: Any, order: Form[Order]) -> Any:
        return order

    def plain(self: Any, order: Annotated[Form[Order], ""]) -> Any:
        return order

    junk: tuple[Any, ...] = ({}, None, payload(GOOD), {"order": "1"}, {"order": []})
    for sent in junk:
        assert call(save, sent)["name"].name == "order[name]"
        assert call(plain, sent)["name"].name == "name"


def test_annotated_sets_another_prefix() -> None:
    def save(self: Any, form: Annotated[Form[Order], "user"]) -> Any:
        return form

    form = call(save, payload(nested("user", GOOD)))
    assert (form.value.name, form.as_, form.id) == ("Ada", "user", "user")
    assert not call(save, payload(GOOD)).valid


@pytest.mark.parametrize("name", ["user", "socket", "session", "auth", "event"])
def test_a_form_under_a_reserved_name_is_refused(name: str) -> None:
    namespace = {"Any": Any, "Form": Form, "Order": Order}
    exec(f"def save(self: Any, {name}: Form[Order]): ...", namespace)  # noqa: S102  the parameter's name is the test
    words = rf"parameter `{name}` is reserved for .* is no form.*Annotated\[.*Form.*, \"{name}\"\]"
    with pytest.raises(SignatureError, match=words):
        compile_event(namespace["save"])


def test_the_whole_payload_as_a_form() -> None:
    def save(self: Any, payload: Form[Order]) -> Any:
        return payload

    assert call(save, payload(GOOD)).value.name == "Ada"


def test_a_form_accepts_any_payload() -> None:
    def save(self: Any, form: Form[Order]) -> Any:
        return form

    junk: tuple[Any, ...] = (None, [], "text", 7, {}, {"form": "x"}, {"name": {"a": "b"}})
    for sent in junk:
        assert not call(save, sent).valid


def test_a_form_of_a_urls_parameters() -> None:
    class Search(BaseModel):
        q: str = ""
        page: int = 1
        tags: list[str] = []

    def handle_params(self: Any, form: Form[Search]) -> Any:
        return form.value

    params = Params({"q": ["tea"], "page": ["2"], "tags": ["a", "b"]})
    found = compile_params(handle_params)(object(), "/", params, SOCKET, RESOURCES)
    assert found == Search(q="tea", page=2, tags=["a", "b"])


def test_a_form_without_its_model_is_refused_when_the_handler_is_compiled() -> None:
    def bare(self: Any, form: Form) -> None: ...  # type: ignore[type-arg]

    def variable(self: Any, form: Form[T]) -> None: ...

    def no_model(self: Any, form: Form[int]) -> None: ...  # type: ignore[type-var]

    for function, words in (
        (bare, "expects its model in brackets: Form"),
        (variable, "expects its model in brackets: Form"),
        (no_model, "expects a pydantic model class, got"),
    ):
        with pytest.raises(SignatureError, match=words):
            compile_event(function)


def test_the_error_for_an_invalid_model_recommends_a_form() -> None:
    class User(BaseModel):
        name: str
        age: int

    def save(self: Any, guest: User) -> Any:
        return guest

    assert call(save, payload({"guest[name]": "Ada", "guest[age]": "36"})) == User(name="Ada", age=36)
    assert call(save, payload({"name": "Ada", "age": "36"}, target="name")) == User(name="Ada", age=36)
    with pytest.raises(
        BindingError, match=r"'age' int_parsing.*guest: Form\[.*User\].*show the errors in its page"
    ):
        call(save, payload({"name": "Ada", "age": "old"}))
