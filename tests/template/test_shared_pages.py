"""Views that share a page send exactly what each of them would send alone, for random templates and data."""

import itertools
import os
import random
import time
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import jinja2
import orjson

from pyview.live_view import LiveView
from pyview.rendering.renderers import TemplateRenderer
from pyview.template.environment import LiveEnvironment, create_environment
from pyview.template.live_template import LiveTemplate
from pyview.template.shared_pages import SharedDiff, SharedPages
from pyview.wire.merge import merge
from tests.template.data import Account, Card, FrozenModel, Item, Model, Plain, mutate, random_assigns, used
from tests.template.grammar import Grammar
from tests.template.law import EXTENSIONS

SECONDS = float(os.environ.get("PYVIEW_FUZZ", "8"))
FEWEST = 200
"""Templates that are tried in any case: one that includes itself may take all of the time."""
VIEWS = 4


@dataclass(frozen=True)
class Row:
    """A row of a table, as a dict that cannot change."""

    id: Any = None
    name: Any = ""
    price: Any = 0
    qty: Any = 0
    tags: Any = ()
    rows: Any = ()
    children: Any = ()


def frozen(value: Any) -> Any:
    """Return the data with immutable containers: what a careful application broadcasts."""
    match value:
        case list() | tuple() if type(value) in (list, tuple):
            return tuple(map(frozen, value))
        case dict() if "name" in value:
            return Row(
                **{name: frozen(each) for name, each in value.items() if name in Row.__dataclass_fields__}
            )
        case Account() | Item() | Plain():
            return Card(value.id, value.name, 1.0, ("t",))
        case Model():
            return FrozenModel(id=value.id, name=value.name, price=value.price)
    return value


PIECES = [
    "<p>{{ title }}</p>",
    "<b>{{ count }} {{ price }} {{ user.name }}</b>",
    "{% if cond %}<i>{{ price }}</i>{% elif flag %}<u>{{ title|upper }}</u>{% endif %}",
    "<ul>{% for row in rows %}<li>{{ row.name }} {{ row.price }}</li>{% endfor %}</ul>",
    "{% for card in cards|keyed_by('id') %}<li>{{ card.id }} {{ card.name }} {{ loop.index }}</li>{% endfor %}",
    "{% for group in groups %}<h2>{{ group.name }}</h2>{% for row in group.rows %}{{ row.id }}{% endfor %}{% endfor %}",
    "{% for name in names|keyed_by %}{% if cond %}<i>{{ name }}</i>{% endif %}{% else %}none{% endfor %}",
    "{% for point in points if point.x %}{{ point.x }}{{ title }}{% endfor %}",
    "{% macro cell(value) %}<td>{{ value }}</td>{% endmacro %}{{ cell(price) }}{{ cell(pair[1]) }}",
    "{% with both = title ~ price %}<em>{{ both }}</em>{% endwith %}",
]
"""Parts of templates that are made of their inputs only. Most random templates have others as well."""


def random_template(rng: random.Random) -> dict[str, str]:
    if rng.random() < 0.3:
        return Grammar(rng).template()
    return {"main.html": "<div>" + "".join(rng.sample(PIECES, rng.randint(1, 5))) + "</div>"}


class View:
    """One view, once with a renderer that shares pages and once with one that does not."""

    def __init__(self, template: LiveTemplate, pages: SharedPages) -> None:
        view: Any = LiveView()
        self.sharing = TemplateRenderer(template, view, (), pages)
        self.alone = TemplateRenderer(template, view, (), SharedPages())
        self.page: dict[str, Any] = {}

    def render(self, context: dict[str, Any], *, alike: bool) -> Any:
        """Render twice. Return the diff, or the class of the error."""
        diffs = [self._diff(context, alike), self._diff(context, None)]
        ours, expected = diffs
        assert ours == expected
        if isinstance(ours, type):
            self.page = {}
            return ours
        sent = orjson.loads(ours.frame_end[:-1]) if type(ours) is SharedDiff else ours
        assert orjson.dumps(sent) == orjson.dumps(expected)
        self.page = merge(self.page, orjson.loads(orjson.dumps(sent))) if sent else self.page
        return ours

    def _diff(self, context: dict[str, Any], alike: bool | None) -> Any:
        socket: Any = socket_with(context)
        try:
            if alike:
                followed = self.sharing.followed(socket)
                return self.sharing.update_alike(socket, is_last=True) if followed is None else followed
            return (self.alone if alike is None else self.sharing).update(socket)
        except Exception as error:
            return type(error)


def socket_with(context: Any) -> Any:
    return SimpleNamespace(
        context=context, has_flash=False, streams=None, components=None, temporaries=None, flash={}
    )


def environment_for(files: dict[str, str]) -> LiveEnvironment:
    environment = create_environment(jinja2.DictLoader(files), extensions=EXTENSIONS)
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    environment.filters["impure"] = lambda value: value
    environment.globals["impure"] = lambda: ""
    environment.tests["odd_or_not"] = lambda value: True
    return environment


def follow(seed: str) -> int:
    """Let the views of a random template change together and apart. Return the number of changes that were shared."""
    rng = random.Random(seed)
    files = random_template(rng)
    environment = environment_for(files)
    try:
        template = LiveTemplate.from_loader("main.html", environment)
    except jinja2.TemplateSyntaxError:
        return 0
    pages = SharedPages()
    views = [View(template, pages) for _ in range(VIEWS)]
    data = random_assigns(rng)
    names = used(data, files.values())
    shared = 0
    for step in range(14):
        for _ in range(rng.choice([1, 1, 2])):
            mutate(rng, data, names)
        together = {name: frozen(value) for name, value in data.items()}
        for view in rng.sample(views, VIEWS) if step else views:
            # Equal values may be other objects, as if each view had read them from a database.
            context = (
                {name: frozen(value) for name, value in data.items()} if rng.random() < 0.3 else together
            )
            if rng.random() < 0.1:
                own = random_assigns(rng)
                context = {**context, rng.choice(names): frozen(own[rng.choice(names)])}
            diff = view.render({**context}, alike=rng.random() < 0.9)
            shared += bool(type(diff) is SharedDiff and diff)
    return shared


def test_random_views_send_the_same_together_and_alone() -> None:
    begin, run = time.monotonic(), random.randrange(10**9)
    shared = 0
    for i in itertools.count():
        if i >= FEWEST and time.monotonic() - begin > SECONDS:
            break
        try:
            shared += follow(f"{run}/{i}")
        except Exception as error:
            error.add_note(f"seed {run}/{i}")
            raise
    assert shared > 100
