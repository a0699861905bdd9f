"""Checks of paths, hosts, origins and page URLs."""

from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from pyview.auth.audit import Audit
from pyview.config import SecurityConfig
from pyview.middleware.origin import (
    PageURL,
    UnsafePageURL,
    check_handshake,
    check_host,
    check_origin,
    check_path,
    split_page_url,
)
from pyview.middleware.request_checks import RequestChecks
from tests.asgi import http_scope, socket_scope

OPEN = SecurityConfig()
labels = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=8).filter(
    lambda label: not label.startswith("-") and not label.endswith("-")
)
hosts = st.lists(labels, min_size=1, max_size=3).map(".".join)
ports = st.one_of(st.none(), st.integers(1, 65535))


def authority(host: str, port: int | None) -> str:
    return host if port is None else f"{host}:{port}"


class TestPath:
    @pytest.mark.parametrize(
        "path",
        [
            "/adm\nin",
            "/adm\rin",
            "/adm\tin",
            "/\nadmin",
            "/a\x00",
            "/a\x7f",
            "/a\x85",
            "/a\\b",
            "//admin",
            "///",
        ],
    )
    def test_paths_that_parsers_read_differently_are_refused(self, path: str) -> None:
        refusal = check_path(http_scope(path))
        assert refusal is not None
        assert refusal.status == 400

    @pytest.mark.parametrize("path", ["/", "/a/b", "/a//b", "/é", "/a b", "/%0A", "/a;b=c", "/.well-known/x"])
    def test_ordinary_paths_pass(self, path: str) -> None:
        assert check_path(http_scope(path)) is None

    def test_a_mount_prefix_changes_nothing(self) -> None:
        assert check_path(http_scope("/app/page", root_path="/app")) is None
        assert check_path(http_scope("/app//page", root_path="/app")) is not None

    @given(st.text(max_size=20).map(lambda text: f"/{text}"))
    def test_every_parser_reads_a_path_that_passes_alike(self, path: str) -> None:
        """`urlsplit` drops tabs and newlines and sees a host after two slashes; none of that passes."""
        if check_path(http_scope(path)) is None:
            assert urlsplit(quote(path)).path == quote(path)
            assume("?" not in path and "#" not in path)
            assert urlsplit(path).path == path


class TestHost:
    def allowed(self, host: str | None, *allowed_hosts: str) -> bool:
        headers = [] if host is None else [(b"host", host.encode())]
        config = SecurityConfig(allowed_hosts=allowed_hosts)
        return check_host(http_scope(headers=headers), config) is None

    @pytest.mark.parametrize(
        ("host", "pattern"),
        [
            ("app.example.org", "app.example.org"),
            ("APP.Example.org:8000", "app.example.org"),
            ("app.example.org.", "app.example.org"),
            ("app.example.org:8000", "app.example.org:8000"),
            ("a.example.org", "*.example.org"),
            ("a.b.example.org:1", "*.example.org"),
            ("[::1]:8000", "[::1]"),
            ("whatever", "*"),
        ],
    )
    def test_allowed(self, host: str, pattern: str) -> None:
        assert self.allowed(host, "other.example", pattern)

    @pytest.mark.parametrize(
        ("host", "pattern"),
        [
            ("evil.example", "app.example.org"),
            ("app.example.org.evil.example", "app.example.org"),
            ("xapp.example.org", "app.example.org"),
            ("example.org", "*.example.org"),
            ("evilexample.org", "*.example.org"),
            ("app.example.org:9000", "app.example.org:8000"),
            ("app.example.org@evil.example", "app.example.org"),
            ("app.example.org/x", "app.example.org"),
            ("app.example.org:x", "app.example.org"),
            ("app.example.org:99999", "app.example.org"),
            ("", "app.example.org"),
            (None, "app.example.org"),
        ],
    )
    def test_refused(self, host: str | None, pattern: str) -> None:
        assert not self.allowed(host, pattern)

    def test_two_host_headers_are_refused(self) -> None:
        headers = [(b"host", b"app.example.org"), (b"host", b"app.example.org")]
        assert check_host(http_scope(headers=headers), SecurityConfig(allowed_hosts=["app.example.org"]))

    def test_an_empty_list_allows_every_host(self) -> None:
        assert self.allowed("whatever:1")

    def test_a_forwarded_host_is_ignored(self) -> None:
        headers = [(b"host", b"evil.example"), (b"x-forwarded-host", b"app.example.org")]
        refusal = check_host(http_scope(headers=headers), SecurityConfig(allowed_hosts=["app.example.org"]))
        assert refusal is not None
        assert (refusal.status, "evil.example" in refusal.reason) == (400, True)


def origin_passes(origin: str | None, host: str = "testserver", scheme: str = "ws", **config: Any) -> bool:
    scope = socket_scope({"host": host} | ({} if origin is None else {"origin": origin}), scheme=scheme)
    refusal = check_origin(scope, SecurityConfig(**config))
    assert refusal is None or refusal.status == 403
    return refusal is None


