"""The handshake of one connection as ASGI sees it: the scope, and the message that accepts or refuses."""

import logging
from collections.abc import Iterable, MutableMapping
from typing import Any, NamedTuple

from uvicorn.protocols.utils import get_client_addr, get_path_with_query_string

from pyview.uvicorn_ws.handshake import Header, PlainAccept, refusal, switching_protocols

Message = MutableMapping[str, Any]


class Answer(NamedTuple):
    """The response to a handshake."""

    accepted: bool
    data: bytes


class Opening:
    """A handshake that is not answered yet."""

    __slots__ = ("_accept", "_body", "_default_headers", "_log", "_plain", "_scope", "_start")

    def __init__(
        self,
        accept: bytes,
        scope: Any,
        default_headers: list[Header],
        plain: PlainAccept,
        log: logging.Logger,
    ) -> None:
        self._accept = accept
        self._plain = plain
        self._scope = scope
        self._default_headers = default_headers
        self._log = log
        self._start: Message | None = None
        self._body = b""

    def answer(self, message: Message) -> Answer | None:
        """Return the response for a message of the application, None if it is not complete. Raises `RuntimeError`."""
        kind = message["type"]
        if self._start is not None:
            return self._add_body(kind, message)
        if kind == "websocket.accept":
            return self._accepted(message)
        if kind == "websocket.close":
            self._note(403)
            return Answer(False, self.refused(403))
        if kind == "websocket.http.response.start":
            self._begin(message)
            return None
        raise RuntimeError(
            "Expected ASGI message 'websocket.accept', 'websocket.close' "
            f"or 'websocket.http.response.start' but got '{kind}'."
        )

    def refused(self, status: int, headers: Iterable[Header] = (), body: bytes = b"") -> bytes:
        """Return a response that refuses the handshake."""
        return refusal(status, _merged(self._default_headers, headers), body)

    def _accepted(self, message: Message) -> Answer:
        subprotocol, own = message.get("subprotocol"), message.get("headers")
        if subprotocol or own:
            headers = _merged(self._default_headers, own or ())
            if subprotocol:
                headers.append((b"sec-websocket-protocol", subprotocol.encode("latin-1")))
            data = switching_protocols(self._accept, headers)
        else:
            data = self._plain.response(self._accept, self._default_headers)
        self._note("[accepted]")
        return Answer(True, data)

    def _begin(self, message: Message) -> None:
        status = message["status"]
        if not 200 <= status < 600:
            raise RuntimeError(f"Invalid HTTP status code '{status}' in response.")
        self._start = message
        self._note(status)

    def _add_body(self, kind: str, message: Message) -> Answer | None:
        if kind != "websocket.http.response.body":
            raise RuntimeError(f"Expected ASGI message 'websocket.http.response.body' but got '{kind}'.")
        self._body += message.get("body", b"")
        if self._start is None or message.get("more_body", False):
            return None
        return Answer(
            False, self.refused(self._start["status"], self._start.get("headers") or (), self._body)
        )

    def _note(self, result: int | str) -> None:
        if self._log.isEnabledFor(logging.INFO):
            client, url = get_client_addr(self._scope), get_path_with_query_string(self._scope)
            self._log.info('%s - "WebSocket %s" %s', client, url, result)


def _merged(default: list[Header], given: Iterable[Header]) -> list[Header]:
    """Return `given` behind those of `default` that it does not replace."""
    own = [(name.lower(), value) for name, value in given]
    if not own:
        return default.copy()
    names = {name for name, _ in own}
    return [header for header in default if header[0] not in names] + own
