"""Decoding of forms, as the client encodes them, and of any other text."""

from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pyview.wire.form import MAX_DEPTH, TooManyFields, decode_form, decode_target, merge_meta

LIMIT = 1000


def decoded(text: str) -> dict[str, Any]:
    return decode_form(text, max_fields=LIMIT)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("", {}),
        ("a=1", {"a": "1"}),
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a", {"a": ""}),
        ("a=", {"a": ""}),
        ("=1", {"": "1"}),
        ("a=1&&b=2", {"a": "1", "b": "2"}),
        ("a=b=c", {"a": "b=c"}),
        ("q=a+b%20c", {"q": "a b c"}),
        ("q=%C3%A9%E2%82%AC", {"q": "é€"}),
        ("q=%FF", {"q": "\ufffd"}),
        ("q=%zz", {"q": "%zz"}),
        ("a[b][c]=1", {"a": {"b": {"c": "1"}}}),
        ("user%5Bemail%5D=x&user%5Bname%5D=Ann", {"user": {"email": "x", "name": "Ann"}}),
        ("a[]=1&a[]=2", {"a": ["1", "2"]}),
        ("a[b][]=1&a[b][]=2", {"a": {"b": ["1", "2"]}}),
        ("a[0][x]=1&a[1][x]=2", {"a": {"0": {"x": "1"}, "1": {"x": "2"}}}),
        ("_unused_a[]=&a[]=1", {"_unused_a": [""], "a": ["1"]}),
    ],
)
def test_decodes_as_the_client_encodes(text: str, form: dict[str, Any]) -> None:
    assert decoded(text) == form


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("a=1&a=2", {"a": "2"}),
        ("a=1&a[b]=2", {"a": {"b": "2"}}),
        ("a[b]=1&a=2", {"a": "2"}),
        ("a=1&a[]=2", {"a": ["2"]}),
        ("a[]=1&a=2", {"a": "2"}),
        ("a[]=1&a[b]=2", {"a": {"b": "2"}}),
        ("a[b]=1&a[]=2", {"a": ["2"]}),
        ("a[b]=1&a[b][c]=2", {"a": {"b": {"c": "2"}}}),
    ],
)
def test_of_conflicting_uses_the_last_wins(text: str, form: dict[str, Any]) -> None:
    assert decoded(text) == form


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("a[][x]=1&a[][y]=2&a[][x]=3", {"a": [{"x": "1", "y": "2"}, {"x": "3"}]}),
        ("a[][x][]=1&a[][x][]=2", {"a": [{"x": ["1", "2"]}]}),
        ("a[]=1&a[][x]=2", {"a": ["1", {"x": "2"}]}),
        ("a[][]=1&a[][]=2", {"a": [["1"], ["2"]]}),
        ("a[][x]=1&a[][x][y]=2", {"a": [{"x": {"y": "2"}}]}),
    ],
)
def test_a_list_of_dicts_starts_a_new_item_when_a_field_repeats(text: str, form: dict[str, Any]) -> None:
    assert decoded(text) == form


@pytest.mark.parametrize(
    "name", ["a[b", "a]b", "a[b]c", "[]", "[a]", "]", "[", "a[[b]]", "a[b]]", "a]b[c]", "a[b][c"]
)
def test_brackets_that_do_not_pair_up_are_part_of_a_plain_name(name: str) -> None:
    assert decoded(f"{quote(name)}=1") == {name: "1"}


def test_a_name_nested_too_deeply_is_a_plain_name() -> None:
    deepest = "a" + "[b]" * MAX_DEPTH
    assert list(decoded(f"{deepest}=1")) == ["a"]
    assert decoded(f"{deepest}[b]=1") == {f"{deepest}[b]": "1"}


def test_more_fields_than_the_limit_are_refused() -> None:
    assert len(decode_form("a=1&b=2&c=3", max_fields=3)) == 3
    with pytest.raises(TooManyFields, match="at most 2 fields") as refusal:
        decode_form("a=1&b=2&c=3", max_fields=2)
    assert refusal.value.limit == 2


def test_empty_pairs_count_as_fields() -> None:
    with pytest.raises(TooManyFields):
        decode_form("&" * LIMIT, max_fields=LIMIT)


def test_a_megabyte_of_brackets_takes_little_time() -> None:
    name = "a" + "[b]" * 300_000
    assert decoded(f"{name}=1") == {name: "1"}


keys = st.text(
    alphabet=st.characters(exclude_characters="[]", exclude_categories=["Cs"]), min_size=1, max_size=5
)
texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=5)
nested = st.recursive(
    texts | st.lists(texts, min_size=1, max_size=3),
    lambda inner: st.dictionaries(keys, inner, min_size=1, max_size=3),
    max_leaves=8,
)
forms = st.dictionaries(keys, nested, max_size=4)


def pairs(data: Any, name: str = "") -> list[tuple[str, str]]:
    """Return `data` as a browser encodes it."""
    if isinstance(data, str):
        return [(name, data)]
    if isinstance(data, list):
        return [(f"{name}[]", item) for item in data]
    return [pair for key, value in data.items() for pair in pairs(value, f"{name}[{key}]" if name else key)]


@given(forms)
def test_decoding_is_the_inverse_of_encoding(form: dict[str, Any]) -> None:
    assert decoded(urlencode(pairs(form))) == form


@given(st.lists(st.text(alphabet="ab[]=&%5B+ \ud800\x00é", max_size=12), max_size=12).map("&".join))
@example("a[]=1&a=2&a[][b]=3&a[c]=4")
@example("%")
def test_no_text_raises_another_error(text: str) -> None:
    try:
        form = decode_form(text, max_fields=8)
    except TooManyFields:
        assert text.count("&") >= 8
    else:
        assert all(isinstance(key, str) for key in form)


@given(st.text(alphabet="ab[]", max_size=12))
def test_a_target_is_the_path_of_its_field(name: str) -> None:
    value: Any = decoded(f"{quote(name)}=1") if name else {"": "1"}
    for key in decode_target(name):
        while isinstance(value, list):
            (value,) = value
        value = value[key]
    while isinstance(value, list):
        (value,) = value
    assert value == "1"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("user[name]", ["user", "name"]),
        ("foo", ["foo"]),
        ("undefined", ["undefined"]),
        ("tags[]", ["tags"]),
        ("user[tags][]", ["user", "tags"]),
        ("a[b", ["a[b"]),
    ],
)
def test_targets_of_the_protocol(name: str, path: list[str]) -> None:
    assert decode_target(name) == path


def test_meta_overrides_the_form() -> None:
    form = decoded("user[name]=Ann&kind=sent")
    merged = merge_meta(form, {"_target": "user[name]", "kind": "draft"})
    assert merged == {"user": {"name": "Ann"}, "kind": "draft", "_target": ["user", "name"]}
    assert form == {"user": {"name": "Ann"}, "kind": "sent"}


@pytest.mark.parametrize("target", [["user", "name"], None, 5, {"a": "b"}])
def test_a_target_that_is_no_text_stays_as_it_is(target: Any) -> None:
    assert merge_meta({}, {"_target": target}) == {"_target": target}


def test_a_submit_has_no_target() -> None:
    assert merge_meta({"a": "1"}, {}) == {"a": "1"}
