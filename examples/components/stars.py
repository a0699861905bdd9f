"""Five stars: a component inside a component, which sends the rating to the view."""

from typing import Any, TypedDict

from pyview import ComponentSocket, LiveComponent
from pyview.events import event


class StarsContext(TypedDict):
    book: str
    label: str
    chosen: int


class Stars(LiveComponent[StarsContext]):
    async def mount(self, socket: ComponentSocket[StarsContext], assigns: dict[str, Any]) -> None:
        socket.context = {"book": "", "label": "", "chosen": 0}

    @event
    async def choose(self, socket: ComponentSocket[StarsContext], stars: int) -> None:
        context = socket.context
        # A second click on the same star clears the rating.
        context["chosen"] = 0 if stars == context["chosen"] or not 1 <= stars <= 5 else stars
        await socket.send_parent("rated", {"book": context["book"], "stars": context["chosen"]})
