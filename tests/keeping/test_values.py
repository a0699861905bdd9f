"""Laws of kept values: what is captured and laid over a new context is equal, for every kind of context."""

import logging
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypedDict
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from pyview import AsyncResult, Stream
from pyview.changesets import ChangeSet, change_set
from pyview.forms import Form
from pyview.keeping import Keep
from pyview.keeping.plan import KeepPlan, plan_of
from tests.keeping.classes import view_of


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Item(BaseModel):
    name: str
    price: Decimal = Decimal(0)


@dataclass(frozen=True)
class Point:
    x: int
    y: float


class Typed(TypedDict, total=False):
    n: int
    when: datetime
    items: list[Item]
    point: Point | None
    tags: set[str]
    pair: tuple[int, str]
    colour: Colour
    id: UUID
    days: dict[str, date]


@dataclass
class Plain:
    n: int = 0
    items: list[Item] = field(default_factory=list)
    point: Point | None = None


@dataclass(frozen=True, slots=True)
class Frozen:
    n: int = 0
    pair: tuple[int, str] = (0, "")


class Model(BaseModel):
    n: int = 0
    items: list[Item] = []
    by_name: dict[str, Colour] = {}


class FrozenModel(BaseModel):
    model_config = ConfigDict(frozen=True)
    n: int = 0
    when: datetime | None = None


