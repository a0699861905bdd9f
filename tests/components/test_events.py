"""Events, updates, flash messages and navigation of live components."""

from typing import Any

import pytest
from starlette.authentication import AuthenticationBackend
from starlette.middleware.authentication import AuthenticationMiddleware

from pyview import LiveView, LiveViewSocket
from pyview.auth import requires
from pyview.components import LiveComponent
from pyview.events import AutoEventDispatch, event
from pyview.hooks import Halt
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, PageError
from tests.components.conftest import Open, app_of
from tests.components.sample_components import Assigns, Counter, Logged, Socket, counts


class NoUser(AuthenticationBackend):
    async def authenticate(self, conn: Any) -> None:
        return None


class TestEvents:
    async def test_an_event_is_answered(self, open_page: Open) -> None:
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

    async def test_handlers_are_found_and_bound_like_those_of_views(self, open_page: Open) -> None:
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

    async def test_requirements_of_a_handler_are_checked(self, open_page: Open) -> None:
        class Guarded(Counter):
            @requires("admin")
            async def handle_event(self, event: str, payload: Any, socket: Socket) -> Any:
                return await super().handle_event(event, payload, socket)

        page = await open_page("{{ live_component(Guarded, id=1) }}", Guarded=Guarded)
        with pytest.raises(PageError, match="forbidden"):
            await page.click("button")
        assert counts(page) == ["0"]

    async def test_hooks_run_before_events(self, open_page: Open) -> None:
        class Hooked(Counter):
            async def mount(self, socket: Socket, assigns: Assigns) -> None:
                await super().mount(socket, assigns)
                socket.attach_hook("third", "handle_event", self.third)

            async def third(self, event: str, payload: Any, socket: Socket) -> Halt | None:
                return Halt({"no": "more"}) if socket.context["count"] == 2 else None

        page = await open_page("{{ live_component(Hooked, id=1) }}", Hooked=Hooked)
        answers = [await page.push("add", {}, target="b") for _ in range(3)]
        assert answers == [{"count": 1}, {"count": 2}, {"no": "more"}]

    async def test_forms_and_selectors_target_components(self, open_page: Open) -> None:
        class Form(LiveComponent[dict[str, Any]]):
            template = LiveTemplate.from_string(
                '<form id="f" phx-change="check" phx-submit="save" phx-target="#f">'
                '<input name="n"><i>{{ received }}</i></form>',
                "form.html",
            )

            async def mount(self, socket: Socket, assigns: Assigns) -> None:
                socket.context["received"] = ""

            @event("check", "save")
            async def record(self, event: str, n: str, socket: Socket) -> None:
                socket.context["received"] += f"{event} {n};"

        page = await open_page("{{ live_component(Form, id=1) }}", Form=Form)
        await page.change("form", {"n": "x"})
        await page.submit("form", {"n": "y"})
        assert page.find("i").text == "check x;save y;"


class TestMessages:
    async def test_send_update_reaches_a_component_by_class_and_id_or_by_number(
        self, open_page: Open
    ) -> None:
        class Notified(Logged): ...

        page = await open_page(
            '<p>{{ live_component(Notified, id="a") }}{{ live_component(Notified, id="b") }}</p>',
            Notified=Notified,
        )
        socket: LiveViewSocket[Any] = page.view.socket
        Notified.log.clear()
        await socket.send_update(Notified, id="b", label="bee")
        await socket.send_update(1, label="one")
        await socket.send_update(Notified, id="missing", label="lost")
        await socket.send_update(77, label="lost")
        await page.settle()
        assert [each.text for each in page.find_all(".counter")] == ["0 one +", "0 bee +"]
        assert Notified.log == [("update", {"label": "bee"}), ("update", {"label": "one"})]

    async def test_send_update_may_arrive_later_or_not_at_all(self, open_page: Open) -> None:
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

    async def test_send_parent_triggers_an_event_of_the_view_before_the_render(self, open_page: Open) -> None:
        class Child(Counter):
            async def handle_event(self, event: str, payload: Any, socket: Socket) -> Any:
                await socket.send_parent("chosen", {"n": 7})
                await super().handle_event(event, payload, socket)
                await socket.send_parent("again")
                return {"done": True}

        page = await open_page("<p>{{ received }}{{ live_component(Child, id=1) }}</p>", Child=Child)
        frames = page.dropped
        assert await page.push("add", {}, target="b") == {"done": True}
        assert "['chosen', {'n': 7}]" in page.text
        assert "['again', {}]" in page.text
        assert counts(page) == ["1"]
        assert frames == []

    async def test_send_parent_in_mount_runs_after_the_render(self, open_page: Open) -> None:
        class Child(Counter):
            async def mount(self, socket: Socket, assigns: Assigns) -> None:
                await super().mount(socket, assigns)
                await socket.send_parent("born", {})

        page = await open_page("<p>{{ received }}{{ live_component(Child, id=1) }}</p>", Child=Child)
        await page.settle()
        assert "['born', {}]" in page.text

    async def test_requirements_of_the_views_handler_are_checked(self) -> None:
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
        app.add_middleware(AuthenticationMiddleware, backend=NoUser())
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


class TestNavigationAndFlash:
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

    async def test_flash_belongs_to_the_component_and_can_be_cleared(self, open_page: Open) -> None:
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

    async def test_a_patch_calls_handle_params_of_the_view_and_renders(self) -> None:
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

    async def test_results_of_async_tasks_reach_the_component(self, open_page: Open) -> None:
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
