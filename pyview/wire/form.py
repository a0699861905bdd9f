"""Decode urlencoded text to nested dicts: the values of form events, and the queries of URLs.

Names nest by brackets, as in Plug and Rails: `user[name]=Ann` is `{"user": {"name": "Ann"}}`,
`tags[]=a&tags[]=b` is `{"tags": ["a", "b"]}`, `rows[0][qty]=1` is a dict with the key `"0"`. Of a repeated
plain name, and of a name used both as text and as list or dict, the last use wins. Brackets that do not pair
up, or nest deeper than `MAX_DEPTH`, are part of a plain name.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

MAX_DEPTH = 32


class TooManyFields(ValueError):
    """The form has more fields than `limit`. Nothing was decoded."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"expected at most {limit} fields in a form, got more; raise SecurityConfig.max_form_fields if the form "
            "needs them"
        )
        self.limit = limit


def decode_form(text: str, *, max_fields: int) -> dict[str, Any]:
    """Decode urlencoded `text` to nested dicts and lists of strings.

    A name without `=` has the value `""`; bytes that are not UTF-8 become U+FFFD.

    Raises `TooManyFields`, and nothing else for any text.
    """
    # Counted before decoding, so that a huge form costs no memory.
    if text.count("&") >= max_fields and text:
        raise TooManyFields(max_fields)
    form: dict[str, Any] = {}
    # `parse_qsl` drops empty values by default, but a field that the user has cleared is part of the form.
    for name, value in parse_qsl(text, keep_blank_values=True, encoding="utf-8", errors="replace"):
        key, *rest = _path(name)
        _put(form, key, rest, value)
    return form


def decode_target(name: str) -> list[str]:
    """Return the key path of a field: `["user", "name"]` for `"user[name]"`, `["tags"]` for `"tags[]"`."""
    key, *rest = _path(name)
    return [key, *(part for part in rest if part)]


def merge_meta(form: Mapping[str, Any], meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return the payload of a form event: the decoded form, updated by `meta`, with `_target` as a key path.

    The client puts everything that is not a field into `meta`: `_target`, `phx-value-*`, values of `JS.push`.
    """
    merged = {**form, **meta}
    target = meta.get("_target")
    if isinstance(target, str):
        merged["_target"] = decode_target(target)
    return merged


def _path(name: str) -> list[str]:
    """Return `["a", "b", ""]` for `"a[b][]"`. A name whose brackets do not pair up is one plain key."""
    head, bracket, rest = name.partition("[")
    if not (head and bracket and rest.endswith("]")) or "]" in head:
        return [name]
    keys = rest[:-1].split("][")
    # Deeper nesting from a client must not cause deep recursion in the code that reads the form.
    plain = len(keys) > MAX_DEPTH or any("[" in key or "]" in key for key in keys)
    return [name] if plain else [head, *keys]


def _put(into: dict[str, Any], key: str, rest: list[str], value: str) -> None:
    if not rest:
        into[key] = value
    elif rest[0]:
        into[key] = _with_key(into.get(key), rest, value)
    else:
        into[key] = _with_item(into.get(key), rest[1:], value)


def _with_key(old: Any, path: list[str], value: str) -> dict[str, Any]:
    """Put `value` at `path` of `old` and return it; a new dict if `old` is none, as the last use of a name wins."""
    nested = old if isinstance(old, dict) else {}
    _put(nested, path[0], path[1:], value)
    return nested


def _with_item(old: Any, rest: list[str], value: str) -> list[Any]:
    """Append an item to `old` and return it; a new list if `old` is none.

    `a[][x]=1&a[][y]=2&a[][x]=3` are two items: fields go to the last item until one repeats.
    """
    items = old if isinstance(old, list) else []
    if not rest:
        items.append(value)
    elif not rest[0]:
        items.append(_with_item(None, rest[1:], value))
    elif items and isinstance(items[-1], dict) and not _holds(items[-1], rest):
        _put(items[-1], rest[0], rest[1:], value)
    else:
        items.append(_with_key(None, rest, value))
    return items


def _holds(item: Any, path: list[str]) -> bool:
    """Return True if `path` already has a value. A list does not count, because it takes one more item."""
    for key in path:
        if not key or not isinstance(item, dict) or key not in item:
            return False
        item = item[key]
    return True
