"""Components for tests, and a helper that reads their counters."""

from typing import Any, ClassVar

from pyview.components import ComponentSocket, LiveComponent
from pyview.template.live_template import LiveTemplate
from pyview.testing import Page

Assigns = dict[str, Any]
Socket = ComponentSocket[dict[str, Any]]


class Counter(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string(
        '<div class="counter"><b>{{ count }}</b> {{ label }}'
        '<button phx-click="add" phx-target="{{ myself }}">+</button></div>',
        "counter.html",
    )

    async def mount(self, socket: Socket, assigns: Assigns) -> None:
        socket.context = {"count": assigns.get("start", 0), "label": ""}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> Any:
        socket.context["count"] += 1
        return {"count": socket.context["count"]}


class Logged(Counter):
    """Records its callbacks in the class attribute `log`."""

    log: ClassVar[list[Any]]

    def __init_subclass__(cls) -> None:
        cls.log = []

    async def mount(self, socket: Socket, assigns: Assigns) -> None:
        self.log.append(("mount", dict(assigns)))
        await super().mount(socket, assigns)

    async def update(self, socket: Socket, assigns: Assigns) -> None:
        self.log.append(("update", dict(assigns)))
        socket.context["label"] = assigns.get("label", "")

    async def disconnect(self, socket: Socket) -> None:
        self.log.append(("disconnect", socket.context["count"]))


class Leaf(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string("<i>{{ name }}</i>", "leaf.html")


class Branch(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string(
        '<div class="branch">{% for n in range(leaves) %}'
        '{{ live_component(Leaf, id=(name, n), name="%s.%s"|format(name, n)) }}'
        '{% endfor %}<button phx-click="grow" phx-target="{{ myself }}">+</button></div>',
        "branch.html",
    )

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> Any:
        socket.context["leaves"] += 1


class Endless(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string(
        '<div class="level">{% if n < last %}'
        "{{ live_component(Endless, id=n + 1, n=n + 1, last=last) }}{% endif %}</div>",
        "endless.html",
    )


def counts(page: Page) -> list[str]:
    return [each.text for each in page.find_all(".counter b")]
