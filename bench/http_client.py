"""HTTP/1.1 for the load generator: one keep-alive connection, one request in flight."""

import asyncio
import re
from dataclasses import dataclass
from typing import cast

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_COOKIE = re.compile(rb"\r\nset-cookie: *([^;\r]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Response:
    head: bytes
    body: bytes

    @property
    def cookie(self) -> str:
        """Return the `Cookie` header that a browser sends after these responses."""
        return "; ".join(pair.decode() for pair in _COOKIE.findall(self.head))


class HttpConnection(asyncio.Protocol):
    """HTTP connection. `get` awaits one response; `start` sends requests in turn until `stop`.

    `navigates`: its pages join, so it says as browsers do that it loads documents.
    """

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.cookie = ""
        self.navigates = False
        self.answered = 0
        self.received_bytes = 0
        self._request = b""
        self._buffer = b""
        self._expected = 0
        self._repeating = False
        self._answer: asyncio.Future[Response] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(error or ConnectionError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        if not self._expected:
            self._expected = self._length_of_response()
        if self._expected and len(self._buffer) >= self._expected:
            self._complete()

    async def get(self, path: str) -> Response:
        """Return the response to a GET. Raises `RuntimeError` for a status other than 200."""
        return await self._once("GET", path, b"")

    async def put(self, path: str, body: bytes) -> None:
        """Send a PUT. Raises `RuntimeError` for a status other than 200."""
        await self._once("PUT", path, body)

    def start(self, path: str) -> None:
        self._repeating = True
        self._ask("GET", path, b"")

    async def stop(self) -> None:
        """Stop, and return when the request in flight has been answered."""
        self._repeating = False
        assert self._answer is not None
        async with asyncio.timeout(10):
            await self._answer

    def close(self) -> None:
        self.transport.close()

    async def _once(self, method: str, path: str, body: bytes) -> Response:
        answer = self._ask(method, path, body)
        async with asyncio.timeout(10):
            return await answer

    def _ask(self, method: str, path: str, body: bytes) -> "asyncio.Future[Response]":
        host, port = self.transport.get_extra_info("peername")
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        cookie = f"Cookie: {self.cookie}\r\n" if self.cookie else ""
        browser = "Sec-Fetch-Dest: document\r\n" if self.navigates else ""
        own = f"Accept: text/html\r\n{browser}{cookie}{length}"
        head = f"{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\n{own}\r\n"
        self._request = head.encode() + body
        self._answer = asyncio.get_running_loop().create_future()
        self.transport.write(self._request)
        return self._answer

    def _length_of_response(self) -> int:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return 0
        length = _LENGTH.search(self._buffer, 0, end + 2)
        if length is None:
            raise RuntimeError(f"no Content-Length in the response: {self._buffer[:end]!r}")
        return end + 4 + int(length.group(1))

    def _complete(self) -> None:
        response, self._buffer, self._expected = self._buffer, b"", 0
        self.answered += 1
        self.received_bytes += len(response)
        assert self._answer is not None
        if not response.startswith(b"HTTP/1.1 200"):
            self._answer.set_exception(RuntimeError(f"expected status 200, got: {response[:300]!r}"))
        elif self._repeating:
            self.transport.write(self._request)
        else:
            head, _, body = response.partition(b"\r\n\r\n")
            self._answer.set_result(Response(head + b"\r\n", body))


async def connect_http(port: int) -> HttpConnection:
    _, connection = await asyncio.get_running_loop().create_connection(HttpConnection, "127.0.0.1", port)
    return connection
