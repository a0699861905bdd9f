"""What goes wrong in a test: every class here is an `AssertionError`, so a test runner shows it as a failure."""


class PageError(AssertionError):
    """Something the test expected of a page is not so."""


class ElementNotFound(PageError):
    """No element matches, or several do where one is meant. The text lists what is there."""


class NotConnected(PageError):
    """The page has no live connection: it is not a live page, was dropped, or the server closed it."""


class NoAnswer(PageError):
    """The server did not answer in time. A browser would reload the page after 30 seconds."""


class ViewCrashed(PageError):
    """The view raised: the server sent `phx_error`. The page has joined again, its state is that of a new mount."""


class TooManyReloads(PageError):
    """The server refuses every join, so a browser would load the page over and over again."""


class SocketRefused(PageError):
    """The server answered the WebSocket handshake with an HTTP status."""

    def __init__(self, status: int, body: bytes = b"") -> None:
        super().__init__(f"the WebSocket handshake was refused with HTTP status {status}: {body[:200]!r}")
        self.status = status
        self.body = body


class SocketClosed(PageError):
    """The server closed the WebSocket."""

    def __init__(self, code: int, reason: str = "") -> None:
        super().__init__(f"the server closed the WebSocket with code {code} {reason}".rstrip())
        self.code = code
        self.reason = reason
