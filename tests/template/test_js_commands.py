"""`js` in templates: constant chains are part of the page's text, others change when their values do."""

from dataclasses import dataclass
from typing import Any

import pytest

from pyview.js import js
from pyview.template.environment import create_environment
from pyview.template.live_template import LiveTemplate
from pyview.testing.tree_html import to_html


def live(source: str, **options: Any) -> LiveTemplate:
    return LiveTemplate.from_string(source, "page.html", create_environment(**options))


CONSTANT = [
    ('{{ js.hide("#m") }}', js.hide("#m")),
    (
        '{{ js.hide("#m", time=20).push("x", value={"a": [1]}) }}',
        js.hide("#m", time=20).push("x", value={"a": [1]}),
    ),
    ('{{ js.hide() + js.show(js.closest("tr")) }}', js.hide() + js.show(js.closest("tr"))),
    ('{{ js.concat(js.hide(), js.show(to=js.inner("b"))) }}', js.hide() + js.show(js.inner("b"))),
    ("{{ js }}", js),
]


@pytest.mark.parametrize(("source", "commands"), CONSTANT)
def test_constant_commands_are_static(source: str, commands: Any) -> None:
    template = live(f'<b phx-click="{source}"></b>')
    html = f'<b phx-click="{commands.__html__()}"></b>'
    assert template.render({}) == html
    assert template.rendering().update({})["s"] == [html]


OTHERS = [
    '{{ js.push("x", value={"id": id}) }}',
    '{{ (js if id else js.hide()).show("#a") }}',
    '{{ js.hide("#m") | js.push("x", {"id": id}) }}',
    '{% set js = js.hide() %}{{ js.show("#b") }}',
    "{% macro button(js) %}{{ js }}{% endmacro %}{{ button(js.hide()) }}",
    "{% for js in [1] %}{{ js }}{% endfor %}",
    '{{ js.push(*[id]) if id is string else js.push(**{"event": "e"}) }}',
    '{{ js.hide("#m") ~ "" }}',
    "{{ js.commands | length }}",
]


@pytest.mark.parametrize("source", [*OTHERS, *(source for source, _ in CONSTANT)])
@pytest.mark.parametrize("autoescape", [True, False])
def test_the_tree_equals_the_text(source: str, autoescape: bool) -> None:
    template = live(source, autoescape=autoescape)
    rendering = template.rendering()
    for number in (1, 2):
        assert to_html(rendering.tree({"id": number})) == template.render({"id": number})


def test_a_chain_changes_with_its_values_only() -> None:
    rendering = live('{{ js.push("x", value={"id": id}) }}{{ other }}').rendering()
    rendering.update({"id": 1, "other": 1})
    assert rendering.update({"id": 1, "other": 2}) == {"1": "2"}
    assert rendering.update({"id": 2, "other": 2}) == {"0": js.push("x", value={"id": 2}).__html__()}


@dataclass
class User:
    name: str


def test_commands_do_not_keep_objects_from_being_skipped() -> None:
    shown: list[str] = []
    environment = create_environment()

    def show(user: User) -> str:
        shown.append(user.name)
        return user.name

    environment.register_pure(show)
    source = '{{ js.push("x", value={"id": id}).hide("#m") }}{{ show(user) }}'
    rendering = LiveTemplate.from_string(source, "page.html", environment).rendering()
    context: dict[str, Any] = {"id": 1, "user": User("Ada"), "show": show}
    rendering.update(context)
    shown.clear()
    assert rendering.update({**context, "id": 2}).keys() == {"0"}
    assert shown == []


def test_a_mistake_has_its_line() -> None:
    with pytest.raises(TypeError, match="Did you mean 'to'") as caught:
        live('<p>\n{{ js.hide(too="#m") }}').render({})
    frames = [(str(entry.path), entry.lineno + 1) for entry in caught.traceback]
    assert ("page.html", 2) in [(path.rsplit("/", 1)[-1], line) for path, line in frames]


def test_commands_as_values_of_the_context() -> None:
    rendering = live('<b phx-click="{{ close }}"></b>').rendering()
    rendering.update({"close": js.hide("#m")})
    assert rendering.update({"close": js.hide("#m")}) == {}
    assert rendering.update({"close": js.hide("#n")}) == {"0": js.hide("#n").__html__()}


OLD = [
    ('{{ js | js.add_class("#q", "hint", "warn") }}', js.add_class("hint warn", to="#q")),
    ('{{ js | js.remove_class("#q", "hint") }}', js.remove_class("hint", to="#q")),
    ('{{ js | js.toggle_class("#q", "hint") }}', js.toggle_class("hint", to="#q")),
    (
        '{{ js.push("inc") | js.transition("#c", "bounce") }}',
        js.push("inc").transition("bounce", to="#c", time=200),
    ),
    ('{{ js | js.dispatch("copy", "#t") }}', js.dispatch("copy", "#t")),
    ('{{ js.show("#m") | js.push("opened", {"id": 1}) }}', js.show("#m").push("opened", value={"id": 1})),
    ('{{ js | js.focus("#e") | js.focus_first("#f") }}', js.focus("#e").focus_first("#f")),
    ('{{ js | js.hide("#m") | js.show("#n") | js.toggle("#o") }}', js.hide("#m").show("#n").toggle("#o")),
    ('{{ js | js.navigate("/a") | js.patch("/b") }}', js.navigate("/a").patch("/b")),
    (
        '{{ js | js.set_attribute(("a", "1"), "#m") | js.remove_attribute("b") | js.toggle_attribute("c") }}',
        js.set_attribute("a", "1", to="#m").remove_attribute("b").toggle_attribute("c"),
    ),
    (
        '{{ js | js.push_focus | js.pop_focus | js.exec("data-x", "#m") }}',
        js.push_focus().pop_focus().exec("data-x", to="#m"),
    ),
]


@pytest.mark.parametrize(("source", "commands"), OLD)
def test_the_filters_of_pyview(source: str, commands: Any) -> None:
    template = live(source)
    assert template.render({}) == commands.__html__()
    rendering = template.rendering()
    assert to_html(rendering.update({})) == commands.__html__()
    assert rendering.update({}) == {}
