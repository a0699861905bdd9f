"""A view of many parts for tests of mounts: components, streams, forms, hooks, uploads, nested views and more."""

from collections import Counter
from types import MappingProxyType
from typing import Any, ClassVar, Final

from pydantic import BaseModel

from pyview import LiveComponent, LiveView, LiveViewSocket, live_render
from pyview.events import event
from pyview.forms import Form
from pyview.template.live_template import LiveTemplate
from pyview.uploads import live_file_input

Socket = LiveViewSocket[dict[str, Any]]


class Leaf(LiveComponent[dict[str, Any]]):
    """A component that counts its events, knows its number, and may have others inside."""

    template = LiveTemplate.from_string(
        '<div phx-click="up" phx-target="{{ mine }}">{{ id }} {{ n }} {{ title }}'
        "{% for inner in range(depth) %}{{ live_component(Leaf, id=(id, inner), title=n, depth=depth - 1) }}"
        "{% endfor %}</div>",
        "leaf.html",
    )

    async def mount(self, socket: Any, assigns: Any) -> None:
        socket.context = {"n": 0, "mine": socket.myself, "Leaf": Leaf}

    @event("up")
    async def up(self, socket: Any) -> None:
        socket.context["n"] += 1


class Rows(LiveComponent[dict[str, Any]]):
    """A component with a stream, whose rows are loaded for all components of the class together."""

    template = LiveTemplate.from_string(
        '<ul id="rows-{{ id }}" phx-update="stream">{% for dom_id, row in streams.rows %}'
        '<li id="{{ dom_id }}">{{ row.id }}</li>{% endfor %}</ul>',
        "rows.html",
    )

    @classmethod
    async def update_many(cls, updates: Any) -> None:
        for socket, assigns in updates:
            socket.stream("rows", [{"id": n} for n in range(assigns["count"])], limit=-2)


class Inside(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<b>{{ shown }}</b>", "inside.html")

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"shown": session["n"]}


class Person(BaseModel):
    name: str = ""


PARTS: Final = MappingProxyType(
    {
        "text": "<p>{{ n }} {{ late }} {{ flash.get('info', '') }} {{ hooked }}</p>",
        "table": "{% for row in rows %}<i>{{ row.id }}:{{ row.n }}</i>{% if row.n > 1 %}!{% endif %}{% endfor %}",
        "stream": "<ul id='s' phx-update='stream'>{% for dom_id, row in streams.s %}<li id='{{ dom_id }}'>{{ row.id }}"
        "</li>{% endfor %}</ul>",
        "leaves": "{% for row in rows %}{{ live_component(Leaf, id=row.id, title=n, depth=0) }}{% endfor %}",
        "inner": "{{ live_component(Leaf, id='a', title=n, depth=1) }}"
        "{{ live_component(Leaf, id='b', title=n, depth=1) }}",
        "rows": "{{ live_component(Rows, id=1, count=n + 2) }}{{ live_component(Rows, id=2, count=1) }}",
        "form": "<form phx-change='typed'>{{ form['name'].value }}</form>",
        "macro": "{% macro cell(x) %}<td>{{ x }}</td>{% endmacro %}{{ cell(n) }}{{ cell(rows|length) }}",
        "big": "{% for item in big %}<u>{{ item }}</u>{% endfor %}",
        "upload": "{{ live_file_input(upload) }}{{ upload.entries|length }}",
        "inside": "{{ live_render(Inside, id='in', session={'n': 3}) }}",
    }
)


async def follow(socket: Socket) -> None:
    """An `on_mount` hook that attaches another one, which holds the socket of the mount."""
    mounted = socket

    async def count(event: str, payload: Any, socket: Socket) -> None:
        mounted.context["hooked"] += socket is mounted

    socket.attach_hook("count", "handle_event", count)


class PartsView(LiveView[dict[str, Any]]):
    """A view whose template has some of the `PARTS`. Each class counts its callbacks in `calls`."""

    on_mount = (follow,)
    parts: ClassVar[frozenset[str]]
    calls: ClassVar[Counter[str]]

    async def mount(self, socket: Socket, session: Any) -> None:
        self.calls["mount"] += 1
        self.step = 1
        rows = [{"id": 1, "n": 1}, {"id": 2, "n": 2}]
        names = {"Leaf": Leaf, "Rows": Rows, "Inside": Inside, "live_render": live_render}
        numbers = {"n": 0, "hooked": 0, "big": (1, 2), "late": ""}
        form: Form[Person] = Form(Person, base=Person(name="Ann"))
        socket.context = {**names, **numbers, "rows": rows, "form": form, "live_file_input": live_file_input}
        socket.live_title = "A page"
        socket.page.html_class = "wide"
        self.set_up(socket)

    def set_up(self, socket: Socket) -> None:
        if "stream" in self.parts:
            socket.stream("s", [{"id": 1}, {"id": 2}])
        if "upload" in self.parts:
            socket.context["upload"] = socket.allow_upload("files", accept="any", max_entries=2)
        if "big" in self.parts:
            socket.temporary(big=())
        if "text" in self.parts:
            socket.put_flash("info", "welcome")

    async def handle_params(self, url: Any, params: Any, socket: Socket) -> None:
        self.calls["handle_params"] += 1
        socket.context["late"] = params.get("late", "never")

    @event("n")
    async def more(self, socket: Socket) -> int:
        socket.context["n"] += self.step
        return int(socket.context["n"])

    @event("row")
    async def row(self, socket: Socket) -> None:
        socket.context["rows"].append({"id": 10 + len(socket.context["rows"]), "n": 3})

    @event("insert")
    async def insert(self, socket: Socket) -> None:
        if "stream" in self.parts:
            socket.stream_insert("s", {"id": 7}, at=0)

    @event("typed")
    async def typed(self, socket: Socket) -> None:
        socket.context["form"] = Form(Person, base=Person(name="Bea"))

    @event("big")
    async def show(self, socket: Socket) -> None:
        socket.context["big"] = (3,)

    @event("title")
    async def title(self, socket: Socket) -> None:
        socket.live_title, socket.page.html_class = "Another", None

    @event("patch")
    async def patch(self, socket: Socket) -> None:
        await socket.push_patch("?late=now")

    async def disconnect(self, socket: Socket) -> None:
        self.calls["disconnect"] += 1


def view_of(chosen: frozenset[str]) -> type[PartsView]:
    """Return a new view class with the chosen parts."""

    class View(PartsView):
        template = LiveTemplate.from_string("".join(PARTS[name] for name in sorted(chosen)), "page.html")
        parts = chosen
        calls = Counter()

    return View
