"""A handshake is judged by itself, also when the one before was accepted with nearly the same headers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyview import SecurityConfig
from pyview.middleware.handshakes import HandshakeChecks
from tests.asgi import socket_scope

CONFIGS = [
    SecurityConfig(),
    SecurityConfig(allowed_hosts=["shop.example", "*.shop.example"], require_origin=True),
    SecurityConfig(allowed_hosts=["*"], allowed_origins=["https://partner.example"]),
]
HOSTS = [b"shop.example", b"a.shop.example", b"shop.example:80", b"evil.example"]
ORIGINS = [b"http://shop.example", b"https://shop.example", b"https://partner.example", b"null"]
NEARLY = [(b"cookie", b"origin"), (b"date", b"host"), (b"hosts", b"evil.example")]

SCOPES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "path": st.sampled_from(["/live/websocket", "/live/websocket\n", "//live/websocket"]),
        "root_path": st.sampled_from(["", "/shop"]),
        "scheme": st.sampled_from(["ws", "wss"]),
        "query_string": st.sampled_from(
            [b"vsn=2.0.0", b"a=b&vsn=2.0.0", b"vsn=1.0.0&vsn=2.0.0", b"xvsn=2.0"]
        ),
        "headers": st.lists(
            st.one_of(
                st.tuples(st.sampled_from([b"host", b"Host"]), st.sampled_from(HOSTS)),
                st.tuples(st.sampled_from([b"origin", b"ORIGIN"]), st.sampled_from(ORIGINS)),
                st.sampled_from(NEARLY),
            ),
            max_size=4,
        ),
    }
)


@pytest.mark.parametrize("config", CONFIGS)
@given(st.lists(SCOPES, min_size=2, max_size=8))
def test_the_verdict_is_that_of_a_first_handshake(
    config: SecurityConfig, handshakes: list[dict[str, Any]]
) -> None:
    checks = HandshakeChecks(config)
    # Twice, so that each follows itself and every other one.
    for changes in [*handshakes, *(each for each in handshakes for _ in range(2))]:
        scope = {**socket_scope(), **changes}
        assert checks.refusal(scope) == HandshakeChecks(config).refusal(scope)


@pytest.mark.parametrize(
    "origin",
    [b"http://evil.example", b"null", b"https://shop.example.evil.example", b"http://shop.example:81"],
)
def test_another_origin_is_refused_after_one_that_was_accepted(origin: bytes) -> None:
    checks = HandshakeChecks(SecurityConfig())
    own = [(b"host", b"shop.example"), (b"origin", b"http://shop.example")]
    assert checks.refusal({**socket_scope(), "headers": own}) is None
    for headers in (
        [own[0], (b"origin", origin)],
        [own[0], (b"ORIGIN", origin)],
        [*own, (b"origin", origin)],
    ):
        assert checks.refusal({**socket_scope(), "headers": headers}) is not None
