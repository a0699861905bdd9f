"""The two requests of a page whose view has changed the session, as its script makes them."""

from typing import Any

from pyview.testing.browser import Browser
from pyview.testing.view import View


async def changed_session(browser: Browser, url: str, csrf: str, view: View, token: str) -> str | None:
    """The receipt for a change; None when the server refuses it."""
    body = {"id": view.id.removeprefix("phx-"), "session": view.session, "token": token}
    answer = await _post(browser, url, csrf, body)
    return None if answer is None else str(answer["receipt"])


async def passed_cookie(browser: Browser, url: str, csrf: str, view: View, receipt: str) -> str | None:
    """The browser's cookie, sealed for the socket; None when the server refuses it."""
    answer = await _post(browser, f"{url}/pass", csrf, {"id": view.id, "token": receipt})
    return None if answer is None else str(answer["pass"])


async def _post(browser: Browser, url: str, csrf: str, body: dict[str, str]) -> dict[str, Any] | None:
    headers = {"origin": browser.settings.origin, "sec-fetch-site": "same-origin", "x-csrf-token": csrf}
    response = await browser.http.post(url, json=body, headers=headers)
    found: dict[str, Any] | None = response.json() if response.is_success else None
    return found
