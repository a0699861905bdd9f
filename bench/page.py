"""Load pages as a browser does before it connects: tokens and cookies."""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html import unescape
from urllib.parse import urlencode

import orjson

from bench.http_client import Response, connect_http
from bench.server import Server


@dataclass(frozen=True)
class Page:
    """Tokens and cookies of a loaded page."""

    origin: str
    path: str
    topic: str
    session: str
    static: str
    csrf: str
    cookie: str

    @cached_property
    def socket_url(self) -> str:
        query = urlencode({"_csrf_token": self.csrf, "vsn": "2.0.0"})
        return f"{self.origin.replace('http', 'ws', 1)}/live/websocket?{query}"

    @cached_property
    def headers(self) -> dict[str, str]:
        cookie = {"Cookie": self.cookie} if self.cookie else {}
        return {"Origin": self.origin, **cookie}

    def join_frame(self) -> bytes:
        """Return the join frame that the official client sends for the main view of a new page."""
        params = {"_csrf_token": self.csrf, "_mounts": 0, "_mount_attempts": 0}
        payload = {
            "url": self.origin + self.path,
            "params": params,
            "session": self.session,
            "static": self.static or None,
            "sticky": False,
        }
        return orjson.dumps(["4", "4", self.topic, "phx_join", payload])

    def click_frame(self, event: str, cid: int | None = None) -> bytes:
        """Return the frame of a click on a `<button>`, for the component `cid` if given."""
        target = {} if cid is None else {"cid": cid}
        payload = {"type": "click", "event": event, "value": {"value": ""}, **target}
        return orjson.dumps(["4", "12", self.topic, "event", payload])


async def open_pages(server: Server, path: str, count: int, sign_in: str = "") -> list[Page]:
    """Load `count` pages with eight concurrent browsers, each signed in at the path `sign_in`, if given."""
    turns = iter(range(count))
    browsers = (_open_in_turn(server, path, turns, sign_in) for _ in range(min(8, count)))
    return [page for batch in await asyncio.gather(*browsers) for page in batch]


async def _open_in_turn(server: Server, path: str, turns: Iterator[int], sign_in: str) -> list[Page]:
    connection = await connect_http(server.port)
    try:
        if sign_in:
            connection.cookie = (await connection.get(sign_in)).cookie
        connection.navigates = True
        return [read_page(server.origin, path, await connection.get(path), connection.cookie) for _ in turns]
    finally:
        connection.close()


def read_page(origin: str, path: str, response: Response, cookie: str = "") -> Page:
    """Read the page of a response, for a browser with the cookies in `cookie`."""
    html = response.body.decode()
    root = _tag(html, r"<\w+[^>]*\bdata-phx-main\b[^>]*>")
    return Page(
        origin=origin,
        path=path,
        topic="lv:" + _attribute(root, "id"),
        session=_attribute(root, "data-phx-session"),
        static=_attribute(root, "data-phx-static"),
        csrf=_attribute(_tag(html, r"<meta[^>]*\bcsrf-token\b[^>]*>"), "content"),
        cookie="; ".join(filter(None, (cookie, response.cookie))),
    )


def _tag(html: str, pattern: str) -> str:
    found = re.search(pattern, html)
    if found is None:
        raise RuntimeError(f"the page has no tag like {pattern!r}; it begins: {html[:200]!r}")
    return found.group()


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\s{name}="([^"]*)"', tag)
    return unescape(found.group(1)) if found else ""
