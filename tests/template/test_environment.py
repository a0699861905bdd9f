"""The environment: standard Jinja2 with additions, without `enable_async`."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pytest
from jinja2 import DictLoader, FileSystemBytecodeCache, FileSystemLoader

from pyview.rendering.templates import ViewTemplates
from pyview.template.environment import LiveEnvironment, create_environment, pure
from pyview.template.live_template import LiveTemplate
from pyview.template.sources import Sources, recording_sources


def from_source(source: str, environment: LiveEnvironment | None = None) -> LiveTemplate:
    return LiveTemplate.from_string(source, "page.html", environment)


def test_autoescape_is_on_by_default() -> None:
    assert from_source("{{ x }}").render({"x": "<"}) == "&lt;"
    assert from_source("{{ x }}", create_environment(autoescape=False)).render({"x": "<"}) == "<"


def test_enable_async_is_refused_with_the_way_out() -> None:
    with pytest.raises(ValueError, match=r"enable_async=True.*mount or in a handler"):
        create_environment(enable_async=True)


def test_keyed_by_is_the_identity_in_text() -> None:
    template = from_source("{% for x in xs|keyed_by('id') %}{{ x.id }}{% endfor %}")
    assert template.render({"xs": ({"id": i} for i in range(3))}) == "012"


@pytest.mark.parametrize("key", ["keyed_by(name)", "keyed_by('a', 'b')", "keyed_by(attribute='a')"])
def test_a_key_must_be_the_name_of_a_field(key: str) -> None:
    with pytest.raises(jinja2.TemplateAssertionError, match="keyed_by takes the name of one field") as caught:
        from_source(f"\n{{% for x in xs|{key} %}}{{{{ x }}}}{{% endfor %}}")
    assert (caught.value.lineno, caught.value.name) == (2, "page.html")


def test_keys_follow_rows_with_equal_keys() -> None:
    rendering = from_source("{% for x in xs|keyed_by('id') %}{{ x.n }}{% endfor %}").rendering()
    one, two, three = ({"id": 1, "n": f"n{i}"} for i in range(3))
    rendering.update({"xs": [one, two]})
    assert rendering.update({"xs": [one, three, two]})["0"]["k"]["kc"] == 3


def test_an_unhashable_key_is_an_error() -> None:
    rendering = from_source("{% for x in xs|keyed_by('id') %}{{ x.n }}{% endfor %}").rendering()
    with pytest.raises(TypeError, match="keyed_by"):
        rendering.update({"xs": [{"id": []}]})


class Ticket:
    """Never changes, but its class does not show it."""

    reads = 0

    def __init__(self, number: int) -> None:
        self._number = number

    @property
    def number(self) -> int:
        Ticket.reads += 1
        return self._number


def test_registered_immutable_classes_are_not_looked_at_again() -> None:
    environment = create_environment()
    template = from_source("{{ ticket.number }}", environment)
    ticket = Ticket(1)
    rendering, Ticket.reads = template.rendering(), 0
    rendering.update({"ticket": ticket})
    rendering.update({"ticket": ticket})
    assert Ticket.reads == 2
    environment.register_immutable(Ticket)
    rendering = template.rendering()
    rendering.update({"ticket": ticket})
    rendering.update({"ticket": ticket})
    assert Ticket.reads == 3


class Box:
    def __init__(self, content: Any) -> None:
        self.content = content


def test_registered_parts_decide() -> None:
    environment = create_environment()
    environment.register_immutable(Box, lambda box: [box.content])
    rule = environment.change_rule
    assert rule.is_immutable(Box(1))
    assert not rule.is_immutable(Box([]))
    assert rule.same(Box((1, "a")), Box((1, "a")))
    assert not rule.same(Box(1), Box(True))
    assert not create_environment().change_rule.is_immutable(Box(1)), "environments share nothing"


def test_custom_filters_are_evaluated_always_unless_pure() -> None:
    calls: list[str] = []

    def plain(value: object) -> str:
        calls.append("plain")
        return str(value)

    @pure
    def trusted(value: object) -> str:
        calls.append("trusted")
        return str(value)

    environment = create_environment()
    environment.filters.update(plain=plain, trusted=trusted)
    rendering = from_source("{{ x|plain }}{{ x|trusted }}", environment).rendering()
    rendering.update({"x": 1})
    rendering.update({"x": 1})
    assert calls == ["plain", "trusted", "plain"]


def test_pure_functions_in_the_context() -> None:
    calls: list[int] = []
    environment = create_environment()

    def money(value: int) -> str:
        calls.append(value)
        return f"{value} EUR"

    environment.register_pure(money)
    rendering = from_source("{{ money(x) }}", environment).rendering()
    for x in (1, 1, 2):
        rendering.update({"x": x, "money": money})
    assert calls == [1, 2]


def test_globals_come_last_and_may_be_added_later() -> None:
    environment = create_environment()
    template = from_source("{{ site }}{{ range(2)|list }}", environment)
    rendering = template.rendering()
    assert rendering.update({})["0"] == ""
    environment.globals["site"] = "s"
    assert rendering.update({}) == {"0": "s"}
    assert rendering.update({"site": "mine"}) == {"0": "mine"}
    assert template.render({}) == "s[0, 1]"


def test_bytecode_is_cached_for_our_compiler_alone(tmp_path: Path) -> None:
    cache = FileSystemBytecodeCache(str(tmp_path))
    loader = DictLoader({"page.html": "{% if x %}<b>{{ x|shout }}</b>{% endif %}"})
    stock = jinja2.Environment(loader=loader, bytecode_cache=cache, autoescape=True)
    stock.filters["shout"] = str.upper
    assert stock.get_template("page.html").render(x="a") == "<b>A</b>"

    def tree(shout: Any) -> dict[str, Any]:
        environment = create_environment(loader, bytecode_cache=cache)
        environment.filters["shout"] = shout
        rendering = LiveTemplate.from_loader("page.html", environment).rendering()
        rendering.update({"x": "a"})
        return rendering.update({"x": "a"})

    answers = iter("abcdef")
    assert tree(lambda value: next(answers)) == {"0": {"0": "b"}}
    assert tree(lambda value: next(answers)) == {"0": {"0": "d"}}, "from the cache"
    assert tree(pure(lambda value: next(answers))) == {}, "compiled anew, since the filter is pure now"


def test_an_environment_with_rules_for_fields_has_bytecode_of_its_own(tmp_path: Path) -> None:
    class Closed(LiveEnvironment):
        def getattr(self, obj: Any, attribute: str) -> Any:
            return "closed"

    loader, cache = DictLoader({"page.html": "{{ row.name }}"}), FileSystemBytecodeCache(str(tmp_path))
    for kind, shown in [(LiveEnvironment, "open"), (Closed, "closed"), (LiveEnvironment, "open")]:
        template = LiveTemplate.from_loader("page.html", kind(loader=loader, bytecode_cache=cache))
        assert template.render({"row": {"name": "open"}}) == shown


def test_two_environments_share_no_template_state() -> None:
    loader = DictLoader({"page.html": "{{ x }}"})
    one, two = (LiveTemplate.from_loader("page.html", create_environment(loader)) for _ in range(2))
    assert one.rendering().update({"x": 1}) == two.rendering().update({"x": 1})


@dataclass(frozen=True)
class Frozen:
    tags: Any


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, True),
        ((1, "a", None), True),
        ((1, []), False),
        (frozenset({1}), True),
        (Frozen((1,)), True),
        (Frozen([1]), False),
        ([], False),
        ({}, False),
        (object(), False),
        (range(3), True),
        (print, False),
    ],
)
def test_immutable_values(value: object, expected: bool) -> None:
    assert create_environment().change_rule.is_immutable(value) is expected


def test_files_beside_come_before_those_of_the_loader(tmp_path: Path) -> None:
    shared, here = tmp_path / "shared", tmp_path / "here"
    for folder in (shared, here):
        folder.mkdir()
        (folder / "a.html").write_text(f"a of {folder.name}")
    (shared / "b.html").write_text("b of shared")
    (here / "page.html").write_text("{% include 'a.html' %}, {% include 'b.html' %}")
    environment = create_environment(FileSystemLoader(shared))
    template = LiveTemplate.from_file(here / "page.html", environment)
    assert template.render({}) == "a of here, b of shared"


def test_a_changed_file_is_picked_up_in_development_only(tmp_path: Path) -> None:
    page, part = tmp_path / "page.html", tmp_path / "part.html"

    def write(text: str) -> None:
        for file in (page, part):
            times = file.stat() if file.exists() else None
            file.write_text(f"{text} {{{{ x }}}}" + ("{% include 'part.html' %}" if file == page else ""))
            if times is not None:
                os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns + 10**9))

    write("old")
    development = LiveTemplate.from_file(page, create_environment(auto_reload=True)).rendering()
    production = LiveTemplate.from_file(page).rendering()
    for rendering in (development, production):
        assert rendering.update({"x": 1})["s"][0] == "old "
    write("new")
    reloaded = development.update({"x": 1})
    assert reloaded["s"] == ["new ", "", ""]
    assert reloaded["1"]["s"] == ["new ", ""]
    assert production.update({"x": 1}) == {}


def test_the_files_of_a_render_are_recorded(tmp_path: Path) -> None:
    page, part = tmp_path / "page.html", tmp_path / "part.html"
    page.write_text("{% if x %}{% include 'part.html' %}{% endif %}")
    part.write_text("part")
    template = LiveTemplate.from_file(page, create_environment(auto_reload=True))
    unasked = LiveTemplate.from_file(page)
    plain: Sources = {}
    both: Sources = {}
    with recording_sources(plain):
        template.render({"x": False})
        unasked.render({"x": True})
    with recording_sources(both):
        template.render({"x": True})
    template.render({"x": True})
    assert (len(plain), len(both)) == (1, 2)
    os.utime(part, ns=(0, 0))
    with recording_sources(both):
        template.render({"x": True})
    assert [source.is_up_to_date for source in plain.values()] == [True]
    assert sorted(source.is_up_to_date for source in both.values()) == [False, True], "as it was first"


def test_the_application_sets_auto_reload_unless_the_environment_does() -> None:
    for told in (True, False):
        assert ViewTemplates(create_environment(), auto_reload=told).environment.auto_reload is told
        environment = create_environment(auto_reload=told)
        assert ViewTemplates(environment, auto_reload=not told).environment.auto_reload is told
