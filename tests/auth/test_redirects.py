"""No redirect leaves the site, neither by `next` nor by a Host header."""

from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.requests import HTTPConnection

from pyview.auth import safe_next
from pyview.auth.redirects import login_location, page_path
from tests.asgi import http_scope

BASE = "https://site.example/login"


@pytest.mark.parametrize("value", ["/", "/dashboard", "/dashboard?a=1#top", "/a//b", "/é"])
def test_a_path_of_this_site_passes(value: str) -> None:
    assert safe_next(value) == value


@pytest.mark.parametrize(
    "value",
    [
        None,
        3,
        ["/x"],
        "",
        "dashboard",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        " /evil",
        "https://evil.example",
        "javascript:alert(1)",
        "/x\r\nSet-Cookie: a=b",
    ],
)
def test_anything_else_becomes_the_default(value: object) -> None:
    assert safe_next(value) == "/"
    assert safe_next(value, "/start") == "/start"


@given(st.text(alphabet=st.sampled_from("/\\.:@?#ev\t\n\r\x00 a%2f"), max_size=12) | st.text())
@example("/\t/evil")
def test_no_browser_leaves_the_site(value: str) -> None:
    """The URL standard: browsers drop tabs and newlines, and read a backslash as a slash."""
    target = safe_next(value)
    read = target.strip().replace("\t", "").replace("\n", "").replace("\r", "").replace("\\", "/")
    assert urlsplit(urljoin(BASE, read)).netloc == "site.example"
    assert not read.startswith("//")


@given(st.text(max_size=30).map(lambda text: f"/{text}"), st.text(max_size=20))
def test_a_login_url_has_exactly_the_page_as_next(path: str, query: str) -> None:
    scope = http_scope(path, query_string=query.encode("ascii", "replace"))
    location = login_location("/login", HTTPConnection(scope))
    parts = urlsplit(location)
    assert (parts.scheme, parts.netloc, parts.path) == ("", "", "/login")
    assert parse_qs(parts.query, keep_blank_values=True) == {"next": [page_path(scope)]}
    assert location.isascii()
    assert not any(ord(char) <= 0x20 for char in location)
