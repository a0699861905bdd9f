"""Checks that a view's user may still see it and may cause an event.

A session can end, and a user can lose a scope, while a page is open. A handler asks before it runs.
"""

from typing import Any

from pyview.events import EventRequirements
from pyview.process.answers import redirect, reply
from pyview.process.messages import ComponentEvent, Event
from pyview.process.view_process import ViewProcess
from pyview.rendering.lifecycle import Location
from pyview.requirement import first_unmet, wants_fresh


async def may_continue(process: ViewProcess, ref: str | None) -> bool:
    """Return True if the user may still see the view. If not, the message of `ref` has been answered."""
    return process.guard is None or process.guard.is_fresh() or await may_see(process, ref)


async def may_see(
    process: ViewProcess, ref: str | None, location: Location | None = None, *, fresh: bool = False
) -> bool:
    """Ask the guard about `location`, by default the view's own. `fresh`: with an identity that is loaded again.

    A user who may not see it loads the page over HTTP, where the answer is the right one: the sign-in page or 403.
    """
    guard = process.guard
    if guard is None:
        return True
    location = location or process.mount_context.location
    if not await guard.allows(location, fresh=fresh):
        await redirect(process, ref, location.page if process.mount_context.routed else process.page)
        return False
    # By identity of the object: each lookup makes a new one.
    if guard.identity is not process.mount_context.identity:
        process.take_identity(guard.identity)
    return True


async def may_cause(
    process: ViewProcess, requirements: EventRequirements, message: Event | ComponentEvent, owner: Any
) -> bool:
    """Return True if the user may cause an event of `owner`, a view or a component. If not, it has been answered."""
    asked = requirements.of(message.name)
    if wants_fresh(asked, process.socket.identity) and not await may_see(process, message.ref, fresh=True):
        return False
    unmet = await first_unmet(asked, process.socket.identity, owner)
    if unmet is None:
        # A condition may have waited for a database, and the page may have left meanwhile.
        return not process.ended
    if process.guard is not None:
        process.guard.log_denied(message.name)
    if unmet.redirect is None:
        reply(process, message.ref, {"reason": "forbidden"}, "error")
    elif not process.ended:
        await redirect(process, message.ref, process.connection.sign_in_url(unmet.redirect, process.page))
    return False
