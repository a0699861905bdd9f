"""Streams: lists that the browser keeps; the server sends operations and forgets the items."""

import gc
import tracemalloc
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from pyview import LiveView, LiveViewSocket, PyView, Stream
from pyview.events import event
from pyview.live_view import LiveView as Base
from pyview.stream import NoSuchStream, Streams
from pyview.template.live_template import LiveRender, LiveTemplate
from pyview.template.tree.stream import StreamShownTwice
from pyview.testing import LiveClient
from pyview.wire.merge import ProtocolError

LIST = """<h1>{{ title }}</h1>
<ul id="users" phx-update="stream">
{% for dom_id, user in streams.users %}
<li id="{{ dom_id }}" {% if user.new %}class="new"{% endif %}>{{ user.name }}</li>
{% endfor %}</ul>"""


@dataclass
class User:
    id: int
    name: str
    new: bool = False


def users(names: str, first: int = 1) -> list[User]:
    return [User(first + i, name) for i, name in enumerate(names)]


class Users(LiveView[dict[str, Any]]):
    """A view that calls `do` of the test with its socket on each event."""

    template = LiveTemplate.from_string(LIST)
    todo: list[Callable[[Any], Any]]
    first = "abc"

    async def mount(self, socket: LiveViewSocket[dict[str, Any]], session: Any) -> None:
        socket.context = {"title": "Users"}
        socket.stream("users", users(self.first))

    @event
    async def do(self, socket: LiveViewSocket[dict[str, Any]]) -> Any:
        return self.todo.pop(0)(socket)


def app_of(view: type[LiveView[Any]]) -> PyView:
    app = PyView()
    app.add_live_view("/", view)
    return app


class Play:
    """An open page and steps on its stream."""

    def __init__(self, page: Any, todo: list[Callable[[Any], Any]]) -> None:
        self.page = page
        self._todo = todo

    async def do(self, *steps: Callable[[Any], Any]) -> str:
        """Run all steps in one callback; return the page's text."""

        def all_of_them(socket: Any) -> Any:
            for step in steps:
                step(socket)

        self._todo.append(all_of_them)
        await self.page.push("do")
        return self.shown

    @property
    def shown(self) -> str:
        return "".join(item.text for item in self.page.find_all("li"))


class Stage:
    """A client with one open page."""

    def __init__(self, view: type[LiveView[Any]] = Users, **attributes: Any) -> None:
        self._todo: list[Callable[[Any], Any]] = []
        self.view = type("View", (view,), {"todo": self._todo, **attributes})
        self._client = LiveClient(app_of(self.view))

    async def __aenter__(self) -> Play:
        client = await self._client.__aenter__()
        return Play(await client.open("/"), self._todo)

    async def __aexit__(self, *error: Any) -> None:
        await self._client.__aexit__(*error)


