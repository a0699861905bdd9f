"""Change the session over HTTP, as the page's script does when a view has changed it."""

from typing import Any

from pyview.testing.steps import FollowRedirect, Reload, Step
from pyview.testing.tab_state import TabState
from pyview.testing.view import View


async def change_session(state: TabState, order: dict[str, Any]) -> Step | None:
    """Send the change token, so that the response sets the cookie; return the step that follows, if any.

    A view cannot set cookies over its socket. It pushes a token, the browser sends the token over HTTP, and the answer
    sets the cookie and brings a receipt, by which the socket takes over the new session.
    """
    view, _ = state.live()
    body = {"id": view.id.removeprefix("phx-"), "session": view.session, "token": order["token"]}
    response = await _post(state, "/session", body)
    if response is None:
        return Reload(view, {"reason": "the session was not changed"})
    if "to" in order:
        return FollowRedirect(order)
    return await _renew(state, view, str(response["receipt"]))


async def _renew(state: TabState, view: View, receipt: str) -> Step | None:
    """Send the socket the new cookie, encrypted by the server, and take the page's new tokens."""
    response = await _post(state, "/session/pass", {"id": view.id, "token": receipt})
    state.pump()
    # The view may have crashed, or the page navigated, while the requests were on their way.
    if response is None or view.channel.state != "joined":
        return None
    _, connection = state.live()
    payload = {"pass": str(response["pass"]), "session": view.session}
    pending = await connection.push(view.channel, "session_renewed", payload)
    await state.answer(pending)
    if pending.status == "error":
        return Reload(view, {"reason": "the socket refused the new cookie"})
    if pending.status == "ok":
        view.session = pending.response["session"]
        state.screen.renew(view.session, pending.response["csrf"])
    return None


async def _post(state: TabState, path: str, body: dict[str, str]) -> dict[str, Any] | None:
    """Return the JSON that the server answers; None if it refuses the request."""
    # A script cannot set `origin` and `sec-fetch-site`: by them the server knows a request of its own pages.
    headers = {
        "origin": state.browser.settings.origin,
        "sec-fetch-site": "same-origin",
        "x-csrf-token": state.screen.meta("csrf-token") or "",
    }
    response = await state.browser.http.post(f"{state.live_path}{path}", json=body, headers=headers)
    found: dict[str, Any] | None = response.json() if response.is_success else None
    return found
