"""The URL of a request is split into the parts that Starlette and `urlparse` give, also where it is not parsed."""

from typing import Any
from urllib.parse import urlparse

from hypothesis import example, given
from hypothesis import strategies as st
from starlette.requests import Request

from pyview.routing.request_url import request_url

PATHS = st.text("/aZ9.~-_:@!$&'()*+,=;%?#\\ é\n[]", max_size=12).map(lambda path: f"/{path}")
QUERIES = st.text("aZ9=&%+;?/#[]\t^ ", max_size=12).map(str.encode)
HOSTS = st.sampled_from(
    ["testserver", "Shop.Example:8000", "[::1]:80", "a_b", "a..b", "x:99999", "a@b", "", "h:0", "münchen.de"]
)


def scope_of(path: str, query: bytes, host: str | None, scheme: str) -> dict[str, Any]:
    headers = [] if host is None else [(b"host", host.encode("latin-1"))]
    return {
        "type": "http",
        "scheme": scheme,
        "server": ("10.0.0.1", 8000),
        "path": path,
        "query_string": query,
        "headers": headers,
    }


@given(PATHS, QUERIES, HOSTS | st.none(), st.sampled_from(["http", "https", "ws"]))
@example("/items/3", b"sort=name&page=2", "shop.example", "https")
@example("/items;v=1/x;y", b"", "shop.example", "http")
@example("//evil.example", b"", "shop.example", "http")
@example("/a", b"x#y", "shop.example:80", "http")
def test_it_is_the_parsed_url_of_starlette(path: str, query: bytes, host: str | None, scheme: str) -> None:
    scope = scope_of(path, query, host, scheme)
    try:
        expected = urlparse(str(Request(scope).url))
    except ValueError as refused:
        try:
            request_url(scope)
        except type(refused):
            return
        raise
    assert request_url(scope) == expected