class TestOperations:
    async def test_the_first_http_render_and_the_join_show_the_items(self) -> None:
        async with LiveClient(app_of(Users)) as client:
            response = await client.get("/")
            assert response.text.count("<li ") == 3
            page = await client.open("/")
            assert [item["id"] for item in page.find_all("li")] == ["users-1", "users-2", "users-3"]

    async def test_insert_append_prepend_and_at(self) -> None:
        async with Stage() as play:
            assert await play.do(lambda s: s.stream_insert("users", User(4, "d"))) == "abcd"
            assert await play.do(lambda s: s.stream_insert("users", User(5, "e"), at=0)) == "eabcd"
            assert await play.do(lambda s: s.stream_insert("users", User(6, "f"), at=2)) == "eafbcd"
            assert await play.do(lambda s: s.stream_insert("users", User(7, "g"), at=99)) == "eafbcdg"

    async def test_many(self) -> None:
        async with Stage() as play:
            assert await play.do(lambda s: s.stream_insert_many("users", users("de", 4))) == "abcde"
            assert await play.do(lambda s: s.stream("users", users("fg", 6), at=0)) == "gfabcde"

    async def test_inserting_a_present_item_updates_it_in_place(self) -> None:
        async with Stage() as play:
            assert await play.do(lambda s: s.stream_insert("users", User(2, "B", new=True), at=0)) == "aBc"
            assert play.page.find("#users-2")["class"] == "new"

    async def test_update_only(self) -> None:
        async with Stage() as play:
            assert await play.do(lambda s: s.stream_insert("users", User(9, "x"), update_only=True)) == "abc"
            assert await play.do(lambda s: s.stream_insert("users", User(1, "A"), update_only=True)) == "Abc"

    async def test_limit(self) -> None:
        async with Stage() as play:
            assert await play.do(lambda s: s.stream_insert("users", User(4, "d"), limit=-3)) == "bcd"
            assert await play.do(lambda s: s.stream_insert("users", User(5, "e"), at=0, limit=2)) == "eb"
            assert await play.do(lambda s: s.stream("users", users("fghi", 6), limit=-3)) == "ghi"

    async def test_delete(self) -> None:
        async with Stage() as play:
            assert await play.do(lambda s: s.stream_delete("users", User(2, ""))) == "ac"
            assert await play.do(lambda s: s.stream_delete_by_dom_id("users", "users-1")) == "c"
            assert await play.do(lambda s: s.stream_delete_by_dom_id("users", "users-99")) == "c"

    async def test_delete_and_insert_moves(self) -> None:
        async with Stage() as play:
            move = [
                lambda s: s.stream_delete("users", User(3, "c")),
                lambda s: s.stream_insert("users", User(3, "c"), at=0),
            ]
            assert await play.do(*move) == "cab"

    async def test_an_item_inserted_and_deleted_in_one_callback_is_not_shown(self) -> None:
        async with Stage() as play:
            steps = [
                lambda s: s.stream_insert("users", User(4, "d")),
                lambda s: s.stream_insert("users", User(5, "e")),
                lambda s: s.stream_delete("users", User(4, "d")),
            ]
            assert await play.do(*steps) == "abce"

    async def test_reset(self) -> None:
        async with Stage() as play:
            assert await play.do(lambda s: s.stream("users", users("de", 4), reset=True)) == "de"
            assert await play.do(lambda s: s.stream("users", reset=True)) == ""
            assert await play.do(lambda s: s.stream_insert("users", User(1, "a"))) == "a"

    async def test_reset_keeps_what_is_inserted_again_in_the_new_order(self) -> None:
        async with Stage() as play:
            again = [User(3, "C"), User(9, "x"), User(1, "A")]
            assert await play.do(lambda s: s.stream("users", again, reset=True)) == "CxA"

    async def test_operations_before_a_reset_do_not_count(self) -> None:
        async with Stage() as play:
            steps = [
                lambda s: s.stream_insert("users", User(4, "d")),
                lambda s: s.stream_delete("users", User(1, "")),
                lambda s: s.stream("users", [User(1, "a")], reset=True),
            ]
            assert await play.do(*steps) == "a"

    async def test_of_two_insertions_in_one_callback_only_the_last_is_sent(self) -> None:
        async with Stage() as play:
            steps = [
                lambda s: s.stream_insert("users", User(4, "d"), at=0),
                lambda s: s.stream_insert("users", User(5, "e")),
                lambda s: s.stream_insert("users", User(4, "D")),
            ]
            assert await play.do(*steps) == "Dabce"

    async def test_other_changes_leave_the_items_alone(self) -> None:
        async with Stage() as play:
            assert await play.do(lambda s: s.context.update(title="Others")) == "abc"
            assert play.page.find("h1").text == "Others"


