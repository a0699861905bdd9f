"""How the client lets go of live components whose elements have gone from the page."""

import re
from collections.abc import Awaitable, Callable

from pyview.testing.connection import Connection, Pending
from pyview.testing.payloads import COMPONENT
from pyview.testing.view import View

_MARK = re.compile(rf' {COMPONENT}="(\d+)"')

Answer = Callable[[Pending], Awaitable[None]]


def shown_components(view: View) -> frozenset[int]:
    """The numbers of the components whose elements are in the view's HTML."""
    if "c" not in view.tree:
        return frozenset()
    return frozenset(map(int, _MARK.findall(view.html(strip=False))))


async def let_go(view: View, connection: Connection, cids: frozenset[int], answer: Answer) -> None:
    """Say that components will go, then that those have gone that did not come back; forget what the server forgets."""
    going = await _told(view, connection, "cids_will_destroy", cids, answer)
    if going is None:
        return
    gone = await _told(view, connection, "cids_destroyed", cids, answer)
    view.prune(gone.response["cids"] if gone is not None else [])


async def _told(
    view: View, connection: Connection, message: str, cids: frozenset[int], answer: Answer
) -> Pending | None:
    """The answer to a message about those that are still not shown; None if there are none, or nobody answers."""
    connection.pump()
    left = sorted(cids - shown_components(view))
    if not left or view.channel.state != "joined":
        return None
    pending = await connection.push(view.channel, message, {"cids": left})
    await answer(pending)
    return pending if pending.status == "ok" else None
