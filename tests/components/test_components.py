"""State, callbacks, nesting and errors of live components, as a browser sees them."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel

from pyview import Depends, LiveView
from pyview.components import ComponentMeta, ComponentSocket, LiveComponent
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, ViewCrashed
from tests.asgi import eventually
from tests.components.conftest import Open, app_of
from tests.components.sample_components import Assigns, Branch, Counter, Endless, Leaf, Logged, Socket, counts


class TestState:
    async def test_each_component_has_its_own_state(self, open_page: Open) -> None:
        page = await open_page(
            '<p>{{ live_component(Counter, id="a", start=3) }}{{ live_component(Counter, id="b") }}</p>',
            Counter=Counter,
        )
        await page.click(page.find_all("button")[0])
        await page.click(page.find_all("button")[0])
        await page.click(page.find_all("button")[1])
        assert counts(page) == ["5", "1"]

    async def test_components_are_rendered_over_http(self) -> None:
        class View(LiveView[Any]):
            template = LiveTemplate.from_string(
                '<p>{{ live_component(Counter, id="a", start=3) }}</p>', "v.html"
            )

        async with LiveClient(app_of(View)) as client:
            assert '<div class="counter"><b>3</b>' in (await client.get("/")).text

    async def test_state_is_kept_when_a_component_moves(self, open_page: Open) -> None:
        page = await open_page(
            "{% if low %}<i>{{ live_component(Counter, id=1) }}</i>"
            "{% else %}<u>{{ live_component(Counter, id=1) }}</u>{% endif %}",
            Counter=Counter,
            low=False,
        )
        await page.click("u button")
        await page.push("set", {"low": True})
        assert page.find("i b").text == "1"
        await page.click("i button")
        assert page.find("i b").text == "2"

    async def test_rows_keep_their_components_when_they_move(self, open_page: Open) -> None:
        for source in (
            "{% for n in rows %}{{ live_component(Counter, id=n, label=n) }}{% endfor %}",
            "{% for n in rows|keyed_by %}{{ live_component(Counter, id=n, label=n) }}{% endfor %}",
        ):
            page = await open_page(f"<div>{source}</div>", Counter=Counter, rows=[1, 2, 3])
            await page.click(page.find_all("button")[2])
            await page.push("set", {"rows": [3, 4, 1]})
            assert [each.text for each in page.find_all(".counter")] == ["1 3 +", "0 4 +", "0 1 +"]
            await page.push("set", {"rows": [4, 3, 2]})
            assert [each.text for each in page.find_all(".counter")] == ["0 4 +", "1 3 +", "0 2 +"]


class TestCallbacks:
    async def test_update_runs_only_when_an_assign_may_have_changed(self, open_page: Open) -> None:
        class Seen(Logged): ...

        page = await open_page(
            '<p>{{ other }}{{ live_component(Seen, id="a", label=label, start=1) }}</p>',
            Seen=Seen,
            label="x",
            other=1,
        )
        Seen.log.clear()
        await page.push("set", {"other": 2})
        await page.push("set", {"label": "x"})
        assert Seen.log == []
        await page.push("set", {"label": "y"})
        assert Seen.log == [("update", {"label": "y", "start": 1})]
        assert page.find(".counter").text == "1 y +"

    async def test_update_runs_when_a_mutable_assign_may_have_changed_inside(self, open_page: Open) -> None:
        class Tags(LiveComponent[dict[str, Any]]):
            template = LiveTemplate.from_string("<i>{{ tags|join(' ') }}</i>", "tags.html")

        tags = ["a"]
        page = await open_page(
            "<p>{{ other }}{{ live_component(Tags, id=1, tags=tags) }}</p>", Tags=Tags, tags=tags, other=1
        )
        tags.append("b")
        await page.push("set", {"other": 2})
        assert page.find("i").text == "a b"

    async def test_update_copies_assigns_into_any_kind_of_context(self, open_page: Open) -> None:
        @dataclass(frozen=True)
        class Frozen:
            name: str = ""

        class Model(BaseModel):
            name: str = ""

        contexts: list[Any] = [{}, Frozen(), Model()]
        for context in contexts:

            class Named(LiveComponent[Any]):
                template = LiveTemplate.from_string("<i>{{ name }}</i>", "named.html")

                async def mount(
                    self, socket: ComponentSocket[Any], assigns: Assigns, context: Any = context
                ) -> None:
                    socket.context = context

            page = await open_page(
                "{{ live_component(Named, id=1, name=name, more=1) }}", Named=Named, name="Ann"
            )
            await page.push("set", {"name": "Bea"})
            assert page.find("i").text == "Bea"

    async def test_callbacks_may_be_plain_functions_and_have_dependencies(self, open_page: Open) -> None:
        class Plain(LiveComponent[dict[str, Any]]):
            template = LiveTemplate.from_string("<i>{{ n }}</i>", "plain.html")

            def __init__(self, step: int = Depends(lambda: 5)) -> None:
                self.step = step

            def mount(self, socket: Socket, assigns: Assigns, start: int = Depends(lambda: 10)) -> None:
                socket.context["n"] = start

            def update(self, socket: Socket, assigns: Assigns) -> None:
                socket.context["n"] += self.step

        page = await open_page("{{ live_component(Plain, id=1) }}", Plain=Plain)
        assert page.find("i").text == "15"

    async def test_update_many_is_called_once_for_all_components_of_a_render(self, open_page: Open) -> None:
        class Many(LiveComponent[dict[str, Any]]):
            template = LiveTemplate.from_string("<i>{{ name }}</i>", "many.html")
            calls: ClassVar[list[Any]] = []

            @classmethod
            async def update_many(cls, updates: list[tuple[Socket, Assigns]]) -> None:
                cls.calls.append([assigns["n"] for _, assigns in updates])
                for socket, assigns in updates:
                    socket.context["name"] = f"name {assigns['n']}"

        page = await open_page(
            "<p>{% for n in rows %}{{ live_component(Many, id=n, n=n) }}{% endfor %}</p>",
            Many=Many,
            rows=[1, 2],
        )
        assert Many.calls == [[1, 2]]  # for the HTTP response, with which the join goes on
        Many.calls.clear()
        await page.push("set", {"rows": [1, 2, 3, 4]})
        assert Many.calls == [[3, 4]]
        assert [each.text for each in page.find_all("i")] == ["name 1", "name 2", "name 3", "name 4"]
        view = page.view.socket
        await view.send_update(Many, id=1, n=10)
        await view.send_update(Many, id=2, n=20)
        await page.settle()
        assert [each.text for each in page.find_all("i")][:2] == ["name 10", "name 20"]

    async def test_an_error_in_a_component_ends_its_view_which_rejoins(self, open_page: Open) -> None:
        class Failing(Counter):
            async def handle_event(self, event: str, payload: Any, socket: Socket) -> Any:
                raise RuntimeError("oh")

        page = await open_page("{{ live_component(Failing, id=1) }}", Failing=Failing)
        with pytest.raises(ViewCrashed):
            await page.click("button")
        assert counts(page) == ["0"]

    async def test_disconnect_runs_once_when_the_component_or_its_view_is_gone(self, open_page: Open) -> None:
        class Leaving(Logged): ...

        page = await open_page(
            "<p>{% for n in rows %}{{ live_component(Leaving, id=n, start=n) }}{% endfor %}</p>",
            Leaving=Leaving,
            rows=[1, 2],
        )
        Leaving.log.clear()
        await page.push("set", {"rows": [2]})
        assert Leaving.log == [("disconnect", 1)]
        await page.close()
        await eventually(lambda: Leaving.log == [("disconnect", 1), ("disconnect", 2)])


class TestNested:
    async def test_nested_components_find_the_classes_of_their_module(self, open_page: Open) -> None:
        page = await open_page(
            "<p>{% for n in names %}{{ live_component(Branch, id=n, name=n, leaves=2) }}{% endfor %}</p>",
            Branch=Branch,
            names=["a", "b"],
        )
        assert [each.text for each in page.find_all("i")] == ["a.0", "a.1", "b.0", "b.1"]
        await page.click(page.find_all("button")[1])
        assert [each.text for each in page.find_all("i")] == ["a.0", "a.1", "b.0", "b.1", "b.2"]

    async def test_a_component_that_places_itself_without_end_is_an_error(self, open_page: Open) -> None:
        with pytest.raises(Exception, match=r"nested 101 components deep; at most 100 are allowed"):
            await open_page("{{ live_component(Endless, id=0, n=0, last=1000000) }}", Endless=Endless)

    async def test_many_levels_are_allowed(self, open_page: Open) -> None:
        page = await open_page("{{ live_component(Endless, id=0, n=10, last=90) }}", Endless=Endless)
        assert len(page.find_all("div.level")) == 81

    async def test_socket_parent_is_the_socket_of_the_parent(self, open_page: Open) -> None:
        parents: list[Any] = []

        class Knowing(Leaf):
            async def mount(self, socket: Socket, assigns: Assigns) -> None:
                parents.append(socket.parent.cid)

        class Outer(LiveComponent[dict[str, Any]]):
            template = LiveTemplate.from_string("<div>{{ live_component(inner, id=1) }}</div>", "around.html")

        await open_page(
            "<p>{{ live_component(Outer, id=1, inner=Knowing) }}{{ live_component(Knowing, id=2) }}</p>",
            Outer=Outer,
            Knowing=Knowing,
        )
        assert parents[-2:] == [None, 1]


class TestContent:
    async def test_a_component_may_render_its_content_itself(self, open_page: Open) -> None:
        class ByHand(LiveComponent[dict[str, Any]]):
            async def mount(self, socket: Socket, assigns: Assigns) -> None:
                socket.context = {"n": 0}

            async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
                socket.context["n"] += 1

            def template(self, assigns: dict[str, Any], meta: ComponentMeta) -> Any:
                return Content(f'<b phx-click="add" phx-target="{meta.myself}">', str(assigns["n"]), "</b>")

        page = await open_page("<p>{{ live_component(ByHand, id=1) }}</p>", ByHand=ByHand)
        await page.click("b")
        await page.click("b")
        assert page.find("b").text == "2"


@dataclass
class Content:
    before: str
    text_between: str
    after: str

    def tree(self) -> dict[str, Any]:
        return {"s": [self.before, self.after], "0": self.text_between}

    def text(self, socket: Any = None) -> str:
        return f"{self.before}{self.text_between}{self.after}"


class TestErrors:
    async def test_the_error_names_both_places_of_one_component(self, open_page: Open) -> None:
        with pytest.raises(
            Exception, match=r"live_component\(Leaf, id=1\) is placed twice: page.html:2 and page.html:4"
        ):
            await open_page(
                "<p>\n{{ live_component(Leaf, id=1) }}\n<b>\n{{ live_component(Leaf, id=1) }}</b></p>",
                Leaf=Leaf,
            )

    @pytest.mark.parametrize("first", [True, False])
    async def test_the_error_names_both_places_if_only_one_was_rendered(
        self, open_page: Open, first: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        late = "{% if late %}\n{{ live_component(Leaf, id=1, name='x') }}{% endif %}\n"
        early = "{{ live_component(Leaf, id=1, name='x') }}\n"
        page = await open_page(
            f"<p>\n{late if first else early}{early if first else late}</p>", Leaf=Leaf, late=False
        )
        with pytest.raises(ViewCrashed):
            await page.push("set", {"late": True})
        assert "is placed twice: page.html:" in caplog.text

    @pytest.mark.parametrize(
        "source", ["<i></i><b></b>", "text", "{% if name %}<i></i>{% endif %}", "{{ name }}<i></i>", ""]
    )
    async def test_a_component_must_be_one_element(self, open_page: Open, source: str) -> None:
        class Wrong(LiveComponent[Any]):
            template = LiveTemplate.from_string(source, "wrong.html")

        with pytest.raises(
            Exception,
            match=r"wrong.html: the template of the live component .*Wrong must be exactly one element",
        ):
            await open_page("<p>{{ live_component(Wrong, id=1, name='n') }}</p>", Wrong=Wrong)

    @pytest.mark.parametrize(
        "source", ["<!-- c -->\n<i>{{ name }}</i>\n", "<i>{% if name %}<b></b><u></u>{% endif %}</i>", "<br>"]
    )
    async def test_comments_and_conditions_inside_the_element_are_allowed(
        self, open_page: Open, source: str
    ) -> None:
        class Right(LiveComponent[Any]):
            template = LiveTemplate.from_string(source, "right.html")

        await open_page("<p>{{ live_component(Right, id=1, name='n') }}</p>", Right=Right)

    async def test_only_classes_of_components_can_be_placed(self, open_page: Open) -> None:
        for wrong in (dict, "Counter", None):
            with pytest.raises(TypeError, match="expects a class derived from LiveComponent"):
                await open_page("{{ live_component(wrong, id=1) }}", wrong=wrong)
        with pytest.raises(TypeError, match="expects a hashable id"):
            await open_page("{{ live_component(Leaf, id=[]) }}", Leaf=Leaf)
        with pytest.raises(TypeError, match="expects a hashable id"):
            await open_page("{{ live_component(Leaf, id=nothing) }}", Leaf=Leaf)

    async def test_the_error_without_a_template_names_the_expected_file(self, open_page: Open) -> None:
        class BareComponent(LiveComponent[Any]): ...

        with pytest.raises(FileNotFoundError, match=r"bare_component\.html"):
            await open_page("{{ live_component(Bare, id=1) }}", Bare=BareComponent)