class TestNames:
    async def test_a_missing_stream(self) -> None:
        async with Stage() as play:
            with pytest.raises(Exception, match="raised"):
                await play.do(lambda s: s.stream_insert("members", User(1, "a")))

    async def test_the_template_says_which_streams_there_are(self) -> None:
        class Wrong(Users):
            template = LiveTemplate.from_string("{% for dom_id, one in streams.members %}{% endfor %}")

        async with LiveClient(app_of(Wrong)) as client:
            with pytest.raises(NoSuchStream, match=r"no stream 'members'.*Existing streams: users"):
                await client.get("/")

    async def test_each_shows_nothing_while_a_view_has_no_stream(self) -> None:
        class Late(Users):
            template = LiveTemplate.from_string(
                "<ul id='u' phx-update='stream'>{% for dom_id, one in streams.users %}"
                "<li id='{{ dom_id }}'>{{ one.name }}</li>{% endfor %}</ul>{{ 'some' if streams else 'none' }}"
            )

            async def mount(self, socket: Any, session: Any) -> None:
                socket.context = {}

            async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
                socket.stream("users", [User(1, "Ada")])

        async with LiveClient(app_of(Late)) as client:
            assert (await client.get("/")).status_code == 200
            page = await client.open("/")
            assert not page.exists("li")
            assert "none" in page.html
            await page.push("make")
            assert page.find("#users-1").text == "Ada"
            assert "some" in page.html

    async def test_a_context_may_have_the_name(self) -> None:
        class Rivers(LiveView[Any]):
            template = LiveTemplate.from_string("{{ streams|join(' ') }}")

            async def mount(self, socket: Any, session: Any) -> None:
                socket.context = {"streams": ["Tiber", "Arno"]}

        async with LiveClient(app_of(Rivers)) as client:
            assert "Tiber Arno" in (await client.open("/")).html

    async def test_any_name_of_a_stream(self) -> None:
        """`items` and `get` are also methods of dicts."""

        class View(LiveView[Any]):
            template = LiveTemplate.from_string(
                """<ul id="a" phx-update="stream">
                {% for id, one in streams.items %}<li id="{{ id }}">{{ one.name }}</li>{% endfor %}</ul>
                <ul id="b" phx-update="stream">
                {% for id, one in streams["get"] %}<li id="{{ id }}">{{ one.name }}</li>{% endfor %}</ul>"""
            )

            async def mount(self, socket: Any, session: Any) -> None:
                socket.stream("items", users("ab"))
                socket.stream("get", users("cd"))

        async with Stage(View) as play:
            assert play.shown == "abcd"

    async def test_custom_ids(self) -> None:
        class View(Users):
            async def mount(self, socket: Any, session: Any) -> None:
                socket.stream_configure("users", dom_id=lambda user: f"u<{user.name}>")
                socket.stream("users", users("ab"))

        async with Stage(View) as play:
            assert [item["id"] for item in play.page.find_all("li")] == ["u<a>", "u<b>"]
            assert await play.do(lambda s: s.stream_delete_by_dom_id("users", "u<a>")) == "b"
            assert await play.do(lambda s: s.stream_delete("users", User(7, "b"))) == ""

    def test_configuration_after_the_first_use(self) -> None:
        streams = Streams()
        streams.get_or_create("users")
        with pytest.raises(ValueError, match="call stream_configure before"):
            streams.configure("users", str)

    def test_dicts_and_items_without_id(self) -> None:
        stream: Stream[Any] = Stream(name="rows")
        assert stream.insert({"id": 7}) == "rows-7"
        with pytest.raises(TypeError, match="stream 'rows': a str has no `id`"):
            stream.insert("x")
        with pytest.raises(TypeError, match="has no `id`"):
            stream.insert({"name": 7})

    @pytest.mark.parametrize("arguments", [{"at": -2}, {"limit": 0}])
    def test_invalid_arguments_of_insert(self, arguments: Any) -> None:
        with pytest.raises(ValueError, match="insert"):
            Stream([{"id": 6}], name="rows").insert({"id": 7}, **arguments)

    @pytest.mark.parametrize("made", ["", None, 7])
    def test_an_id_is_a_text(self, made: Any) -> None:
        with pytest.raises(TypeError, match="must return a non-empty string"):
            Stream([1], name="rows", dom_id=lambda item: made)

    def test_a_name_is_needed(self) -> None:
        with pytest.raises(ValueError, match="needs a name"):
            Stream(name="")