class TestOrigin:
    @pytest.mark.parametrize(
        ("origin", "host"),
        [
            ("http://testserver", "testserver"),
            ("https://testserver", "testserver"),
            ("http://testserver:80", "testserver"),
            ("http://testserver", "testserver:80"),
            ("https://testserver", "testserver:443"),
            ("http://testserver:8000", "testserver:8000"),
            ("http://TestServer:8000", "testserver:8000"),
            ("http://[::1]:8000", "[::1]:8000"),
            ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ],
    )
    def test_the_same_site_passes(self, origin: str, host: str) -> None:
        assert origin_passes(origin, host)

    @pytest.mark.parametrize(
        ("origin", "host"),
        [
            ("https://evil.example", "testserver"),
            ("null", "testserver"),
            ("", "testserver"),
            ("http://testserver:8001", "testserver:8000"),
            ("http://testserver:8000", "testserver"),
            ("http://testserver", "testserver:8000"),
            ("https://testserver", "testserver:80"),
            ("http://testserver.evil.example", "testserver"),
            ("http://sub.testserver", "testserver"),
            ("http://testserver@evil.example", "testserver"),
            ("http://evil.example#testserver", "testserver"),
            ("http://testserver/", "testserver"),
            ("http://testserver/path", "testserver"),
            ("ftp://testserver", "testserver"),
            ("file://", "testserver"),
            ("chrome-extension://testserver", "testserver"),
            ("testserver", "testserver"),
            ("//testserver", "testserver"),
            ("http://testserver http://evil.example", "testserver"),
            ("http://testserver:0", "testserver:0"),
            ("http://localhost", "127.0.0.1"),
        ],
    )
    def test_other_origins_are_refused(self, origin: str, host: str) -> None:
        assert not origin_passes(origin, host)

    def test_a_socket_with_tls_refuses_pages_without(self) -> None:
        assert origin_passes("https://testserver", scheme="wss")
        assert not origin_passes("http://testserver", scheme="wss")

    def test_programs_send_no_origin(self) -> None:
        assert origin_passes(None)
        assert not origin_passes(None, require_origin=True)
        assert origin_passes("http://testserver", require_origin=True)

    def test_two_origin_headers_are_refused(self) -> None:
        scope = socket_scope()
        scope["headers"] += [(b"origin", b"http://testserver")] * 2
        assert check_origin(scope, OPEN)

    def test_forwarded_headers_are_ignored(self) -> None:
        headers = {
            "origin": "https://evil.example",
            "x-forwarded-host": "evil.example",
            "forwarded": "host=evil.example;proto=https",
            "x-forwarded-proto": "https",
        }
        assert check_origin(socket_scope(headers), OPEN)

    @pytest.mark.parametrize(
        ("origin", "pattern", "passes"),
        [
            ("https://app.example.org", "app.example.org", True),
            ("http://app.example.org", "app.example.org", True),
            ("https://app.example.org:8443", "app.example.org", False),
            ("https://app.example.org:8443", "app.example.org:8443", True),
            ("https://app.example.org", "https://app.example.org", True),
            ("http://app.example.org", "https://app.example.org", False),
            ("https://a.example.org", "*.example.org", True),
            ("https://a.example.org:1", "*.example.org", False),
            ("https://a.example.org:1", "*.example.org:1", True),
            ("https://example.org", "*.example.org", False),
            ("https://evilexample.org", "*.example.org", False),
            ("https://a.example.org", "https://*.example.org", True),
            ("http://a.example.org", "https://*.example.org", False),
            ("https://whatever.example", "*", True),
            ("null", "*", False),
            ("null", "null", False),
        ],
    )
    def test_allowed_origins(self, origin: str, pattern: str, passes: bool) -> None:
        assert origin_passes(origin, allowed_origins=["other.example", pattern]) is passes

    def test_a_refusal_names_the_fix_for_a_proxy(self) -> None:
        refusal = check_origin(socket_scope({"origin": "https://app.example.org"}), OPEN)
        assert refusal is not None
        assert "'https://app.example.org'" in refusal.reason
        assert "proxy must pass the Host header" in refusal.reason

    @given(hosts, ports, hosts, ports)
    @example("a", 80, "a", None)
    @example("a", None, "a", 443)
    def test_origins_pass_exactly_if_scheme_host_and_port_match(
        self, host: str, port: int | None, other: str, other_port: int | None
    ) -> None:
        same = host == other and (port or 80) == (other_port or 80)
        assert origin_passes(f"http://{authority(other, other_port)}", authority(host, port)) is same

    @given(st.text(max_size=30))
    def test_arbitrary_text_is_not_an_origin(self, text: str) -> None:
        assume(text.strip().lower() not in ("http://testserver", "https://testserver"))
        assume(not text.strip().lower().startswith(("http://testserver:", "https://testserver:")))
        assert not origin_passes(text.encode("latin-1", "replace").decode("latin-1"))


