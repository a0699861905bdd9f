"""Live components, from outside: what the browser sees of them."""

from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel
from starlette.authentication import AuthenticationBackend
from starlette.middleware.authentication import AuthenticationMiddleware

from pyview import Depends, LiveView, LiveViewSocket
from pyview.auth import requires
from pyview.components import ComponentMeta, ComponentSocket, LiveComponent
from pyview.events import AutoEventDispatch, event
from pyview.hooks import Halt
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, Page, PageError, ViewCrashed
from tests.asgi import eventually
from tests.components.conftest import Open, app_of

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
    """Keeps a log of its callbacks, for the class."""

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


class Nobody(AuthenticationBackend):
    async def authenticate(self, conn: Any) -> None:
        return None


def counts(page: Page) -> list[str]:
    return [each.text for each in page.find_all(".counter b")]


class TestState:
    async def test_each_component_has_its_own(self, open_page: Open) -> None:
        page = await open_page(
            '<p>{{ live_component(Counter, id="a", start=3) }}{{ live_component(Counter, id="b") }}</p>',
            Counter=Counter,
        )
        await page.click(page.find_all("button")[0])
        await page.click(page.find_all("button")[0])
        await page.click(page.find_all("button")[1])
        assert counts(page) == ["5", "1"]

    async def test_the_page_over_http_has_them_too(self) -> None:
        class View(LiveView[Any]):
            template = LiveTemplate.from_string(
                '<p>{{ live_component(Counter, id="a", start=3) }}</p>', "v.html"
            )

        async with LiveClient(app_of(View)) as client:
            assert '<div class="counter"><b>3</b>' in (await client.get("/")).text

    async def test_it_goes_on_while_its_place_moves(self, open_page: Open) -> None:
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

    async def test_rows_keep_their_components_however_they_move(self, open_page: Open) -> None:
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
    async def test_update_runs_when_an_assign_may_have_changed_and_not_else(self, open_page: Open) -> None:
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

    async def test_what_may_have_changed_within_an_assign_is_told_too(self, open_page: Open) -> None:
        class Tags(LiveComponent[dict[str, Any]]):
            template = LiveTemplate.from_string("<i>{{ tags|join(' ') }}</i>", "tags.html")

        tags = ["a"]
        page = await open_page(
            "<p>{{ other }}{{ live_component(Tags, id=1, tags=tags) }}</p>", Tags=Tags, tags=tags, other=1
        )
        tags.append("b")
        await page.push("set", {"other": 2})
        assert page.find("i").text == "a b"

    async def test_by_default_assigns_become_part_of_a_context_of_any_kind(self, open_page: Open) -> None:
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

    async def test_update_many_has_one_call_for_all_components_of_a_render(self, open_page: Open) -> None:
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
        Many.calls.clear()
        await page.push("set", {"rows": [1, 2, 3, 4]})
        assert Many.calls == [[3, 4]]
        assert [each.text for each in page.find_all("i")] == ["name 1", "name 2", "name 3", "name 4"]
        view = page.view.socket
        await view.send_update(Many, id=1, n=10)
        await view.send_update(Many, id=2, n=20)
        await page.settle()
        assert [each.text for each in page.find_all("i")][:2] == ["name 10", "name 20"]

    async def test_a_component_that_fails_ends_its_view_which_joins_again(self, open_page: Open) -> None:
        class Failing(Counter):
            async def handle_event(self, event: str, payload: Any, socket: Socket) -> Any:
                raise RuntimeError("oh")

        page = await open_page("{{ live_component(Failing, id=1) }}", Failing=Failing)
        with pytest.raises(ViewCrashed):
            await page.click("button")
        assert counts(page) == ["0"]

    async def test_disconnect_runs_once_when_the_component_or_its_view_has_gone(
        self, open_page: Open
    ) -> None:
        class Ending(Logged): ...

        page = await open_page(
            "<p>{% for n in rows %}{{ live_component(Ending, id=n, start=n) }}{% endfor %}</p>",
            Ending=Ending,
            rows=[1, 2],
        )
        Ending.log.clear()
        await page.push("set", {"rows": [2]})
        assert Ending.log == [("disconnect", 1)]
        await page.close()
        await eventually(lambda: Ending.log == [("disconnect", 1), ("disconnect", 2)])


