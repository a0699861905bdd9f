"""A page that goes on with the view of its HTTP response equals one whose view is mounted again."""

import json
import re
from collections import Counter
from types import MappingProxyType
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from pyview import LiveView, PyView
from pyview.testing import LiveClient
from tests.frames import connect, event, page_in
from tests.process.pages import PARTS, view_of

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
NAVIGATION: Final = MappingProxyType({"sec-fetch-dest": "document", "sec-fetch-mode": "navigate"})

EVENTS = ("n", "row", "insert", "typed", "big", "title", "patch", "up")
_RANDOM = re.compile(r'phx-[0-9a-f]{16}|data-phx-session=\\"[^"]*\\"')


async def visit(view: type[LiveView[Any]], events: list[str], *, once: bool) -> list[Any]:
    """Return all that a page gets, from the reply to its join on. Random ids and tokens are left out."""
    app = PyView(secret=SECRET)
    app.add_live_view("/", view)
    async with LiveClient(app) as client:
        page = page_in(await client.get("/?late=query", headers=dict(NAVIGATION) if once else {}))
        async with connect(client, page) as socket:
            await socket.send_frame(page.join("4"))
            frames = [await socket.receive_frame()]
            for number, name in enumerate(events, 10):
                frame = event(page, str(number), name)
                frame[4] |= {"cid": 1} if name == "up" else {}
                await socket.send_frame(frame)
                while frames[-1][1] != str(number):
                    frames.append(await socket.receive_frame())
    text = json.dumps(frames).replace(page.dom_id, "the page")
    result: list[Any] = json.loads(_RANDOM.sub("random", text))
    return result


@settings(max_examples=35, deadline=None)
@given(
    parts=st.frozensets(st.sampled_from(sorted(PARTS)), min_size=1),
    events=st.lists(st.sampled_from(EVENTS), max_size=6),
)
async def test_a_page_that_goes_on_equals_one_that_is_mounted_again(
    parts: frozenset[str], events: list[str]
) -> None:
    once, again = view_of(parts), view_of(parts)
    frames = await visit(once, events, once=True)
    assert frames == await visit(again, events, once=False)
    assert frames[0][4]["status"] == "ok"
    patches = events.count("patch")
    assert once.calls == Counter(mount=1, handle_params=1 + patches, disconnect=1)
    assert again.calls == Counter(mount=2, handle_params=2 + patches, disconnect=1)
