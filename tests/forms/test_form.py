"""Forms: validation of payloads, lists of entries, and the errors that users see."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from pyview.forms import Form, InvalidForm, to_form
from pyview.wire.form import decode_form
from tests.forms.shop import GOOD, Address, Order, Size, nested, payload


def errors(form: Form[Any]) -> dict[str, tuple[str, ...]]:
    """Return the shown errors by field."""
    return {name: field.errors for name, field in form.fields.items() if field.errors}


# Validation


def test_a_valid_form_has_an_object_of_its_model() -> None:
    order = Form(Order, payload(GOOD)).value
    assert (order.name, order.age, order.size, order.amount) == ("Ada", 36, Size.VERY_LARGE, 2)
    assert (order.extras, order.gift, order.terms) == (["milk", "sugar"], False, True)
    assert order.password.get_secret_value() == "secret"
    assert order.home == Address(street="Main Street", city="London")
    assert order.others == [Address(street="Side Street", city="Paris")]


def test_a_form_reads_only_inputs_with_its_prefix() -> None:
    form = Form(Order, payload({**nested("user", GOOD), "name": "Eve", "user[hacked]": "1"}), as_="user")
    assert form.value.name == "Ada"
    assert form["name"].name == "user[name]"
    assert form["extras"].name == "user[extras][]"


def test_the_value_of_an_invalid_form_raises_without_showing_values() -> None:
    form = Form(Order, payload({**GOOD, "name": "X", "age": "geheim"}))
    assert form.save() is None
    with pytest.raises(
        InvalidForm, match=r"is no valid Order \(name: string_too_short, age: int_parsing\)"
    ) as refusal:
        _ = form.value
    assert "geheim" not in str(refusal.value)
    assert "geheim" not in repr(form)


@pytest.mark.parametrize("model", [dict, Address(street="xx", city="y"), "Order", None])
def test_a_form_expects_a_model(model: Any) -> None:
    with pytest.raises(TypeError, match="expects a pydantic model class, got"):
        Form(model)


def test_extra_fields_are_ignored_even_if_the_model_allows_them() -> None:
    class Open(BaseModel):
        model_config = ConfigDict(extra="allow")
        name: str

    value = Form(Open, payload({"name": "Ada", "admin": "1"}, target="name")).value
    assert value.model_extra == {}


def test_fields_are_filled_by_their_names_despite_aliases() -> None:
    class Aliased(BaseModel):
        email: str = Field(alias="emailAddress", min_length=3)

    assert Form(Aliased, {"email": "a@x"}).value.email == "a@x"
    assert errors(Form(Aliased, {"email": "a"})) == {"email": ("At least 3 characters, please.",)}


# Blank inputs


class Blanks(BaseModel):
    needed: str
    number: int
    maybe: str | None = "x"
    number_or_none: int | None = 7
    note: str = "a note"
    count: int = 5


def test_a_blank_input_is_missing_none_empty_or_the_default() -> None:
    blank = dict.fromkeys(Blanks.model_fields, "")
    assert errors(Form(Blanks, blank)) == {
        "needed": ("Please fill this in.",),
        "number": ("Please fill this in.",),
    }
    value = Form(Blanks, {**blank, "needed": "x", "number": "1"}).value
    assert (value.maybe, value.number_or_none, value.note, value.count) == (None, None, "", 5)


def test_an_absent_checkbox_is_not_ticked() -> None:
    form = Form(
        Order, payload({name: value for name, value in GOOD.items() if name not in ("gift", "terms")})
    )
    assert errors(form) == {"terms": ("Please tick this.",)}
    assert Form(Order, payload({**GOOD, "gift": "on"})).value.gift is True


# Shown values


class Part(BaseModel):
    size: int = Field(gt=0)


class Parcel(BaseModel):
    parts: list[Part] = []
    whole: Part = Part(size=1)
    label: str = Field(min_length=2)


def test_first_error_is_the_first_field_that_shows_an_error() -> None:
    assert Form(Parcel).first_error is None
    nested = {"parts": [{"size": "1"}, {"size": "0"}], "label": ""}
    assert _first(nested) == "parts[1][size]"
    assert _first({"whole": {"size": "-1"}, "label": ""}) == "whole[size]"
    assert _first({"label": "x"}) == "label"
    assert _first({"label": "xy"}) is None


def _first(sent: dict[str, Any]) -> str | None:
    found = Form(Parcel, sent).first_error
    return None if found is None else found.name


def test_an_empty_form_shows_defaults_and_no_errors() -> None:
    form = Form(Order)
    assert not form.valid
    assert errors(form) == {}
    assert (form["name"].value, form["day"].value, form["amount"].value) == ("", "2026-01-02", "1")
    assert form["gift"].checked
    assert [part.name for part in form["home"].parts] == ["home"]
    assert form["others"].parts == ()


def test_an_invalid_value_stays_in_its_input() -> None:
    form = Form(Order, payload({**GOOD, "age": "very old", "day": "soon"}))
    assert (form["age"].value, form["day"].value) == ("very old", "soon")


def test_an_object_to_edit_fills_the_form() -> None:
    order = Form(Order, payload(GOOD)).value
    form = to_form(order, as_="user")
    assert form.valid
    assert form.value == order
    assert (form["name"].value, form["age"].value, form["size"].value) == ("Ada", "36", "xl")
    assert form["extras"].values == ("milk", "sugar")
    assert not form["gift"].checked
    assert [part["city"].value for part in form["others"].parts] == ["Paris"]


def test_fields_outside_the_form_keep_the_values_of_the_edited_object() -> None:
    order = Form(Order, payload(GOOD)).value
    edited = Form(Order, order).change({"name": "Grace", "_target": ["name"]})
    assert edited.value == order.model_copy(update={"name": "Grace"})
    assert edited.change({"name": "Joan"}).value.name == "Joan"
    assert order.name == "Ada"


def test_entries_of_an_edited_list_keep_fields_outside_the_form() -> None:
    class Line(BaseModel):
        id: int = 0
        qty: int

    class Basket(BaseModel):
        lines: list[Line]

    form = Form(Basket, Basket(lines=[Line(id=11, qty=1), Line(id=12, qty=2)]))
    sent = {
        "lines": {"0": {"_persistent_id": "1", "qty": "5"}, "1": {"_persistent_id": "0", "qty": "6"}},
        "lines_sort": ["0", "1", "new"],
    }
    changed = form.change(sent)
    assert [part["id"].value for part in changed["lines"].parts] == ["12", "11", "0"]
    assert [part.key for part in changed["lines"].parts] == ["1", "0", "2"]
    kept = form.change({**sent, "lines_sort": ["0", "1"]}).value
    assert kept.lines == [Line(id=12, qty=5), Line(id=11, qty=6)]


def test_a_secret_is_never_shown() -> None:
    for form in (Form(Order, payload(GOOD)), to_form(Form(Order, payload(GOOD)).value)):
        assert form["password"].value == ""
        assert form["password"].values == ()
        assert "secret" not in repr(form)


def test_a_list_of_secrets_is_never_shown() -> None:
    class Keys(BaseModel):
        keys: list[SecretStr]

    assert Form(Keys, {"keys": ["a", "b"]})["keys"].values == ()


def test_absent_fields_show_defaults_except_checkboxes_and_choices() -> None:
    class Choices(BaseModel):
        count: int = 5
        news: bool = True
        colors: list[str] = ["red"]

    form = Form(Choices, {"_target": ["count"]})
    assert (form["count"].value, form["news"].checked, form["colors"].values) == ("5", False, ())
    assert Form(Choices)["colors"].values == ("red",)


# Errors beside inputs


def test_only_changed_fields_show_errors() -> None:
    sent = payload(
        {"name": "A", "age": "x", "home[street]": "", "home[city]": ""}, "name", unused=("age", "home[city]")
    )
    form = Form(Order, sent)
    assert errors(form) == {"name": ("At least 2 characters, please.",)}
    (home,) = form["home"].parts
    assert home["street"].errors == ("Please fill this in.",)
    assert home["city"].errors == ()


def test_a_submit_shows_all_errors_including_those_of_absent_fields() -> None:
    form = Form(Order, payload({"name": "Ada", "home[street]": "x"}))
    assert form.submitted
    assert set(errors(form)) == {"size", "password", "confirmation", "terms"}


def test_a_hidden_input_counts_as_changed() -> None:
    assert errors(Form(Order, payload({"age": "x"}, target="name"))) == {"age": ("A whole number, please.",)}


def test_field_error_in_a_validator_names_the_field() -> None:
    form = Form(Order, payload({**GOOD, "confirmation": "other"}))
    assert errors(form) == {"confirmation": ("That is another password.",)}
    assert form.errors == ()


def test_an_error_of_the_whole_model_belongs_to_the_form() -> None:
    form = Form(Order, payload({**GOOD, "home[city]": "Ada"}))
    assert form.errors == ("A name must not be that of a town.",)
    touched = payload({**GOOD, "home[city]": "Ada"}, "name", unused=("age",))
    assert Form(Order, touched).errors == ()


def test_field_error_may_name_a_field_of_a_list_entry() -> None:
    class Row(BaseModel):
        n: int

    class Rows(BaseModel):
        rows: list[Row]

        @field_validator("rows")
        @classmethod
        def limited(cls, rows: list[Row]) -> list[Row]:
            if any(row.n > 5 for row in rows):
                raise ValueError("Five at most.")
            return rows

    form = Form(Rows, {"rows": {"0": {"n": "7"}, "1": {"n": "no"}}})
    first, second = form["rows"].parts
    assert (first["n"].errors, second["n"].errors) == ((), ("A whole number, please.",))
    assert Form(Rows, {"rows": {"0": {"n": "7"}}})["rows"].errors == ("Five at most.",)


def test_with_error_adds_errors_of_the_application() -> None:
    form = Form(Order, payload(GOOD)).with_error("name", "is taken").with_error("others.0.city", "is far")
    assert not form.valid
    assert form.save() is None
    assert form["name"].errors == ("is taken",)
    assert form["others"].parts[0]["city"].errors == ("is far",)
    assert Form(Order).with_error(None, "closed today").errors == ("closed today",)
    assert Form(Order, payload(GOOD)).valid


# Lists of models


def rows(form: Form[Any], name: str = "others") -> list[tuple[str, str]]:
    return [(part.key, part["city"].value) for part in form[name].parts]


def listed(*cities: str, **orders: list[str] | str) -> dict[str, Any]:
    entries = {str(i): {"_persistent_id": str(i), "city": city} for i, city in enumerate(cities)}
    return {
        "others": entries,
        **{f"others_{name}": value for name, value in orders.items()},
        "_target": ["others"],
    }


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        ({}, [("0", "Rome"), ("1", "Oslo"), ("2", "Bern")]),
        ({"sort": ["2", "0", "1"]}, [("2", "Bern"), ("0", "Rome"), ("1", "Oslo")]),
        ({"sort": ["0", "1", "2", "new"]}, [("0", "Rome"), ("1", "Oslo"), ("2", "Bern"), ("3", "")]),
        ({"sort": ["1"]}, [("0", "Rome"), ("2", "Bern"), ("1", "Oslo")]),
        ({"sort": ["0", "0", "1", "2"]}, [("0", "Rome"), ("1", "Oslo"), ("2", "Bern")]),
        ({"drop": ["", "1"]}, [("0", "Rome"), ("2", "Bern")]),
        ({"drop": ["0", "1", "2"]}, []),
        ({"sort": ["2", "1", "0"], "drop": ["2"]}, [("1", "Oslo"), ("0", "Rome")]),
        ({"move": "2:0"}, [("2", "Bern"), ("0", "Rome"), ("1", "Oslo")]),
        ({"move": "0:1"}, [("1", "Oslo"), ("0", "Rome"), ("2", "Bern")]),
        ({"move": "9:0"}, [("0", "Rome"), ("1", "Oslo"), ("2", "Bern")]),
        ({"move": "-1:0"}, [("0", "Rome"), ("1", "Oslo"), ("2", "Bern")]),
        ({"move": ["0:1"]}, [("1", "Oslo"), ("0", "Rome"), ("2", "Bern")]),
        ({"move": ["2:1", "2:1"]}, [("2", "Bern"), ("0", "Rome"), ("1", "Oslo")]),
        ({"move": ["2:1", "1:0"]}, [("0", "Rome"), ("1", "Oslo"), ("2", "Bern")]),
        ({"move": ["0:2:1", "", "x:1", "0:9"]}, [("1", "Oslo"), ("2", "Bern"), ("0", "Rome")]),
        ({"move": "2:0", "drop": ["0"]}, [("2", "Bern"), ("1", "Oslo")]),
        (
            {"move": "2:0", "sort": ["0", "1", "2", "new"]},
            [("2", "Bern"), ("0", "Rome"), ("1", "Oslo"), ("3", "")],
        ),
    ],
)
def test_entries_are_added_sorted_moved_and_dropped(
    orders: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert rows(Form(Order, listed("Rome", "Oslo", "Bern", **orders))) == expected


def test_names_follow_the_position_and_ids_the_entry() -> None:
    form = Form(Order, listed("Rome", "Oslo", sort=["1", "0"]), id="shop")
    first, second = form["others"].parts
    assert [field.name for field in first] == ["others[0][street]", "others[0][city]", "others[0][note]"]
    assert (first["city"].id, second["city"].id) == ("shop_others_1_city", "shop_others_0_city")
    assert first.hidden == (("others[0][_persistent_id]", "1"), ("others_sort[]", "0"))
    assert (first.drop_name, first.move_name, form["others"].sort_name) == (
        "others_drop[]",
        "others_move[]",
        "others_sort[]",
    )


def test_names_of_nested_lists() -> None:
    form = Form(Order, {"user": listed("Rome")}, as_="user")
    (part,) = form["others"].parts
    assert part.hidden == (("user[others][0][_persistent_id]", "0"), ("user[others_sort][]", "0"))
    assert (part.drop_name, part.move_name) == ("user[others_drop][]", "user[others_move][]")
    assert (form["others"].sort_name, form["others"].drop_name) == (
        "user[others_sort][]",
        "user[others_drop][]",
    )


def test_too_many_entries_are_an_error_of_the_list() -> None:
    sent = {**payload(GOOD), **listed("a", "b", "c", "d")}
    del sent["_target"]
    assert Form(Order, sent)["others"].errors == ("At most 3, please.",)


def test_an_emptied_list_shows_that_entries_are_missing() -> None:
    class Some(BaseModel):
        others: list[Address] = Field(min_length=1)

    sent = {"others": {"0": {"city": "x"}}, "others_drop": ["", "0"], "_target": ["others_drop"]}
    assert Form(Some, sent)["others"].errors == ("At least 1, please.",)


def test_with_entry_adds_empty_entries() -> None:
    form = Form(Order, as_="user").with_entry("others").with_entry("others")
    assert [part.key for part in form["others"].parts] == ["0", "1"]
    assert [field.errors for part in form["others"].parts for field in part] == [()] * 6
    edited = Form(Order, Form(Order, payload(GOOD)).value).with_entry("others")
    assert rows(edited) == [("0", "Paris"), ("1", "")]
    assert not edited.valid
    with pytest.raises(KeyError, match=r"Order.home is no list of models"):
        form.with_entry("home")
    with pytest.raises(KeyError, match="has no field 'rows'"):
        form.with_entry("rows")


def test_a_forged_key_is_replaced() -> None:
    for key in ("<b>", "1" * 50, "-1", "٣", "", "0x1"):
        form = Form(
            Order, {"others": {"0": {"_persistent_id": key, "city": "x"}, "1": {"_persistent_id": "0"}}}
        )
        assert [part.key for part in form["others"].parts] == ["1", "0"]


def test_one_event_adds_a_limited_number_of_entries() -> None:
    form = Form(Order, {"others_sort": [f"new{i}" for i in range(900)]})
    assert len(form["others"].parts) == 16


def test_a_recursive_model_ends() -> None:
    class Tree(BaseModel):
        name: str
        left: "Tree | None" = None
        leaves: list["Tree"] = []

    Tree.model_rebuild()
    assert Form(Tree)["left"].parts == ()
    sent = {"name": "a", "left": {"name": "b", "leaves": {"0": {"name": ""}}}}
    (left,) = Form(Tree, sent)["left"].parts
    (leaf,) = left["leaves"].parts
    assert leaf["name"].errors == ("Please fill this in.",)
    assert Form(Tree, {"name": "a", "left": {"name": "b"}}).value.left == Tree(name="b")


def test_an_optional_model_appears_when_it_is_sent() -> None:
    class Letter(BaseModel):
        back: Address | None = None

    assert Form(Letter, {}).value.back is None
    assert Form(Letter, {"back": {"street": "x", "city": ""}}).save() is None
    edited = Form(Letter, Letter(back=Address(street="Main", city="Rome")))
    assert [part["city"].value for part in edited["back"].parts] == ["Rome"]


# Arbitrary payloads

junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["0", "1", "new", "city", "street", "_persistent_id", "_unused_city", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
names = [
    *Order.model_fields,
    "others_sort",
    "others_drop",
    "others_move",
    "_target",
    "_unused_name",
    "_unused_others",
]


@given(st.dictionaries(st.sampled_from(names), junk, max_size=8))
@settings(max_examples=150, deadline=None)
def test_any_payload_makes_a_form_that_renders(sent: dict[str, Any]) -> None:
    form = Form(Order, sent)
    shown(form)
    assert (form.save() is not None) == form.valid


def shown(part: Any) -> None:
    for field in part:
        assert all(
            isinstance(text, str)
            for text in (field.value, *field.values, *field.errors, field.name, field.id)
        )
        assert isinstance(field.checked, bool)
        _ = field.options, field.attrs
        for nested_part in field.parts:
            shown(nested_part)


@given(st.text(alphabet="nameothrs_dp01[]=&%", max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_text_makes_a_form_that_renders(text: str) -> None:
    shown(Form(Order, decode_form(text, max_fields=1000)))


def test_a_payload_with_another_nesting_is_an_empty_form() -> None:
    for user in ("text", ["a"], None, 7):
        form = Form(Order, {"user": user, "_target": ["user"]}, as_="user")
        assert form["name"].value == ""
        assert errors(form) == {}
