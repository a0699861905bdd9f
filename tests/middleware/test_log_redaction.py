"""Secrets in URLs do not reach the logs of the server, not even in a URL inside a URL."""

import logging
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyview.middleware.log_redaction import SECRET_PARAMETERS, RedactSecrets, install_redaction


def logged(message: str, *args: object) -> str:
    record = logging.LogRecord("uvicorn.access", logging.INFO, __file__, 1, message, args, None)
    assert RedactSecrets().filter(record)
    return record.getMessage()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/x?api_key=s3cret", "/x?api_key=[redacted]"),
        ("/x?a=1&token=s3cret&b=2", "/x?a=1&token=[redacted]&b=2"),
        ("/live/websocket?_csrf_token=s3cret&vsn=2.0.0", "/live/websocket?_csrf_token=[redacted]&vsn=2.0.0"),
        ("/cb?code=s3cret%26x#y", "/cb?code=[redacted]#y"),
        ("/x?TOKEN=s3cret", "/x?TOKEN=[redacted]"),
        ("/x?mytoken=public&decode=1&a=token", "/x?mytoken=public&decode=1&a=token"),
        ("/login?next=%2Fx%3Fapi_key%3Ds3cret%26b%3D2", "/login?next=%2Fx%3Fapi_key%3D[redacted]%26b%3D2"),
        ("/a?n=%252Fx%253Ftoken%253Ds3cret%2526b%253D2", "/a?n=%252Fx%253Ftoken%253D[redacted]%2526b%253D2"),
        ("/plain/path", "/plain/path"),
    ],
)
def test_secret_parameters_are_redacted(url: str, shown: str) -> None:
    assert (
        logged('%s - "%s %s HTTP/%s" %d', "1.2.3.4", "GET", url, "1.1", 200)
        == f'1.2.3.4 - "GET {shown} HTTP/1.1" 200'
    )


def test_named_arguments_and_messages_are_redacted() -> None:
    assert logged("%(path)s %(size)d", {"path": "/?token=s3cret", "size": 3}) == "/?token=[redacted] 3"
    assert logged("GET /?token=s3cret") == "GET /?token=[redacted]"


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("< cookie: session=s3cret", "< cookie: [redacted]"),
        ("> Set-Cookie: session=s3cret; path=/", "> Set-Cookie: [redacted]"),
        ("< authorization: Bearer s3cret", "< authorization: [redacted]"),
        ("< host: example.org", "< host: example.org"),
        ('< TEXT \'["4", "phx_join", "s3cret [8 bytes]"]\' [442 bytes]', "< TEXT [redacted] [442 bytes]"),
        ("> TEXT 's3\n\ncret' [9 bytes, continued]", "> TEXT [redacted] [9 bytes, continued]"),
        ("> BINARY 73 33 [2 bytes]", "> BINARY [redacted] [2 bytes]"),
        ("< CLOSE 1000 (OK) [2 bytes]", "< CLOSE 1000 (OK) [2 bytes]"),
        ("{'path': '/', 'query_string': b'api_key=s3cret'}", "{'path': '/', 'query_string': '[redacted]'}"),
        ("{'query_string': b\"a='s3cret'\", 'x': 1}", "{'query_string': '[redacted]', 'x': 1}"),
        ("{'subprotocols': ['phoenix', 'bearer.s3cret']}", "{'subprotocols': '[redacted]'}"),
    ],
)
def test_debug_lines_of_servers_are_redacted(message: str, shown: str) -> None:
    for form, args in ((message.replace("%", "%%"), ()), ("%s", (message,))):
        record = logging.LogRecord("uvicorn.error", logging.DEBUG, __file__, 1, form, args, None)
        assert RedactSecrets().filter(record)
        assert record.getMessage() == shown


@given(
    st.sampled_from(SECRET_PARAMETERS),
    st.text(min_size=1).map(lambda text: f"S3CRET{text}S3CRET"),
    st.integers(0, 2),
)
def test_secrets_are_redacted_at_every_depth_of_encoding(name: str, value: str, depth: int) -> None:
    url = f"/page?{urlencode({'a': 1, name: value, 'z': 1})}"
    for _ in range(depth):
        url = f"/login?next={quote(url, safe='')}&x=1"
    assert "S3CRET" not in logged("%s", url)


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    logger = logging.getLogger("tests.redaction")
    yield logger
    logger.filters.clear()


def test_the_filter_is_added_once(logger: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    install_redaction([logger.name])
    install_redaction([logger.name])
    assert len(logger.filters) == 1
    with caplog.at_level(logging.INFO, logger.name):
        logger.info('"WebSocket %s" [accepted]', "/live/websocket?_csrf_token=s3cret")
    assert "s3cret" not in caplog.text
