"""Data shared with nested views by `assign_new`, and after_render hooks."""

from typing import Any

import pytest

from pyview import LiveView, LiveViewSocket, PyView
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, ViewCrashed

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
Socket = LiveViewSocket[Any]
loaded: list[str] = []


def load(name: str) -> Any:
    def make() -> str:
        loaded.append(name)
        return f"{name} {len(loaded)}"

    return make


async def load_later() -> str:
    loaded.append("later")
    return "later"


class Inside(LiveView[Any]):
    template = LiveTemplate.from_string("<i>{{ user }}</i><b>{{ own }}</b>")

    async def mount(self, socket: Socket, session: Any) -> None:
        assert await socket.assign_new("user", load("user inside")) == socket.context["user"]
        await socket.assign_new("own", load_later)
        await socket.assign_new("own", load("again"))


class Outer(LiveView[Any]):
    template = LiveTemplate.from_string("<h1>{{ user }}</h1>{{ live_render(Inside) }}")

    async def mount(self, socket: Socket, session: Any) -> None:
        await socket.assign_new("user", load("user"))


@pytest.fixture(autouse=True)
def nothing_loaded() -> None:
    loaded.clear()


def app(view: type[LiveView[Any]]) -> PyView:
    made = PyView(secret=SECRET)
    made.add_live_view("/", view)
    return made


async def test_assign_new_copies_the_value_of_the_parent() -> None:
    async with LiveClient(app(Outer)) as client:
        assert "<h1>user 1</h1>" in (html := (await client.get("/")).text)
        assert "<i>user 1</i><b>later</b>" in html
        assert loaded == ["user", "later"]
        page = await client.open("/")
        assert page.find("i").text == page.find("h1").text
        # The view around goes on with what its first page has loaded. The nested one has read that, and mounts again.
        assert loaded == ["user", "later"] * 2 + ["later"]


async def test_assign_new_calls_the_function_without_a_parent() -> None:
    async with LiveClient(app(Inside)) as client:
        assert "<i>user inside 1</i>" in (await client.get("/")).text


async def test_assign_new_expects_a_dict() -> None:
    class Typed(Inside):
        async def mount(self, socket: Socket, session: Any) -> None:
            socket.context = ("a", "tuple")
            await socket.assign_new("user", load("user"))

    async with LiveClient(app(Typed)) as client:
        with pytest.raises(TypeError, match="expected a dict as context, got a tuple"):
            await client.get("/")


class Followed(LiveView[Any]):
    template = LiveTemplate.from_string("<p>{{ n }}</p>")
    seen: list[tuple[bool, int]] = []

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"n": 0}
        socket.attach_hook("watch", "after_render", self.note)

    async def note(self, socket: Socket) -> None:
        self.seen.append((socket.connected, socket.context["n"]))

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        socket.context["n"] += 1
        if event == "stop":
            socket.detach_hook("watch", "after_render")
        if event == "wrong":
            socket.attach_hook("wrong", "after_render", lambda socket: True)


async def test_after_render_hooks_run_after_each_render() -> None:
    Followed.seen.clear()
    async with LiveClient(app(Followed)) as client:
        page = await client.open("/")
        assert Followed.seen == [(False, 0), (True, 0)]
        await page.push("add")
        assert Followed.seen[2:] == [(True, 1)]
        await page.push("stop")
        assert len(Followed.seen) == 3
        await page.push("wrong")
        with pytest.raises(ViewCrashed):
            await page.settle()
