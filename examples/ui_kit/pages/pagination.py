"""Pagination."""

from typing import Any

from examples.ui_kit.demo import About, DemoLiveView
from pyview import LiveViewSocket


class PaginationPage(DemoLiveView):
    about = About(
        title="Pagination",
        group="Navigation",
        summary="The pages of a list. The page is in the URL.",
        when=(
            "Use it for long lists with an order.",
            "For a list that only grows, use a stream with infinite scroll.",
        ),
    )

    async def handle_params(self, socket: LiveViewSocket[dict[str, Any]], page: int = 1) -> None:
        socket.context["page"] = min(max(page, 1), 20)