class TestEvents:
    async def test_they_are_answered(self, open_page: Open) -> None:
        page = await open_page("{{ live_component(Counter, id=1) }}", Counter=Counter)
        assert await page.push("add", {}, target=".counter") == {"count": 1}

    async def test_only_the_component_is_rendered_and_sent(self, open_page: Open) -> None:
        page = await open_page(
            "<p>{{ now() }}{{ live_component(Counter, id=1) }}</p>", Counter=Counter, now=iter("abc").__next__
        )
        assert page.text.startswith("a") or page.text.startswith("b")
        before = page.text[0]
        await page.click("button")
        assert page.text[0] == before
        assert counts(page) == ["1"]

    async def test_handlers_are_found_and_filled_as_those_of_views(self, open_page: Open) -> None:
        class Typed(AutoEventDispatch, LiveComponent[dict[str, Any]]):
            template = LiveTemplate.from_string(
                "<div><b>{{ total }}</b>"
                '<button phx-click="{{ add }}" phx-value-by="4" phx-target="{{ myself }}">+</button></div>',
                "typed.html",
            )

            async def mount(self, socket: Socket, assigns: Assigns) -> None:
                socket.context["total"] = 0

            @event
            async def add(self, by: int, socket: Socket) -> None:
                socket.context["total"] += by

        page = await open_page("{{ live_component(Typed, id=1) }}", Typed=Typed)
        await page.click("button")
        assert page.find("b").text == "4"
        with pytest.raises(PageError, match="bad_payload"):
            await page.push("add", {"by": "x"}, target="b")
        with pytest.raises(PageError, match="unknown_event"):
            await page.push("sub", {}, target="b")
        assert page.find("b").text == "4"

    async def test_what_a_handler_requires_is_asked(self, open_page: Open) -> None:
        class Guarded(Counter):
            @requires("admin")
            async def handle_event(self, event: str, payload: Any, socket: Socket) -> Any:
                return await super().handle_event(event, payload, socket)

        page = await open_page("{{ live_component(Guarded, id=1) }}", Guarded=Guarded)
        with pytest.raises(PageError, match="forbidden"):
            await page.click("button")
        assert counts(page) == ["0"]

    async def test_hooks_may_run_before(self, open_page: Open) -> None:
        class Hooked(Counter):
            async def mount(self, socket: Socket, assigns: Assigns) -> None:
                await super().mount(socket, assigns)
                socket.attach_hook("third", "handle_event", self.third)

            async def third(self, event: str, payload: Any, socket: Socket) -> Halt | None:
                return Halt({"no": "more"}) if socket.context["count"] == 2 else None

        page = await open_page("{{ live_component(Hooked, id=1) }}", Hooked=Hooked)
        answers = [await page.push("add", {}, target="b") for _ in range(3)]
        assert answers == [{"count": 1}, {"count": 2}, {"no": "more"}]

    async def test_forms_and_selectors_reach_them(self, open_page: Open) -> None:
        class Form(LiveComponent[dict[str, Any]]):
            template = LiveTemplate.from_string(
                '<form id="f" phx-change="check" phx-submit="save" phx-target="#f">'
                '<input name="n"><i>{{ heard }}</i></form>',
                "form.html",
            )

            async def mount(self, socket: Socket, assigns: Assigns) -> None:
                socket.context["heard"] = ""

            @event("check", "save")
            async def hear(self, event: str, n: str, socket: Socket) -> None:
                socket.context["heard"] += f"{event} {n};"

        page = await open_page("{{ live_component(Form, id=1) }}", Form=Form)
        await page.change("form", {"n": "x"})
        await page.submit("form", {"n": "y"})
        assert page.find("i").text == "check x;save y;"


