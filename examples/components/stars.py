"""Five stars: a component within a component, which tells the view what was chosen."""

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
        # The same star again takes it back.
        context["chosen"] = 0 if stars == context["chosen"] or not 1 <= stars <= 5 else stars
        await socket.send_parent("rated", {"book": context["book"], "stars": context["chosen"]})
