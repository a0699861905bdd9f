"""The list of the components, by group."""

from itertools import groupby
from typing import Any

from examples.ui_kit.demo import About, demos
from pyview import LiveView, LiveViewSocket


class StartLiveView(LiveView[dict[str, Any]]):
    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.live_title = "UI kit"
        socket.context = {"groups": groups()}


def groups() -> list[tuple[str, list[tuple[str, About]]]]:
    pairs = [(name, view.about) for name, view in demos().items()]
    return [(group, list(members)) for group, members in groupby(pairs, key=lambda pair: pair[1].group)]
