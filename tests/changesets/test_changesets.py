"""Change sets, as documented for PyView 0.9."""

from typing import Any

import pytest
from pydantic import BaseModel, Field, model_validator

from pyview.changesets import ChangeSet, change_set
from tests.forms.shop import payload


class User(BaseModel):
    name: str = Field(min_length=3)
    email: str = Field(min_length=3)

    @model_validator(mode="after")
    def not_the_same(self) -> "User":
        if self.name == self.email:
            raise ValueError("name and email are the same")
        return self


def changed(changes: ChangeSet[User], **fields: str) -> ChangeSet[User]:
    for name in fields:
        changes.apply(payload(fields, target=name))
    return changes


def test_an_empty_change_set() -> None:
    changes = change_set(User)
    assert (changes.cls, changes.changes, changes.errors, changes.valid) == (User, {}, {}, False)
    assert changes.fields == ["name", "email"]
    assert changes["name"] == ""
    assert changes.model is None
    assert vars(changes.attrs) == {}


def test_errors_are_those_of_fields_that_have_changed() -> None:
    changes = changed(change_set(User), name="A")
    assert changes.errors == {"name": "String should have at least 3 characters"}
    assert not changes.valid
    assert (changes["name"], changes.attrs.name) == ("A", "A")


def test_valid_changes_are_a_model() -> None:
    changes = changed(change_set(User), name="Ada", email="ada@x")
    assert changes.valid
    assert changes.errors == {}
    assert changes.model == User(name="Ada", email="ada@x")


def test_an_error_of_the_whole_model_belongs_to_the_last_change() -> None:
    changes = changed(change_set(User), name="Ada", email="Ada")
    assert changes.errors == {"email": "Value error, name and email are the same"}


def test_a_submit_applies_all_fields() -> None:
    changes = change_set(User)
    changes.apply(payload({"name": "Ada", "email": "ada@x", "admin": "1"}))
    assert changes.valid
    assert changes.changes == {"name": "Ada", "email": "ada@x"}


def test_save_returns_the_model_or_sets_errors() -> None:
    changes = change_set(User)
    assert changes.save(payload({"name": "Ada", "email": "ada@x"})) == User(name="Ada", email="ada@x")
    assert changes.save(payload({"name": "A", "email": "ada@x"})) is None
    assert changes.errors == {"name": "String should have at least 3 characters"}


def test_lists_of_one_text_are_accepted_as_in_pyview_0_9() -> None:
    changes = change_set(User)
    changes.apply({"name": ["Ada"], "_target": ["name"]})
    assert changes["name"] == "Ada"


@pytest.mark.parametrize("target", [[], ["admin"], ["__class__"], "admin", None, 7, [["name"]], {}])
def test_a_target_that_is_no_field_changes_nothing(target: Any) -> None:
    changes = change_set(User)
    changes.apply({"admin": "1", "_target": target})
    assert changes.changes == {}
