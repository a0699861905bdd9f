"""Raw frames for tests: the tokens of a page, and joins as the JavaScript client sends them."""

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx

from pyview.testing import LiveClient, RawSocket


@dataclass
class Page:
    """Tokens and ids in the HTML of a live page."""

    url: str
    dom_id: str
    session: str
    static: str
    csrf: str

    @property
    def topic(self) -> str:
        return f"lv:{self.dom_id}"

    def join(self, ref: str, **changes: Any) -> list[Any]:
        payload: dict[str, Any] = {
            "url": self.url,
            "params": {"_csrf_token": self.csrf, "_mounts": 0, "_mount_attempts": 0},
            "session": self.session,
            "static": self.static or None,
            "sticky": False,
        }
        payload.update(changes)
        return [ref, ref, self.topic, "phx_join", payload]


async def load(client: LiveClient, path: str) -> Page:
    return page_in(await client.get(path))


def page_in(response: httpx.Response) -> Page:
    assert response.status_code == 200, response.text
    html = response.text
    return Page(
        url=str(response.url),
        dom_id=_find(r'id="(phx-[^"]+)"', html),
        session=_find(r'data-phx-session="([^"]*)"', html),
        static=_find(r'data-phx-static="([^"]*)"', html),
        csrf=_find(r'name="csrf-token" content="([^"]*)"', html),
    )


def _find(pattern: str, html: str) -> str:
    found = re.search(pattern, html)
    assert found, pattern
    return unescape(found[1])


def connect(client: LiveClient, page: Page | None = None, **options: Any) -> RawSocket:
    params = {"vsn": "2.0.0", **({"_csrf_token": page.csrf} if page else {})}
    return client.raw_socket(params=options.pop("params", params), **options)


async def join(socket: RawSocket, page: Page, ref: str = "4", **changes: Any) -> Any:
    """Join, and return `["ok" or "error", response]`."""
    await socket.send_frame(page.join(ref, **changes))
    frame = await socket.receive_frame()
    assert frame[:4] == [ref, ref, page.topic, "phx_reply"], frame
    return [frame[4]["status"], frame[4]["response"]]


def event(page: Page, ref: str, name: str, value: Any = None, *, join_ref: str = "4") -> list[Any]:
    return [join_ref, ref, page.topic, "event", {"type": "click", "event": name, "value": value or {}}]
