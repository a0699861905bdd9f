"""Keeps secrets that travel in URLs out of the server's logs."""

import logging
import re
from collections.abc import Sequence
from typing import Any

SECRET_PARAMETERS = (
    "api_key",
    "token",
    "code",
    "_csrf_token",
    "access_token",
    "id_token",
    "password",
    "secret",
)
SERVER_LOGGERS = ("uvicorn.access", "uvicorn.error", "hypercorn.access", "hypercorn.error", "granian.access")

_REDACTED = "[redacted]"


class RedactSecrets(logging.Filter):
    """Replaces the values of secret query parameters in a record's message and arguments.

    A URL inside a URL counts too: the `next` of a login page may carry somebody's `api_key`.
    """

    def __init__(self, names: Sequence[str] = SECRET_PARAMETERS) -> None:
        super().__init__()
        name = f"(?:{'|'.join(map(re.escape, names))})"
        # A value ends where its own depth of encoding ends it: %26 one URL deep, %2526 two deep.
        nested = rf"(%((?:25)*)(?:3F|26){name}%\2(?:3D))(?:(?!%\2(?:26|23))[^&#\s\"])*"
        self._plain = re.compile(rf"([?&]{name}=)[^&#\s\"]*", re.IGNORECASE)
        self._nested = re.compile(nested, re.IGNORECASE)

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = self._clean(record.msg)
        if isinstance(record.args, tuple):
            record.args = tuple(map(self._clean, record.args))
        elif isinstance(record.args, dict):
            for key, value in record.args.items():
                record.args[key] = self._clean(value)
        return True

    def _clean(self, value: Any) -> Any:
        if not isinstance(value, str) or ("=" not in value and "%" not in value):
            return value
        return self._nested.sub(rf"\1{_REDACTED}", self._plain.sub(rf"\1{_REDACTED}", value))


def install_redaction(loggers: Sequence[str] = SERVER_LOGGERS) -> None:
    """Filter these loggers, once however often it is called."""
    for name in loggers:
        logger = logging.getLogger(name)
        if not any(isinstance(found, RedactSecrets) for found in logger.filters):
            logger.addFilter(RedactSecrets())
