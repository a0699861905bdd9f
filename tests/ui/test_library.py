"""The index of the core components: macros are loaded by topic, and an application may replace files."""

import os
from pathlib import Path
from threading import get_ident
from typing import Any

import pytest
from jinja2 import (
    DictLoader,
    FileSystemBytecodeCache,
    FileSystemLoader,
    StrictUndefined,
    TemplateSyntaxError,
    nodes,
)

from pyview import LiveView, PyView, SecurityConfig
from pyview.template.compiler.purity import pure
from pyview.template.core.library import FOLDER, topics
from pyview.template.environment import LiveEnvironment, create_environment
from pyview.template.live_template import LiveTemplate
from pyview.template.tree.macro import LiveMacro
from pyview.testing import LiveClient
from tests.ui.pages import ENVIRONMENT, IMPORT, only, rendered


def recording(**options: Any) -> tuple[LiveEnvironment, list[str | None]]:
    """Return an environment of a class of its own, and the names of the files that it compiles."""
    compiled: list[str | None] = []

    class RecordingEnvironment(LiveEnvironment):
        def _generate(
            self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
        ) -> str:
            compiled.append(name)
            return super()._generate(source, name, filename, defer_init)

    return RecordingEnvironment(**options), compiled


def text_of(source: str, environment: LiveEnvironment, **names: Any) -> str:
    return LiveTemplate.from_string(source, "page.html", environment).render(names)


@pytest.mark.parametrize("name", sorted(topics()))
def test_a_component_with_unchanged_arguments_is_skipped(name: str) -> None:
    macro = getattr(ENVIRONMENT.get_template("pyview/components.html").module, name)
    assert isinstance(macro, LiveMacro)
    assert macro.pure


def test_only_the_topics_that_are_used_are_compiled() -> None:
    environment, compiled = recording()
    assert "pv-button" in text_of(IMPORT + "{{ ui.button('x') }}{{ ui.link('y', href='/') }}", environment)
    assert compiled == ["page.html", "components.html", "buttons.html"]


def test_the_folders_of_an_application_share_what_is_compiled(tmp_path: Path) -> None:
    environment, compiled = recording()
    for folder in (tmp_path, tmp_path / "a", tmp_path / "b"):
        text_of(IMPORT + "{{ ui.button('x') }}", environment.beside(folder))
    assert compiled.count("buttons.html") == 1


def test_the_applications_of_a_process_share_what_would_be_compiled_alike() -> None:
    first, compiled = recording()
    kind = type(first)

    @pure
    def length(value: Any) -> int:
        return 7

    text_of(USES, first)
    for environment, count in (
        (kind(), 1),
        (kind(trim_blocks=True), 2),
        (kind(finalize=Shown()), 3),
        (kind(undefined=StrictUndefined), 4),
    ):
        assert "pv-button" in text_of(USES, environment)
        assert compiled.count("buttons.html") == count
    other = kind()
    other.filters["length"] = length
    text_of(USES, other)
    assert compiled.count("buttons.html") == 5


USES = IMPORT + "{{ ui.button('x') }}"


