"""The start page: the examples by subject, and a search whose text is in the URL."""

from itertools import groupby
from typing import TypedDict

from examples.gallery.catalogue import EXAMPLES, Example
from pyview import LiveView, LiveViewSocket
from pyview.events import event


class StartContext(TypedDict):
    q: str
    groups: list[tuple[str, list[Example]]]


class StartLiveView(LiveView[StartContext]):
    async def handle_params(self, socket: LiveViewSocket[StartContext], q: str = "") -> None:
        socket.context = {"q": q, "groups": found(q)}
        socket.live_title = "PyView examples"

    @event
    async def search(self, socket: LiveViewSocket[StartContext], q: str = "") -> None:
        await socket.push_patch("/", {"q": q} if q else {}, replace=True)


def found(q: str) -> list[tuple[str, list[Example]]]:
    """Return the examples that contain each word of the search, by group."""
    words = q.casefold().split()
    shown = [one for one in EXAMPLES if all(word in text_of(one) for word in words)]
    return [(name, list(examples)) for name, examples in groupby(shown, key=lambda one: one.group)]


def text_of(example: Example) -> str:
    return f"{example.title} {example.blurb} {example.group} {example.folder} {example.guide}".casefold()
