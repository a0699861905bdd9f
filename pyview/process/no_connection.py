"""The connection of a view without a page."""

from collections.abc import Callable
from typing import Any

from pyview.process.messages import CookieRejected, Join
from pyview.process.uploads import UploadLoad
from pyview.rendering.lifecycle import Location
from pyview.sessions.change import SessionChange


class NoConnection:
    """Drops what a view sends. `client` is the IP that its page had, for the log.

    It takes the place of a connection whose view has ended, so that neither keeps the other alive.
    """

    __slots__ = ("client",)

    is_full = True  # so that the view does not render
    sent = 0
    page: str | None = None
    has_session = False

    def __init__(self, client: str) -> None:
        self.client = client

    def reply(self, ref: str | None, status: str, response: dict[str, Any]) -> None:
        """Drop the reply: nothing waits for it."""

    def push(self, event: str, payload: Any) -> None:
        """Drop the message."""

    def push_shared(self, frame_end: bytes, *, more: bool) -> None:
        """Drop the diff."""

    def refused(self) -> None:
        """Do nothing: there is no page."""

    def closed(self) -> None:
        """Do nothing: there is no page."""

    def crashed(self, error_id: str = "") -> None:
        """Do nothing: there is no page."""

    def overloaded(self) -> None:
        """Do nothing: there is no page."""

    def join_again(self, message: Join) -> None:
        """Do nothing: there is no page."""

    def when_writable(self, call: Callable[[], None]) -> None:
        """Do nothing: no page will read again."""

    def locate(self, url: str) -> Location | None:
        return None

    def sign_in_url(self, redirect: str, page: str) -> str:
        return redirect

    def mint_change_token(self, change: SessionChange) -> str | None:
        return None

    async def renew(self, payload: Any) -> dict[str, str]:
        raise CookieRejected("the page is away")

    def upload_load(self) -> UploadLoad:
        return UploadLoad(0, 0)