class Annotated:
    n: int
    items: list[Item]

    def __init__(self, n: int = 0, items: list[Item] | None = None) -> None:
        self.n, self.items = n, items or []

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.integers(-(2**53), 2**53)
items = st.builds(Item, name=texts, price=st.decimals(allow_nan=False, allow_infinity=False))
points = st.builds(Point, x=numbers, y=st.floats(allow_nan=False, allow_infinity=False))
json_values = st.recursive(
    st.none() | st.booleans() | numbers | texts | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
typed = st.fixed_dictionaries(
    {"n": numbers},
    optional={
        "when": st.datetimes(),
        "items": st.lists(items, max_size=3),
        "point": st.none() | points,
        "tags": st.sets(texts, max_size=3),
        "pair": st.tuples(numbers, texts),
        "colour": st.sampled_from(Colour),
        "id": st.uuids(),
        "days": st.dictionaries(texts, st.dates(), max_size=3),
    },
)
colours = st.dictionaries(texts, st.sampled_from(Colour), max_size=3)
contexts: st.SearchStrategy[tuple[Any, Any, Any]] = st.one_of(
    st.tuples(st.just(dict[str, Any]), st.dictionaries(texts, json_values, max_size=5), st.just({})),
    st.tuples(st.just(Typed), typed, st.just({})),
    st.tuples(
        st.just(Plain),
        st.builds(Plain, n=numbers, items=st.lists(items, max_size=3), point=points),
        st.just(Plain()),
    ),
    st.tuples(
        st.just(Frozen), st.builds(Frozen, n=numbers, pair=st.tuples(numbers, texts)), st.just(Frozen())
    ),
    st.tuples(
        st.just(Model), st.builds(Model, n=numbers, items=st.lists(items), by_name=colours), st.just(Model())
    ),
    st.tuples(
        st.just(FrozenModel), st.builds(FrozenModel, n=numbers, when=st.datetimes()), st.just(FrozenModel())
    ),
    st.tuples(
        st.just(Annotated), st.builds(Annotated, n=numbers, items=st.lists(items)), st.just(Annotated())
    ),
)


def plan(context: Any, keep: Any = True) -> KeepPlan:
    found = plan_of(view_of(context, keep))
    assert found is not None
    return found


def through_the_store(values: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = orjson.loads(orjson.dumps(values))
    return data


@given(contexts)
def test_what_is_kept_comes_back_equal(case: tuple[Any, Any, Any]) -> None:
    kind, context, made = case
    view_plan = plan(kind)
    kept = through_the_store(view_plan.values_of(context))
    back = view_plan.laid_over(made.copy() if isinstance(made, dict) else made, kept)
    assert back == context
    if made != context and kind in (Frozen, FrozenModel):
        assert back is not made  # a frozen context is replaced


class Person(BaseModel):
    name: str = Field(min_length=2)
    age: int
    friends: list[Item] = []


PAYLOADS = st.fixed_dictionaries(
    {"name": texts},
    optional={
        "age": texts,
        "_unused_age": st.just(""),
        "_target": st.just(["name"]),
        "friends": st.dictionaries(
            st.sampled_from(["0", "1", "2"]),
            st.fixed_dictionaries({"name": texts, "price": texts}),
            max_size=3,
        ),
    },
)


def shown(form: Form[Person]) -> Any:
    """Return all that a template can show of a form."""
    entries = [
        [part.key, [(each.id, each.value, each.errors) for each in part]] for part in form["friends"].parts
    ]
    plain = [(each.name, each.value, each.errors) for each in form if each.shape.model is None]
    return plain, entries, form.valid, form.submitted, form.errors


@given(payload=PAYLOADS, edits=st.booleans(), prefix=st.sampled_from([None, "person"]), more=st.booleans())
def test_a_form_comes_back_with_its_input_and_its_errors(
    payload: dict[str, Any], edits: bool, prefix: str | None, more: bool
) -> None:
    edited = Person(name="Ann", age=7, friends=[Item(name="a")]) if edits else None
    made = Form(Person, edited, as_=prefix)
    used = made.change(payload if prefix is None else {prefix: payload, "_target": ["person", "name"]})
    if more:
        used = used.with_entry("friends")
    view_plan = plan(dict[str, Any])
    kept = through_the_store(view_plan.values_of({"form": used}))
    back = view_plan.laid_over({"form": made}, kept)["form"]
    if not more:
        assert shown(back) == shown(used)
    assert [part.key for part in back["friends"].parts] == [part.key for part in used["friends"].parts]
    assert back.base is edited


def test_a_form_that_mount_has_not_made_is_made_by_its_annotation() -> None:
    class Editor(TypedDict):
        form: Form[Person] | None
        changes: ChangeSet[Person] | None

    form = Form(Person, Person(name="Ann", age=7)).change({"name": "B", "_target": ["name"]})
    changes = change_set(Person)
    changes.apply({"name": "x", "_target": ["name"]})
    view_plan = plan(Editor)
    kept = through_the_store(view_plan.values_of({"form": form, "changes": changes}))
    back = view_plan.laid_over({"form": None, "changes": None}, kept)
    assert shown(back["form"]) == shown(form)
    assert back["form"].base == Person(name="Ann", age=7)
    assert (back["changes"].changes, back["changes"].errors) == (changes.changes, changes.errors)
    assert back["changes"].valid is changes.valid is False


def test_passwords_in_a_form_are_not_kept() -> None:
    class SignUp(BaseModel):
        name: str
        password: SecretStr

    form = Form(SignUp).change({"name": "ann", "password": "s3cret", "_target": ["password"]})
    assert form.input == {"name": "ann", "_target": ["password"]}


@pytest.mark.parametrize(
    "value", [object(), {1, 2}, (1, 2), b"bytes", float("nan"), 2**70, {1: "a"}, Point(1, 2), "\ud800"]
)
def test_a_value_that_is_no_json_is_named_once(value: Any, caplog: pytest.LogCaptureFixture) -> None:
    view_plan = plan(dict[str, Any])
    assert view_plan.values_of({"odd": value, "n": 1}).keys() == {"n"}
    view_plan.values_of({"odd": value, "n": 2})
    (record,) = caplog.records
    assert "'odd'" in record.getMessage()
    assert type(value).__qualname__ in record.getMessage()


def test_a_value_that_does_not_fit_its_annotation_is_not_kept(caplog: pytest.LogCaptureFixture) -> None:
    assert plan(Typed).values_of({"n": "seven"}) == {}
    assert "does not fit its annotation" in caplog.text


def test_another_version_of_the_model_takes_what_fits(caplog: pytest.LogCaptureFixture) -> None:
    class New(TypedDict):
        n: str
        pair: tuple[int, str]
        added: int

    caplog.set_level(logging.INFO)
    kept = through_the_store(plan(Typed).values_of({"n": 1, "pair": (1, "a"), "tags": {"x"}}))
    back = plan(New).laid_over({"n": "new", "added": 5}, kept)
    assert back == {"n": "new", "pair": (1, "a"), "added": 5}
    assert len(caplog.records) == 1
    assert "'n' of another version" in caplog.text


def test_a_validator_migrates_the_values_of_an_old_model() -> None:
    class Old(BaseModel):
        name: str

    class Renamed(BaseModel):
        model_config = ConfigDict(populate_by_name=True)
        title: str = Field(alias="name")
        size: int = 3

    class Before(TypedDict):
        item: Old

    class After(TypedDict):
        item: Renamed

    kept = through_the_store(plan(Before).values_of({"item": Old(name="x")}))
    back = plan(After).laid_over({}, kept)
    assert (back["item"].title, back["item"].size) == ("x", 3)


def test_objects_of_mount_are_left_out_quietly(caplog: pytest.LogCaptureFixture) -> None:
    context = {"rows": AsyncResult(loading=True), "s": Stream(name="s"), "n": 1}
    assert plan(dict[str, Any]).values_of(context).keys() == {"n"}
    assert not caplog.records


def test_named_values_only() -> None:
    assert plan(Plain, Keep("n")).values_of(Plain(n=3)).keys() == {"n"}
    assert plan(Plain, ()).values_of(Plain(n=3)) == {}
