"""Navigation targets: a path on this site, or nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyview.navigation import UnsafeURL, external_url, local_path


def test_params_become_the_query() -> None:
    assert local_path("/users", {"page": 2, "tag": ["a", "b c"]}) == "/users?page=2&tag=a&tag=b+c"
    assert local_path("/users?sort=name#top", {"page": 2}) == "/users?sort=name&page=2#top"
    assert local_path("/users", {}) == "/users"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "users",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/a\nb",
        "/a\tb",
        "/\x00",
        " /x",
        "/x\r\nset-cookie: a=b",
    ],
)
def test_what_could_leave_the_site_is_refused(path: str) -> None:
    with pytest.raises(UnsafeURL, match="expected a path on this site"):
        local_path(path)


@given(st.text())
def test_an_accepted_path_is_one_slash_and_no_control_character(text: str) -> None:
    try:
        path = local_path(text)
    except UnsafeURL:
        return
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert not any(ord(char) < 0x20 for char in path)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://x.example", "https://", "//x", "data:text/html,x", "/x"]
)
def test_external_means_http_with_a_host(url: str) -> None:
    with pytest.raises(UnsafeURL, match="http:// or https://"):
        external_url(url)
    assert external_url("https://example.org/a?b") == "https://example.org/a?b"
