"""Params: several values under one name."""

import pytest

from pyview.binding import Params

DATA = {
    "page": "2",
    "tags": ["a", "b"],
    "one": ["x"],
    "id": 5,
    "user": {"name": "Ann"},
    "none": None,
    "empty": [],
}


@pytest.fixture
def params() -> Params:
    return Params(DATA)


def test_get_is_the_first_text(params: Params) -> None:
    assert [params.get(key) for key in DATA] == ["2", "a", "x", "5", None, None, None]
    assert params.get("missing") is None
    assert params.get("missing", "default") == params.get("empty", "default") == "default"


def test_getlist_is_all_texts(params: Params) -> None:
    assert params.getlist("tags") == ["a", "b"]
    assert params.getlist("page") == ["2"]
    assert params.getlist("missing") == params.getlist("user") == []


def test_getone_is_the_only_text(params: Params) -> None:
    assert params.getone("one") == "x"
    with pytest.raises(KeyError, match="exactly one value for 'tags', got 2"):
        params.getone("tags")
    with pytest.raises(KeyError, match="got 0"):
        params.getone("missing")


def test_params_read_like_a_mapping(params: Params) -> None:
    assert params["user"] == {"name": "Ann"}
    assert params["tags"] == ["a", "b"]
    assert ("page" in params, params.has("page"), "missing" in params) == (True, True, False)
    assert list(params) == params.keys() == list(DATA)
    assert len(params) == len(DATA)
    with pytest.raises(KeyError):
        params["missing"]


def test_items_and_multi_items() -> None:
    params = Params({"a": ["1", "2"], "b": "3", "c": {}})
    assert list(params.items()) == [("a", "1"), ("b", "3")]
    assert list(params.multi_items()) == [("a", "1"), ("a", "2"), ("b", "3")]


def test_raw_and_flat() -> None:
    params = Params({"a": ["1"], "b": ["2", "3"], "c": "4"})
    assert params.raw() == {"a": ["1"], "b": ["2", "3"], "c": "4"}
    assert params.to_flat_dict() == {"a": "1", "b": ["2", "3"], "c": "4"}
    params.raw()["a"] = "changed"
    assert params["a"] == ["1"]


def test_params_of_equal_content_are_equal() -> None:
    assert Params({"a": "1"}) == Params({"a": "1"})
    assert Params({"a": "1"}) != Params({"a": "2"})
    assert Params({"a": "1"}) != {"a": "1"}


def test_repr_contains_names_and_no_values() -> None:
    assert repr(Params({"token": "secret", "a": "1"})) == "Params(token, a)"