class TestStreamInContext:
    """A `Stream` in the context, the form of PyView 0.9."""

    class Chat(LiveView[dict[str, Any]]):
        todo: list[Callable[[Any], Any]]
        template = LiveTemplate.from_string(
            """<ul id="log" phx-update="stream">
            {% for dom_id, message in messages %}<li id="{{ dom_id }}">{{ message.name }}</li>{% endfor %}</ul>"""
        )

        async def mount(self, socket: Any, session: Any) -> None:
            socket.context = {"messages": Stream(users("abc"), name="messages")}

        @event
        async def do(self, socket: Any) -> None:
            self.todo.pop(0)(socket)

    async def test_it_is_shown_and_changed(self) -> None:
        async with Stage(self.Chat) as play:
            assert play.shown == "abc"
            assert await play.do(lambda s: s.context["messages"].insert(User(4, "d"))) == "abcd"
            assert await play.do(lambda s: s.context["messages"].delete_by_id("messages-1")) == "bcd"
            assert await play.do(lambda s: s.context["messages"].reset(users("x"))) == "x"

    async def test_another_stream_in_its_place_replaces_the_items(self) -> None:
        def replace(socket: Any) -> None:
            socket.context["messages"] = Stream(users("xy", 2), name="messages")

        async with Stage(self.Chat) as play:
            assert await play.do(replace) == "xy"
            assert await play.do(lambda s: s.context["messages"].insert(User(9, "z"))) == "xyz"


class TestPlaces:
    """Places of a stream in a template."""

    async def test_several_in_one_view(self) -> None:
        class Two(Users):
            template = LiveTemplate.from_string(
                LIST
                + """<ol id="others" phx-update="stream">
                {% for dom_id, user in streams.others %}<li id="{{ dom_id }}">{{ user.name }}</li>{% endfor %}</ol>"""
            )

            async def mount(self, socket: Any, session: Any) -> None:
                await super().mount(socket, session)
                socket.stream("others", users("xyz"))

        async with Stage(Two) as play:
            assert await play.do(lambda s: s.stream("users", reset=True)) == "xyz"
            assert await play.do(lambda s: s.stream_delete_by_dom_id("others", "others-2")) == "xz"

    async def test_one_stream_in_two_places_is_an_error(self) -> None:
        template = LiveTemplate.from_string(LIST + LIST.replace('"users"', '"again"'))
        stream = Stream(users("a"), name="users")
        with pytest.raises(StreamShownTwice, match="'users'"):
            template.rendering().update({"streams": {"users": stream}, "title": ""})

    async def test_within_a_condition(self) -> None:
        """Items that leave the page with the condition are gone; items inserted later are shown."""

        class Hidden(Users):
            template = LiveTemplate.from_string("{% if title %}" + LIST + "{% endif %}")

        async with Stage(Hidden) as play:
            assert await play.do(lambda s: s.context.update(title="")) == ""
            assert await play.do(lambda s: s.stream_insert("users", User(7, "lost"))) == ""
            again = [
                lambda s: s.context.update(title="back"),
                lambda s: s.stream("users", users("xy"), reset=True),
            ]
            assert await play.do(*again) == "xy"
            assert await play.do(lambda s: s.stream_insert("users", User(4, "z"))) == "xyz"

    async def test_items_inserted_before_the_first_showing(self) -> None:
        class Later(Users):
            template = LiveTemplate.from_string("{% if title == 'now' %}" + LIST + "{% endif %}")

        async with Stage(Later) as play:
            assert await play.do(lambda s: s.stream_insert("users", User(4, "d"))) == ""
            assert await play.do(lambda s: s.context.update(title="now")) == "abcd"

    async def test_items_that_hold_conditions_loops_macros_and_the_position(self) -> None:
        class Rich(Users):
            template = LiveTemplate.from_string(
                """{% macro badge(user) %}<b>{{ user.name }}</b>{% endmacro %}
                <ul id="users" phx-update="stream">{% for dom_id, user in streams.users if user.name != "b" %}
                <li id="{{ dom_id }}">{{ loop.index }}
                {% if user.new %}{{ badge(user) }}{% else %}{{ user.name }}{% endif %}
                {% for letter in user.name * 2 %}<i>{{ letter }}</i>{% endfor %}</li>{% endfor %}</ul>"""
            )

        async with Stage(Rich) as play:
            assert play.page.text == "1 a aa 2 c cc"
            await play.do(lambda s: s.stream_insert("users", User(4, "d", new=True)))
            await play.do(lambda s: s.stream_insert("users", User(2, "b", new=True)))
            assert play.page.text == "1 a aa 2 c cc 1 d dd"

    async def test_an_else_branch_is_only_in_the_first_page(self) -> None:
        class Else(Users):
            template = LiveTemplate.from_string(
                LIST.replace("{% endfor %}", '{% else %}<li id="none">-</li>{% endfor %}')
            )

        async with Stage(Else, first="") as play:
            assert play.shown == ""
            assert await play.do(lambda s: s.stream_insert("users", User(1, "a"))) == "a"

    async def test_a_view_with_its_own_render_method(self) -> None:
        class ByHand(Users):
            async def render(self, assigns: Any, meta: Any) -> Any:
                return LiveRender(meta.template, assigns, meta)

        assert ByHand.render is not Base.render
        async with Stage(ByHand) as play:
            assert play.shown == "abc"
            assert await play.do(lambda s: s.stream_insert("users", User(4, "d"))) == "abcd"
            assert await play.do(lambda s: s.context.update(title="x")) == "abcd"
            assert await play.do(lambda s: s.stream("users", users("z"), reset=True)) == "z"