class TestPageURL:
    @pytest.mark.parametrize(
        ("url", "page"),
        [
            ("/", PageURL("/", "", "/")),
            ("/a/b?x=1&y=%20#part", PageURL("/a/b", "x=1&y=%20", "/a/b")),
            ("http://testserver", PageURL("/", "", "/")),
            ("http://testserver?x=1", PageURL("/", "x=1", "/")),
            ("http://testserver/#/x?y", PageURL("/", "", "/")),
            ("https://testserver:443/caf%C3%A9?q=a%2Fb", PageURL("/café", "q=a%2Fb", "/caf%C3%A9")),
            ("http://TESTSERVER/A", PageURL("/A", "", "/A")),
            ("/a?x=//evil", PageURL("/a", "x=//evil", "/a")),
        ],
    )
    def test_pages_of_this_site(self, url: str, page: PageURL) -> None:
        assert split_page_url(url, socket_scope(), OPEN) == page

    def test_the_page_as_the_browser_shows_it(self) -> None:
        page = split_page_url("http://testserver/caf%C3%A9?q=1#x", socket_scope(), OPEN)
        assert page.relative == "/caf%C3%A9?q=1"

    @pytest.mark.parametrize(
        "url",
        [
            None,
            3,
            "",
            "admin",
            "?x=1",
            "//evil.example/admin",
            "//testserver/admin",
            "http://evil.example/admin",
            "http://testserver.evil.example/",
            "http://testserver@evil.example/",
            "http://user@testserver/",
            "http://user:pass@testserver/",
            "http://testserver:8000/",
            "http:///admin",
            "http:admin",
            "http:/admin",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "ws://testserver/",
            "/adm\nin",
            "/adm%0Ain",
            "/adm%0din",
            "/adm%09in",
            "/%0Aadmin",
            "/a%00",
            "/a\\b",
            "/a%5Cb",
            "/%2Fevil",
            "http://testserver//evil",
            "http://testserver/%2Fevil",
            "http://test\tserver/",
            "http://[::1/",
            "http://testserver:x/",
            "/" + "a" * 8192,
        ],
    )
    def test_other_urls_are_refused(self, url: object) -> None:
        with pytest.raises(UnsafePageURL):
            split_page_url(url, socket_scope(), OPEN)

    def test_a_page_behind_a_proxy_that_hides_the_host(self) -> None:
        config = SecurityConfig(allowed_origins=["app.example.org"])
        assert split_page_url("https://app.example.org/x", socket_scope(), config).path == "/x"

    @given(st.text(max_size=30), st.text("abc=&%20", max_size=10))
    def test_a_page_url_is_read_like_the_request_for_it(self, path: str, query: str) -> None:
        """The value of `location.href` and the scope of the ASGI server give the same page, or none."""
        raw = quote(f"/{path}", safe="/")
        refused = check_path(http_scope(f"/{path}")) is not None
        for url in (f"http://testserver{raw}?{query}#x", f"{raw}?{query}"):
            if refused:
                with pytest.raises(UnsafePageURL):
                    split_page_url(url, socket_scope(), OPEN)
            else:
                assert split_page_url(url, socket_scope(), OPEN) == PageURL(f"/{path}", query, raw)

    @given(st.text(alphabet=st.sampled_from("htps:/\\@.#?%0a\n\ttesrvevil"), max_size=30))
    def test_arbitrary_text_never_leads_to_another_site(self, url: str) -> None:
        try:
            page = split_page_url(url, socket_scope(), OPEN)
        except UnsafePageURL:
            return
        assert page.path.startswith("/")
        assert check_path(http_scope(page.path)) is None


def test_a_request_is_checked_for_path_and_host() -> None:
    checks = checks_of("testserver")
    assert checks.refusal(http_scope("/")) is None
    assert checks.refusal(http_scope("/a\n")) is not None
    assert checks.refusal(http_scope("/", headers=[(b"host", b"evil.example")])) is not None
    headers = [(b"host", b"testserver"), (b"origin", b"null")]
    assert checks.refusal(http_scope("/", headers=headers)) is None


HOSTS = [b"testserver", b"TESTSERVER", b"evil.example", b"testserver:81", b"testserver.", b"", b"a b"]


@given(requests=st.lists(st.lists(st.sampled_from(HOSTS), max_size=2), max_size=8))
def test_earlier_requests_do_not_change_which_hosts_pass(requests: list[list[bytes]]) -> None:
    used = checks_of("testserver")
    for hosts in requests:
        headers = [(b"host" if number % 2 == 0 else b"Host", host) for number, host in enumerate(hosts)]
        alone = checks_of("testserver").refusal(http_scope("/", headers=headers))
        assert (used.refusal(http_scope("/", headers=headers)) is None) == (alone is None)


def checks_of(host: str) -> RequestChecks:
    return RequestChecks(SecurityConfig(allowed_hosts=[host]), Audit(), frozenset)


def test_a_handshake_is_checked_for_origin_too() -> None:
    assert check_handshake(socket_scope({"origin": "http://testserver"}), OPEN) is None
    assert check_handshake(socket_scope({"origin": "null"}), OPEN) is not None
    assert check_handshake(socket_scope(path="/a\nb"), OPEN) is not None
    assert check_handshake(socket_scope({"host": "evil"}), SecurityConfig(allowed_hosts=["good"])) is not None
