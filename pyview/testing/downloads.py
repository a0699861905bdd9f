"""Files that the page is offered by `socket.download`."""

from dataclasses import dataclass
from email.message import Message
from urllib.parse import unquote

import httpx

from pyview.testing.errors import PageError
from pyview.testing.tab_state import TabState


@dataclass(frozen=True, slots=True)
class SavedFile:
    """A file that the browser has saved. `media_type` is the `Content-Type` of the response."""

    filename: str
    media_type: str
    content: bytes

    @property
    def text(self) -> str:
        """The content as UTF-8, without a byte order mark."""
        return self.content.decode("utf-8-sig")


async def fetch_offered(state: TabState) -> SavedFile:
    """Fetch the file whose link came first. Raises `PageError`."""
    state.pump()
    if not state.downloads:
        raise PageError(
            f"{state.url} was offered no file: expected a handler that calls socket.download(...). Each file is "
            "fetched once"
        )
    response = await state.browser.http.get(state.downloads.popleft(), headers={"referer": state.url})
    if response.status_code != 200:
        raise PageError(
            f"the server refused the file with HTTP status {response.status_code}: {response.text}"
        )
    return SavedFile(_filename(response), response.headers["content-type"], response.content)


def _filename(response: httpx.Response) -> str:
    disposition = response.headers["content-disposition"]
    _, encoded, name = disposition.partition("filename*=UTF-8''")
    if encoded:
        return unquote(name)
    header = Message()
    header["content-disposition"] = disposition
    return header.get_filename("")
