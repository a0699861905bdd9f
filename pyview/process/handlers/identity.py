"""Messages about the session and the user of a page."""

from pyview.process.access import may_continue, may_see
from pyview.process.answers import finish, redirect, reject, reply
from pyview.process.mailbox import Handlers
from pyview.process.messages import CookieChanged, CookieRejected, Recheck, SessionRenewed
from pyview.process.view_process import ViewProcess


async def handle_recheck(process: ViewProcess, message: Recheck) -> None:
    """Check that the user may still see the view: a session was revoked, or its identity is too old."""
    await may_continue(process, None)


async def handle_session_renewed(process: ViewProcess, message: SessionRenewed) -> None:
    """Answer a page that has fetched its new cookie with tokens for it."""
    try:
        tokens = await process.connection.renew(message.payload)
    except CookieRejected as error:
        reject(process, message.ref, "stale", f"a new cookie was not taken: {error}")
    else:
        reply(process, message.ref, tokens)


async def handle_cookie_changed(process: ViewProcess, message: CookieChanged) -> None:
    """Go on with the identity of the browser's new cookie; another user loads the page again."""
    process.changing_session = False
    if message.guard is None:
        await redirect(process, None, process.page)
        return
    process.guard = message.guard(process.mount_context)
    if process.children is not None:
        # The tokens in the elements of nested views are bound to the former session.
        process.children.renew()
    if await may_see(process, None):
        await finish(process, None)


HANDLERS: Handlers = {
    Recheck: handle_recheck,
    SessionRenewed: handle_session_renewed,
    CookieChanged: handle_cookie_changed,
}
