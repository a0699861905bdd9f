"""The shell of an application, as a page of its own."""

from typing import Any

from starlette.exceptions import HTTPException

from pyview import LiveView, LiveViewSocket

SECTIONS = {"orders": "Orders", "customers": "Customers", "reports": "Reports", "settings": "Settings"}


class OfficeLiveView(LiveView[dict[str, Any]]):
    async def handle_params(self, socket: LiveViewSocket[dict[str, Any]], section: str) -> None:
        if section not in SECTIONS:
            raise HTTPException(404, "There is no such section.")
        socket.live_title = SECTIONS[section]
        socket.context = {"section": section, "title": SECTIONS[section]}