class TestMessages:
    async def test_send_update_reaches_a_component_by_class_and_id_or_by_number(
        self, open_page: Open
    ) -> None:
        class Told(Logged): ...

        page = await open_page(
            '<p>{{ live_component(Told, id="a") }}{{ live_component(Told, id="b") }}</p>', Told=Told
        )
        socket: LiveViewSocket[Any] = page.view.socket
        Told.log.clear()
        await socket.send_update(Told, id="b", label="bee")
        await socket.send_update(1, label="one")
        await socket.send_update(Told, id="nobody", label="lost")
        await socket.send_update(77, label="lost")
        await page.settle()
        assert [each.text for each in page.find_all(".counter")] == ["0 one +", "0 bee +"]
        assert Told.log == [("update", {"label": "bee"}), ("update", {"label": "one"})]

    async def test_it_may_come_later_or_not_at_all(self, open_page: Open) -> None:
        page = await open_page('{{ live_component(Counter, id="a") }}', Counter=Counter)
        socket: LiveViewSocket[Any] = page.view.socket
        socket.send_update_after(0.02, Counter, id="a", label="later")
        never = socket.send_update_after(0.02, Counter, id="a", label="never")
        assert never is not None
        never.cancel()
        await page.settle()
        assert page.find(".counter").text == "0 +"
        await page.wait_for(".counter", text="later")
        await page.settle(0.05)
        assert page.find(".counter").text == "0 later +"

    async def test_send_parent_causes_an_event_of_the_view_in_the_same_turn(self, open_page: Open) -> None:
        class Child(Counter):
            async def handle_event(self, event: str, payload: Any, socket: Socket) -> Any:
                await socket.send_parent("chosen", {"n": 7})
                await super().handle_event(event, payload, socket)
                await socket.send_parent("again")
                return {"done": True}

        page = await open_page("<p>{{ heard }}{{ live_component(Child, id=1) }}</p>", Child=Child)
        frames = page.dropped
        assert await page.push("add", {}, target="b") == {"done": True}
        assert "['chosen', {'n': 7}]" in page.text
        assert "['again', {}]" in page.text
        assert counts(page) == ["1"]
        assert frames == []

    async def test_send_parent_from_mount_comes_after_the_render(self, open_page: Open) -> None:
        class Child(Counter):
            async def mount(self, socket: Socket, assigns: Assigns) -> None:
                await super().mount(socket, assigns)
                await socket.send_parent("born", {})

        page = await open_page("<p>{{ heard }}{{ live_component(Child, id=1) }}</p>", Child=Child)
        await page.settle()
        assert "['born', {}]" in page.text

    async def test_what_the_views_handler_requires_is_asked(self) -> None:
        class Child(Counter):
            async def handle_event(self, event: str, payload: Any, socket: Socket) -> Any:
                await socket.send_parent("wipe")

        class View(LiveView[dict[str, Any]]):
            template = LiveTemplate.from_string(
                "<p>{{ wiped }}{{ live_component(Child, id=1) }}</p>", "v.html"
            )

            async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
                socket.context = {"wiped": "whole", "Child": Child}

            @event("wipe", requires="admin")
            async def wipe(self, socket: LiveViewSocket[Any]) -> None:
                socket.context["wiped"] = "gone"

        app = app_of(View)
        app.add_middleware(AuthenticationMiddleware, backend=Nobody())
        async with LiveClient(app) as client:
            page = await client.open("/")
            await page.click("button")
            assert page.text.startswith("whole")

    async def test_broadcasts_and_timers_of_a_component_reach_the_view(self, open_page: Open) -> None:
        class Child(Counter):
            async def handle_event(self, event: str, payload: Any, socket: Socket) -> Any:
                await socket.subscribe("news")
                await socket.broadcast("news", "hot")

        page = await open_page("<p>{{ infos }}{{ live_component(Child, id=1) }}</p>", Child=Child)
        await page.click("button")
        await page.settle()
        assert "['hot']" in page.text


