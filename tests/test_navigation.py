"""Tests of navigation targets: only paths on this site are accepted."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyview.navigation import UnsafeURL, external_url, local_path, page_link, path_from


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
def test_paths_that_could_leave_the_site_are_refused(path: str) -> None:
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


@given(st.sampled_from(["/", "/a", "/a/b?c=//d", "/a//b"]), st.text(alphabet="./\\?#:a \t\n%", max_size=12))
def test_a_relative_url_becomes_a_path_or_is_refused(page: str, text: str) -> None:
    try:
        path = path_from(page, text)
    except UnsafeURL:
        return
    assert path == local_path(path)
    assert not path.startswith(("//", "/\\"))


@given(st.text(alphabet="./\\?#:a \t\n%", max_size=12))
def test_a_browser_reads_a_link_as_one_of_this_host(text: str) -> None:
    try:
        link = page_link(text)
    except UnsafeURL:
        return
    assert urlsplit(urljoin("https://here.example/a/b", link)).netloc == "here.example"


def test_params_become_the_query_of_relative_urls() -> None:
    assert page_link("?a=1#top", {"b": 2}) == "?a=1&b=2#top"
    assert page_link("?", {"b": 2}) == "?b=2"
    assert path_from("/users/7?old=1", "edit", {"b": 2}) == "/users/edit?b=2"
    assert path_from("/users/7?old=1", "?", {"b": 2}) == "/users/7?b=2"