class TestMistakes:
    """The testing client reports mistakes that the JavaScript client silently gets wrong."""

    async def test_an_item_without_its_id(self) -> None:
        await self.refused(LIST.replace('id="{{ dom_id }}"', 'id="user"'), "the id of its element must be")

    async def test_a_container_without_phx_update(self) -> None:
        await self.refused(LIST.replace('phx-update="stream"', ""), 'must have an id and phx-update="stream"')

    async def refused(self, template: str, message: str) -> None:
        view = type("View", (Users,), {"template": LiveTemplate.from_string(template)})
        async with LiveClient(app_of(view)) as client:
            with pytest.raises(ProtocolError, match=message):
                (await client.open("/")).find("ul")


class TestMemory:
    async def test_no_item_stays_in_memory(self) -> None:
        class Item(User): ...

        seen: list[weakref.ref[Item]] = []

        def item(n: int) -> Item:
            made = Item(n, str(n))
            seen.append(weakref.ref(made))
            return made

        class View(Users):
            async def mount(self, socket: Any, session: Any) -> None:
                socket.context = {"title": ""}
                socket.stream("users", [item(n) for n in range(50)])

        async with Stage(View) as play:
            await play.do(lambda s: s.stream_insert("users", item(50)))
            gc.collect()
            assert len(seen) == 51
            assert [ref for ref in seen if ref() is not None] == []

    def test_ten_thousand_shown_items_cost_nothing(self) -> None:
        template = LiveTemplate.from_string(LIST)
        shown = template.rendering()
        stream: Stream[User] = Stream(name="users")
        names = {"streams": {"users": stream}, "title": ""}
        shown.update(names)
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            stream.insert_many(users("x" * 10_000))
            assert len(shown.update(names)["1"]["k"]) == 10_001
            gc.collect()
            assert tracemalloc.get_traced_memory()[0] - before < 20_000
        finally:
            tracemalloc.stop()

    async def test_operations_of_a_hidden_stream_do_not_accumulate(self) -> None:
        class Hidden(Users):
            template = LiveTemplate.from_string("{% if title %}" + LIST + "{% endif %}")

        async with Stage(Hidden) as play:
            await play.do(lambda s: s.context.update(title=""))
            kept: list[Any] = []
            for _ in range(3):
                await play.do(lambda s: kept.append(s.stream("users", [User(1, "x")])))
            assert not kept[0]
            assert len(kept[0]) == 0
