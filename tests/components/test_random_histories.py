"""Random histories: after each message, the client's page equals the page over HTTP.

The components show nothing but their assigns, so after any history of changes the page must equal the HTML of the same
context. Checked with our own port of the client's renderer and with the JavaScript client.
"""

import json
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest

from pyview.components import LiveComponent
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from pyview.testing.document import Document
from pyview.testing.tree_html import to_html
from pyview.wire.merge import Tree, merge
from tests.attack.target import answer, joined
from tests.components.conftest import app_of, view_of
from tests.frames import Page, page_in
from tests.wire.javascript import JavaScriptClient, start

RUNS = 12
STEPS = 12


class Leaf(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string(
        "<i>{{ n }}{% if flag %}<b>{{ flag }}</b>{% elif n > 2 %}<u>{{ n }}</u>{{ n }}{% else %}none{% endif %}</i>",
        "leaf",
    )


class Rows(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string(
        "<ul>{% for row in rows %}<li>{{ row }}{% if row is odd %}<s>{{ flag }}</s>{% endif %}</li>{% endfor %}"
        "{% for row in rows|keyed_by %}{{ live_component(Leaf, id=(id, row), n=row, flag=flag) }}{% endfor %}</ul>",
        "rows",
    )


class Box(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string(
        "<div>{% if flag %}<h1>{{ slots.head }}</h1>{% endif %}{{ caller() }}"
        "{% macro m(x) %}<em>{{ x }}</em>{% endmacro %}{{ m(flag) }}</div>",
        "box",
    )


PAGE = """<main>{{ note }}
{% macro head() %}<tt>{{ note }}</tt>{% endmacro %}
{% if first %}<p>{{ live_component(Leaf, id="first", n=first, flag=note) }}</p>{% endif %}
{% for item in items KEY %}{% if item.kind == "leaf" %}
{{ live_component(Leaf, id=item.id, n=item.n, flag=item.flag) }}
{% elif item.kind == "rows" %}<div>
{{ live_component(Rows, id=item.id, rows=item.rows, flag=item.flag) }}</div>{% else %}
{% call live_component(Box, id=item.id, flag=item.flag, slots=slots(head=head)) %}{{ item.n }}
{% if item.flag %}{{ live_component(Leaf, id=("in", item.id), n=item.n, flag="") }}
{% else %}<q>{{ note }}</q>{% endif %}{% endcall %}{% endif %}{% endfor %}
{% if not first %}{{ live_component(Leaf, id="first", n=9, flag=note) }}{% endif %}</main>"""


def some_item(rng: random.Random, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "kind": rng.choice(["leaf", "rows", "box"]),
        "n": rng.randrange(5),
        "flag": rng.choice(["", "<x>", "y"]),
        "rows": rng.sample(range(6), rng.randrange(4)),
    }


def some_context(rng: random.Random) -> dict[str, Any]:
    items = [some_item(rng, number) for number in rng.sample(range(8), rng.randrange(6))]
    return {"note": rng.choice("abc"), "first": rng.randrange(3), "items": items}


def mutated(rng: random.Random, context: dict[str, Any]) -> dict[str, Any]:
    """Return a slightly changed context."""
    items = [dict(item) for item in context["items"]]
    change = rng.randrange(6)
    if change == 0:
        rng.shuffle(items)
    elif change == 1 and items:
        items.pop(rng.randrange(len(items)))
    elif change == 2:
        # Draw from more ids than there are steps, because two items with one id are refused.
        free = [n for n in range(20) if n not in {item["id"] for item in items}]
        items.insert(rng.randint(0, len(items)), some_item(rng, rng.choice(free)))
    elif change == 3 and items:
        item = rng.choice(items)
        item.update(some_item(rng, item["id"]))
    elif change == 4:
        return some_context(rng)
    return {"note": rng.choice("aab"), "first": rng.choice([context["first"], 0, 1]), "items": items}


NAMES = {"Leaf": Leaf, "Rows": Rows, "Box": Box}


class Follower:
    """A joined page, and all messages it received, each with the page over HTTP at that time."""

    def __init__(self, client: LiveClient, view: Any) -> None:
        self.client = client
        self.view = view
        self.socket = client.raw_socket()
        self.tree: Tree = {}
        self.ref = 10
        self.story: list[tuple[dict[str, Any], str]] = []

    async def join(self) -> None:
        response = await self.client.get("/")
        self.page: Page = page_in(response)
        await self.socket.connect()
        status, answered = await joined(self.socket, self.page.topic, self.page.join("4")[4])
        assert status == "ok"
        await self._take(answered["rendered"])

    async def ask(self, event: str, payload: Any) -> Any:
        self.ref += 1
        await self.socket.send_frame(["4", str(self.ref), self.page.topic, event, payload])
        status, response = await answer(self.socket, str(self.ref))
        assert status == "ok", response
        return response

    async def put(self, context: dict[str, Any]) -> None:
        self.view.names = {**NAMES, **context}
        response = await self.ask("event", {"type": "hook", "event": "set", "value": context})
        await self._take(response.get("diff", {}))

    async def _take(self, message: dict[str, Any]) -> None:
        content = Document.parse((await self.client.get("/")).text).content
        self.story.append((json.loads(json.dumps(message)), content))
        self.tree = merge(self.tree, message)
        assert to_html(self.tree) == content, self.story

    def shown(self) -> set[int]:
        return {
            int(cid) for cid in re.findall(r'data-phx-component="(\d+)"', to_html(self.tree, strip=False))
        }

    async def remove(self, cids: set[int]) -> None:
        await self.ask("cids_will_destroy", {"cids": [*cids]})
        await self.ask("cids_destroyed", {"cids": [*cids]})


async def follow(rng: random.Random, key: str) -> list[tuple[dict[str, Any], str]]:
    context = some_context(rng)
    view = view_of(PAGE.replace("KEY", key), **NAMES, **context)
    async with LiveClient(app_of(view)) as client:
        follower = Follower(client, view)
        await follower.join()
        for _ in range(STEPS):
            context, before = mutated(rng, context), follower.shown()
            await follower.put(context)
            gone = before - follower.shown()
            if gone and rng.random() < 0.5:
                await follower.remove(gone)
        await follower.socket.close()
        return follower.story


@pytest.fixture(scope="module")
def javascript(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JavaScriptClient]:
    started = start(tmp_path_factory.mktemp("client"))
    yield started
    started.close()


@pytest.mark.parametrize("key", ["", "|keyed_by('id')"])
async def test_the_client_shows_the_page_after_any_history(javascript: JavaScriptClient, key: str) -> None:
    seed = random.randrange(10**9)
    for run in range(RUNS):
        story = await follow(random.Random(f"{seed}/{run}"), key)
        answers = javascript.run([message for message, _ in story])
        for (message, expected), answered in zip(story, answers, strict=True):
            assert answered.get("html") == expected, (seed, run, answered, message)