class Shown:
    """A `finalize` without a hash."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Shown)

    def __call__(self, value: Any) -> Any:
        return value


def test_own_files_that_a_topic_imports_are_used_for_it_alone() -> None:
    environment, compiled = recording()
    source = IMPORT + "{{ ui.switch('on', label='On') }}"
    text_of(source, environment)
    own = type(environment)(
        loader=DictLoader(
            {"pyview/fields.html": "{% macro field_group(of) %}<b>{{ caller() }}</b>{% endmacro %}"}
        )
    )
    text_of(source, type(environment)())
    assert compiled.count("switches.html") == 1
    text_of(source, own)
    assert compiled.count("switches.html") == 2


@pytest.mark.parametrize(
    "source",
    ["\n{{ ui.buton('x') }}", "\n{% from 'pyview/components.html' import buton %}", "\n{{ ui.buton }}"],
)
def test_an_unknown_name_is_an_error_that_names_the_nearest_macro(source: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=r"have no 'buton'\. Did you mean 'button'\?") as caught:
        LiveTemplate.from_string(IMPORT + source, "page.html", create_environment())
    assert (caught.value.name, caught.value.lineno) == ("page.html", 2)


def test_a_name_like_no_macro_is_an_error_that_lists_them() -> None:
    with pytest.raises(TemplateSyntaxError, match=r"have no 'zzz'\. They are .*async_result, .*button, "):
        text_of(IMPORT + "{{ ui.zzz() }}", create_environment())


def test_macros_can_be_imported_one_by_one() -> None:
    soup = rendered(
        "{% from 'pyview/components.html' import button, link as a %}{{ button('x') }}{{ a('y', href='/') }}"
    )
    assert only(soup, "button").text == "x"
    assert only(soup, "a").text == "y"


def test_macros_can_be_found_by_a_name_in_a_variable() -> None:
    assert only(rendered("{{ ui[name]('x') }}", name="button"), "button").text == "x"


def test_a_file_of_the_application_stands_in_for_the_library() -> None:
    own = "{% macro button(text) %}<own>{{ text }}</own>{% endmacro %}"
    environment = create_environment(DictLoader({"pyview/components.html": own}))
    assert text_of(IMPORT + "{{ ui.button('x') }}", environment) == "<own>x</own>"


def test_a_file_of_the_application_stands_in_for_one_topic() -> None:
    own = "{% macro button(text) %}<own>{{ text }}</own>{% endmacro %}"
    environment = create_environment(DictLoader({"pyview/buttons.html": own}))
    page = IMPORT + "{{ ui.button('x') }}{{ ui.flash_group({}) }}"
    assert "<own>x</own>" in text_of(page, environment)
    assert "pv-flashes" in text_of(page, environment)


def test_a_file_beside_the_view_stands_in_for_one_topic(tmp_path: Path) -> None:
    (tmp_path / "pyview").mkdir()
    (tmp_path / "pyview" / "buttons.html").write_text("{% macro button(text) %}own{% endmacro %}")
    environment = create_environment()
    assert text_of(IMPORT + "{{ ui.button('x') }}", environment.beside(tmp_path)) == "own"
    assert "pv-button" in text_of(IMPORT + "{{ ui.button('x') }}", environment)


def test_calls_of_declared_macros_of_an_own_topic_are_checked() -> None:
    own = "{% macro button(text, size=attr('m', values=['s', 'm'])) %}own{% endmacro %}"
    environment = create_environment(DictLoader({"pyview/buttons.html": own}))
    with pytest.raises(TemplateSyntaxError, match="got 'xl'"):
        text_of(IMPORT + "{{ ui.button('x', size='xl') }}", environment)


def test_an_own_macro_that_is_not_pure_is_called_at_each_render() -> None:
    environment = create_environment(
        DictLoader({"pyview/buttons.html": "{% macro button() %}{{ now() }}{% endmacro %}"})
    )
    times = iter("abcdefgh")
    environment.globals["now"] = lambda: next(times)
    template = LiveTemplate.from_string(IMPORT + "{{ ui.button() }}{{ x }}", "page.html", environment)
    rendering = template.rendering()
    rendering.update({"x": 1})
    assert "b" in str(rendering.update({"x": 1}))


def test_a_changed_file_is_used_with_auto_reload(tmp_path: Path) -> None:
    (tmp_path / "pyview").mkdir()
    topic = tmp_path / "pyview" / "buttons.html"
    environment = create_environment(FileSystemLoader(tmp_path), auto_reload=True)
    template = LiveTemplate.from_string(IMPORT + "{{ ui.button('x') }}", "page.html", environment)
    for number, word in enumerate(("first", "second"), start=1):
        topic.write_text("{% macro button(text) %}" + word + "{% endmacro %}")
        os.utime(topic, (number, number))
        assert template.render({}) == word


def test_a_bytecode_cache_holds_the_topics(tmp_path: Path) -> None:
    for _ in range(2):
        environment = create_environment(bytecode_cache=FileSystemBytecodeCache(str(tmp_path)))
        assert "pv-button" in text_of(IMPORT + "{{ ui.button('x') }}", environment)
    assert len([*tmp_path.iterdir()]) == 2  # the index and one topic


def test_an_error_in_a_macro_names_its_file() -> None:
    with pytest.raises(TypeError, match="expected one of href") as caught:
        text_of(IMPORT + "{{ ui.link('x') }}", create_environment())
    files = [entry.path.name for entry in caught.traceback if isinstance(entry.path, Path)]
    assert "buttons.html" in files


def test_a_macro_may_call_one_of_another_topic_and_stays_pure() -> None:
    source = (
        "{% from 'pyview/buttons.html' import button %}"
        "{% macro twice(text) %}{{ button(text) }}{{ button(text) }}{% endmacro %}"
    )
    environment = create_environment()
    code = environment.compile(source, "twice.html", str(FOLDER / "twice.html"))
    template = environment.template_class.from_code(environment, code, environment.make_globals(None))
    macro: Any = template.module
    assert macro.twice.pure
    assert macro.twice("x").count("pv-button") == 2


async def test_in_production_the_topics_are_loaded_before_the_first_request() -> None:
    environment, compiled = recording(loader=DictLoader({"page.html": USES + "{{ ui.card(title=title) }}"}))

    class Page(LiveView[Any]):
        template = "page.html"

    app = PyView(
        templates=environment,
        production=True,
        secret="a secret of more than thirty-two bytes",
        security=SecurityConfig(allowed_hosts=["*"]),
    )
    app.add_live_view("/", Page)
    async with LiveClient(app):
        assert {"buttons.html", "cards.html"} <= {*compiled}


async def test_in_development_a_first_page_compiles_in_a_thread() -> None:
    threads: dict[str | None, int] = {}

    class ThreadedEnvironment(LiveEnvironment):
        def _generate(
            self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
        ) -> str:
            threads[name] = get_ident()
            return super()._generate(source, name, filename, defer_init)

    class Page(LiveView[Any]):
        template = "page.html"

    app = PyView(templates=ThreadedEnvironment(loader=DictLoader({"page.html": USES})))
    app.add_live_view("/", Page)
    async with LiveClient(app) as client:
        assert (await client.open("/")).exists(".pv-button")
    assert {*threads} == {"page.html", "components.html", "buttons.html"}
    assert get_ident() not in threads.values()


def test_components_are_loaded_while_another_thread_compiles() -> None:
    class BusyEnvironment(LiveEnvironment):
        def _generate(
            self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
        ) -> str:
            self.used_components.add(f"found while {name} was compiled")
            return super()._generate(source, name, filename, defer_init)

    environment = BusyEnvironment()
    text_of(USES, environment)
    environment.used_components = {"button", "card", "shell"}
    environment.load_components()
    assert len(environment.used_components) > 3