class TestWishes:
    async def test_a_component_may_push_events_set_the_title_and_navigate(self, open_page: Open) -> None:
        class Wishing(Counter):
            async def handle_event(self, event: str, payload: Any, socket: Socket) -> Any:
                await socket.push_event("ping", {"n": 1})
                socket.live_title = "Titled"
                if payload.get("go"):
                    socket.put_flash("info", "from below")
                    await socket.push_navigate("/?x=1")

        page = await open_page("<p>{{ flash.info }}{{ live_component(Wishing, id=1) }}</p>", Wishing=Wishing)
        await page.push("go", {}, target="b")
        assert page.events == [("ping", {"n": 1})]
        assert page.title.startswith("Titled")
        await page.push("go", {"go": True}, target="b")
        assert page.path == "/?x=1"
        assert page.text.startswith("from below")

    async def test_its_flash_is_its_own_and_can_be_cleared(self, open_page: Open) -> None:
        class Flashing(LiveComponent[dict[str, Any]]):
            template = LiveTemplate.from_string(
                '<div><i>{{ flash.info }}</i><button phx-click="lv:clear-flash" phx-value-key="info"'
                ' phx-target="{{ myself }}">x</button></div>',
                "flashing.html",
            )

            @event
            async def say(self, socket: Socket) -> None:
                socket.put_flash("info", "hello")

        page = await open_page(
            "<p><u>{{ flash.info }}</u>{{ live_component(Flashing, id=1) }}</p>", Flashing=Flashing
        )
        await page.push("say", {}, target="i")
        assert (page.find("i").text, page.find("u").text) == ("hello", "")
        await page.click("button")
        assert page.find("i").text == ""

    async def test_a_patch_reaches_the_view_and_shows_what_it_changed(self) -> None:
        class Patching(Counter):
            async def handle_event(self, event: str, payload: Any, socket: Socket) -> Any:
                await socket.push_patch("/", {"page": 2})

        class View(LiveView[dict[str, Any]]):
            template = LiveTemplate.from_string(
                "<p>page {{ page }}{{ live_component(Patching, id=1) }}</p>", "v.html"
            )

            async def mount(self, socket: LiveViewSocket[Any], session: Any) -> None:
                socket.context = {"Patching": Patching}

            async def handle_params(self, socket: LiveViewSocket[Any], page: int = 1) -> None:
                socket.context["page"] = page

        async with LiveClient(app_of(View)) as client:
            page = await client.open("/")
            await page.click("button")
            assert page.path == "/?page=2"
            assert page.text.startswith("page 2")

    async def test_async_work_of_a_component_comes_back_to_it(self, open_page: Open) -> None:
        class Loading(LiveComponent[dict[str, Any]]):
            template = LiveTemplate.from_string("<i>{{ data.result }}{{ note }}</i>", "loading.html")

            async def mount(self, socket: Socket, assigns: Assigns) -> None:
                async def job() -> str:
                    return "loaded"

                socket.context["note"] = ""
                socket.assign_async("data", job)
                socket.start_async("note", job)

            async def handle_async(self, name: str, result: Any, socket: Socket) -> None:
                socket.context["note"] = f" {name} {result.result}"

        page = await open_page("{{ live_component(Loading, id=1) }}", Loading=Loading)
        await page.wait_for("i", text="loaded note loaded")


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


