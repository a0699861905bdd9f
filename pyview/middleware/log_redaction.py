"""Log redaction: no secrets from URLs in the logs of the server, and no frames and cookies in its debug logs."""

import logging
import re
from collections.abc import Sequence
from typing import Any

SECRET_PARAMETERS = (
    "api_key",
    "token",
    "code",
    "_csrf_token",
    "_csp_nonce",
    "access_token",
    "id_token",
    "password",
    "secret",
)
# Each by its full name: Python does not ask the filter of a logger about records of its children.
SERVER_LOGGERS = (
    "uvicorn.access",
    "uvicorn.error",
    "uvicorn.asgi",
    "websockets.server",
    "hypercorn.access",
    "hypercorn.error",
    "granian.access",
)

_REDACTED = "[redacted]"
# Lines of the servers at debug level. The cookie of a handshake is the whole session.
_HEADER = re.compile(
    r"^([<>] (?:cookie|set-cookie|authorization|proxy-authorization|sec-websocket-protocol): ).*",
    re.IGNORECASE,
)
_FRAME = re.compile(r"^([<>] (?:TEXT|BINARY|CONT) ).*?((?: \[[^\]]*\])?)$", re.DOTALL)
_SCOPE = re.compile(r"('(?:query_string|subprotocols)': )(?:b'[^']*'|b\"[^\"]*\"|\[[^\]]*\])")


class RedactSecrets(logging.Filter):
    """Replaces the values of secret query parameters in the message and arguments of a log record.

    URLs inside URLs are included: the `next` of a login page may contain an `api_key`.
    """

    def __init__(self, names: Sequence[str] = SECRET_PARAMETERS) -> None:
        super().__init__()
        name = f"(?:{'|'.join(map(re.escape, names))})"
        # The end of a value is encoded as often as its URL: `%26` in a URL inside a URL, `%2526` one level deeper.
        nested = rf"(%((?:25)*)(?:3F|26){name}%\2(?:3D))(?:(?!%\2(?:26|23))[^&#\s\"])*"
        self._plain = re.compile(rf"([?&]{name}=)[^&#\s\"]*", re.IGNORECASE)
        self._nested = re.compile(nested, re.IGNORECASE)

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno <= logging.DEBUG:
            # Frames and cookies are arguments of such records, so the message is put together first.
            record.msg, record.args = _without_traffic(record.getMessage()), ()
        record.msg = self._clean(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(map(self._clean, record.args))
        elif isinstance(record.args, dict):
            for key, value in record.args.items():
                record.args[key] = self._clean(value)
        return True

    def _clean(self, value: Any) -> Any:
        return self.clean(value) if isinstance(value, str) else value

    def clean(self, value: str) -> str:
        """Return `value` with the secrets of its URLs replaced."""
        # Without a search in the arguments of most records, such as methods and status codes.
        if "=" not in value and "%" not in value:
            return value
        return self._nested.sub(rf"\1{_REDACTED}", self._plain.sub(rf"\1{_REDACTED}", value))


def _without_traffic(message: str) -> str:
    message = _FRAME.sub(rf"\1{_REDACTED}\2", _HEADER.sub(rf"\1{_REDACTED}", message))
    return _SCOPE.sub(rf"\1'{_REDACTED}'", message)


def install_redaction(loggers: Sequence[str] = SERVER_LOGGERS) -> None:
    """Add the filter to these loggers, at most once to each."""
    for name in loggers:
        logger = logging.getLogger(name)
        if not any(isinstance(found, RedactSecrets) for found in logger.filters):
            logger.addFilter(RedactSecrets())
