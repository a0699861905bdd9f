"""The HTML of a first page is the text of the tree that its join sends, byte for byte, whatever the page holds."""

import random
import re
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from markupsafe import Markup

from pyview import LiveView, LiveViewSocket, PyView, live_render
from pyview.components import LiveComponent
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from pyview.testing.document import Document
from pyview.testing.tree_html import to_html
from pyview.wire.merge import merge
from tests.attack.target import joined
from tests.frames import page_in
from tests.template.tstrings.pages import build

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
RUNS = 25
TEXTS = ["", "a", "<b>", "R&B", "'q\"", "{x}", Markup("<i>m</i>"), "[live 0 0]", 3, -1, 1500, 2.5, True, None]

Socket = LiveViewSocket[dict[str, Any]]


class Leaf(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string(
        "<u>{{ text }}{% if slots.default %}{{ caller() }}{% endif %}</u>", "leaf"
    )


class Inner(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<s>{{ who }}</s>", "inner")

    async def mount(self, socket: Socket, session: Mapping[str, Any]) -> None:
        socket.context = {"who": session["who"]}


class Holder(LiveView[dict[str, Any]]):
    """Its context is random, and it has one of everything: a stream, an upload, components, a nested view."""

    layout: ClassVar[Any] = LiveTemplate.from_string(
        "<header>{{ texts[0] }}{{ flash.get('info') }}</header>{{ inner_content }}<footer>{{ texts|length }}</footer>"
    )
    state: ClassVar[dict[str, Any]] = {}

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {**self.state, "Leaf": Leaf, "upload": socket.allow_upload("files", accept="any")}
        socket.context["inner"] = live_render(Inner, id="inner", session={"who": str(self.state["texts"][0])})
        socket.stream("lines", [{"id": n, "text": text} for n, text in enumerate(self.state["texts"])])


class ByTemplate(Holder):
    template = LiveTemplate.from_string(
        """{% macro shown(text, kind="em") %}<{{ kind }}>{{ text }}{{ caller() if caller }}</{{ kind }}>{% endmacro %}
        <ul id="lines" phx-update="stream">{% for dom_id, line in streams.lines %}<li id="{{ dom_id }}">{{ line.text }}
        {% endfor %}</ul>{{ live_file_input(upload) }}{{ inner }}
        {% for text in texts %}{{ shown(text) }}{% call shown(loop.index) %}{{ text }}{% endcall %}
        {% if text %}<p class="{{ text }}">{% elif loop.first %}{{ js.push("a") }}{% else %}none{% endif %}{% endfor %}
        {% for row in rows %}<td>{{ row.text }}</td><td>{{ row["n"] }}</td><td>{{ row.none }}</td>{% endfor %}
        {% for row in rows %}{{ live_component(Leaf, id=row.n, text=row.text) }}
        {% call live_component(Leaf, id="s" ~ row.n, text=1) %}{{ row.text }}{% endcall %}{% endfor %}
        {% set block %}{{ texts|join("-") }}{% endset %}{{ block }}{% filter upper %}{{ texts[0] }}{% endfilter %}
        {% autoescape false %}{{ texts[0] }}{% endautoescape %}{{ '{' }}{}{{ "}" }}\\""",
        "holder",
    )


class ByTemplateString(Holder):
    def template(self, assigns: dict[str, Any], meta: Any) -> Any:
        rows = [build("<p>", (row["text"],), "</p>") for row in assigns["rows"]]
        return build("<i>", (assigns["texts"],), "</i>", (rows,), "<b>", (assigns["inner"],), "</b>")


def some_state(rng: random.Random) -> dict[str, Any]:
    texts = rng.choices(TEXTS, k=rng.randint(1, 4))
    rows = [{"n": n, "text": rng.choice(TEXTS)} for n in range(rng.randrange(3))]
    return {"texts": texts, "rows": rows}


def comparable(html: str) -> str:
    """Return the HTML without the tokens and the content of the nested view, which its own join brings."""
    html = re.sub(r'<div id="inner"[^>]*>.*?</div>', "<div inner>", html, flags=re.DOTALL)
    return re.sub(r'\bphx-[\w-]{16,}"', 'ref"', html)


async def texts_of(view: type[LiveView[Any]]) -> tuple[str, str]:
    """Return the view's HTML in the document, and the HTML of the tree that its join sends."""
    app = PyView(secret=SECRET)
    app.add_live_view("/", view)
    async with LiveClient(app) as client:
        response = await client.get("/")
        page = page_in(response)
        async with client.raw_socket() as socket:
            status, answered = await joined(socket, page.topic, page.join("4")[4])
    assert status == "ok", answered
    return Document.parse(response.text).content, to_html(merge({}, answered["rendered"]))


@pytest.mark.parametrize("view", [ByTemplate, ByTemplateString])
async def test_page_and_tree_have_one_text(view: type[Holder], monkeypatch: pytest.MonkeyPatch) -> None:
    seed = random.randrange(10**9)
    for run in range(RUNS):
        state = some_state(random.Random(f"{seed}/{run}"))
        monkeypatch.setattr(Holder, "state", state)
        page, tree = await texts_of(view)
        assert comparable(page) == comparable(tree), (seed, run, state)