class TestNested:
    async def test_components_in_components_know_the_classes_of_their_module(self, open_page: Open) -> None:
        page = await open_page(
            "<p>{% for n in names %}{{ live_component(Branch, id=n, name=n, leaves=2) }}{% endfor %}</p>",
            Branch=Branch,
            names=["a", "b"],
        )
        assert [each.text for each in page.find_all("i")] == ["a.0", "a.1", "b.0", "b.1"]
        await page.click(page.find_all("button")[1])
        assert [each.text for each in page.find_all("i")] == ["a.0", "a.1", "b.0", "b.1", "b.2"]

    async def test_one_that_places_itself_for_ever_is_an_error(self, open_page: Open) -> None:
        with pytest.raises(Exception, match=r"101 components deep: does one of them place itself\?"):
            await open_page("{{ live_component(Endless, id=0, n=0, last=1000000) }}", Endless=Endless)

    async def test_many_levels_are_fine(self, open_page: Open) -> None:
        page = await open_page("{{ live_component(Endless, id=0, n=10, last=90) }}", Endless=Endless)
        assert len(page.find_all("div.level")) == 81

    async def test_the_parent_is_known(self, open_page: Open) -> None:
        parents: list[Any] = []

        class Knowing(Leaf):
            async def mount(self, socket: Socket, assigns: Assigns) -> None:
                parents.append(socket.parent.cid)

        class Around(LiveComponent[dict[str, Any]]):
            template = LiveTemplate.from_string("<div>{{ live_component(inner, id=1) }}</div>", "around.html")

        await open_page(
            "<p>{{ live_component(Around, id=1, inner=Knowing) }}{{ live_component(Knowing, id=2) }}</p>",
            Around=Around,
            Knowing=Knowing,
        )
        assert parents[-2:] == [None, 1]


class Endless(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string(
        '<div class="level">{% if n < last %}'
        "{{ live_component(Endless, id=n + 1, n=n + 1, last=last) }}{% endif %}</div>",
        "endless.html",
    )


class TestContent:
    async def test_a_component_may_make_its_content_itself(self, open_page: Open) -> None:
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
    async def test_two_places_for_one_component_are_named(self, open_page: Open) -> None:
        with pytest.raises(
            Exception, match=r"live_component\(Leaf, id=1\) stands in two places: page.html:2 and page.html:4"
        ):
            await open_page(
                "<p>\n{{ live_component(Leaf, id=1) }}\n<b>\n{{ live_component(Leaf, id=1) }}</b></p>",
                Leaf=Leaf,
            )

    @pytest.mark.parametrize("first", [True, False])
    async def test_also_if_one_of_them_was_not_rendered_this_time(
        self, open_page: Open, first: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        late = "{% if late %}\n{{ live_component(Leaf, id=1, name='x') }}{% endif %}\n"
        early = "{{ live_component(Leaf, id=1, name='x') }}\n"
        page = await open_page(
            f"<p>\n{late if first else early}{early if first else late}</p>", Leaf=Leaf, late=False
        )
        with pytest.raises(ViewCrashed):
            await page.push("set", {"late": True})
        assert "stands in two places: page.html:" in caplog.text

    @pytest.mark.parametrize(
        "source", ["<i></i><b></b>", "text", "{% if name %}<i></i>{% endif %}", "{{ name }}<i></i>", ""]
    )
    async def test_a_component_is_one_element(self, open_page: Open, source: str) -> None:
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
    async def test_with_comments_and_conditions_inside(self, open_page: Open, source: str) -> None:
        class Right(LiveComponent[Any]):
            template = LiveTemplate.from_string(source, "right.html")

        await open_page("<p>{{ live_component(Right, id=1, name='n') }}</p>", Right=Right)

    async def test_only_classes_of_components_can_be_placed(self, open_page: Open) -> None:
        for wrong in (dict, "Counter", None):
            with pytest.raises(TypeError, match="expects a class derived from LiveComponent"):
                await open_page("{{ live_component(wrong, id=1) }}", wrong=wrong)
        with pytest.raises(TypeError, match="expects an id that is hashable"):
            await open_page("{{ live_component(Leaf, id=[]) }}", Leaf=Leaf)
        with pytest.raises(TypeError, match="expects an id that is hashable"):
            await open_page("{{ live_component(Leaf, id=nothing) }}", Leaf=Leaf)

    async def test_a_component_without_a_template_says_where_it_looked(self, open_page: Open) -> None:
        class BareComponent(LiveComponent[Any]): ...

        with pytest.raises(FileNotFoundError, match=r"bare_component\.html"):
            await open_page("{{ live_component(Bare, id=1) }}", Bare=BareComponent)
