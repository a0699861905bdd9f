"""Forged input never becomes an identity, a service or the argument of a dependency."""

from typing import Any

import pytest
from jinja2 import DictLoader
from starlette.middleware.sessions import SessionMiddleware

from pyview import Depends, LiveView, LiveViewSocket, PyView, Session
from pyview.events import AutoEventDispatch, BaseEventHandler, event
from pyview.testing import LiveClient
from tests.attack.target import SECRET, answer, joined, page_of

FORGED: dict[str, Any] = {
    "session": {"user_id": "3"},
    "user": "root",
    "auth": {"scopes": ["admin"]},
    "socket": {"context": {}},
    "tenant": "victim",
    "is_admin": "true",
    "user_id": "3",
    "self": "x",
    "resources": "x",
    "item_id": "7",
}
Socket = LiveViewSocket[dict[str, Any]]


def current_user(session: Session, tenant: str = "own", is_admin: bool = False) -> dict[str, Any]:
    """Dependency whose parameters a query string could name."""
    return {"id": session.get("user_id"), "tenant": tenant, "is_admin": is_admin}


WHO = Depends(current_user)
ANONYMOUS = {"id": None, "tenant": "own", "is_admin": False}


class Injected(LiveView[dict[str, Any]]):
    template = "page.html"

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"seen": []}

    async def handle_params(self, socket: Socket, session: Session, who: Any = WHO) -> None:
        socket.context["seen"].append([dict(session), who])

    async def handle_event(
        self, event: str, socket: Socket, session: Session, item_id: int, who: Any = WHO
    ) -> Any:
        return {"session": dict(session), "who": who, "item": item_id}


class Dispatched(AutoEventDispatch, LiveView[dict[str, Any]]):
    template = "page.html"

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"seen": []}

    @event
    async def go(self, socket: Socket, session: Session, item_id: int, who: Any = WHO) -> Any:
        return {"session": dict(session), "who": who, "item": item_id}


class Handled(BaseEventHandler, LiveView[dict[str, Any]]):
    template = "page.html"

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"seen": []}

    @event("go")
    async def whatever(self, socket: Socket, session: Session, item_id: int, who: Any = WHO) -> Any:
        return {"session": dict(session), "who": who, "item": item_id}


@pytest.fixture
def app() -> PyView:
    app = PyView(templates=DictLoader({"page.html": "<p>{{ seen }}</p>"}), secret=SECRET)
    app.add_middleware(SessionMiddleware, secret_key=SECRET)
    app.add_live_view("/injected", Injected)
    app.add_live_view("/dispatched", Dispatched)
    app.add_live_view("/handled", Handled)
    return app


@pytest.mark.parametrize("url", ["/injected", "/dispatched", "/handled"])
@pytest.mark.parametrize("kind", ["click", "form"])
async def test_a_payload_cannot_set_the_user(app: PyView, url: str, kind: str) -> None:
    forged: Any = FORGED
    if kind == "form":
        forged = "session[user_id]=3&user=root&tenant=victim&is_admin=true&item_id=7&user_id=3&socket=x"
    async with LiveClient(app) as client:
        page = await page_of(client, url)
        async with client.raw_socket() as socket:
            await joined(socket, page.topic, page.join())
            value = {"type": kind, "event": "go", "value": forged}
            await socket.send_frame(["4", "5", page.topic, "event", value])
            status, response = await answer(socket, "5")
    assert status == "ok"
    assert response["diff"]["r"] == {"session": {}, "who": ANONYMOUS, "item": 7}


async def test_a_query_string_cannot_set_the_user(app: PyView) -> None:
    query = "session[user_id]=3&session=3&user_id=3&tenant=victim&is_admin=true&who=root&socket=x"
    async with LiveClient(app) as client:
        page = await client.open(f"/injected?{query}")
        assert page.find("p").text == str([[{}, ANONYMOUS]])
        await page.patch(f"/injected?{query}&again=1")
        assert page.find("p").text == str([[{}, ANONYMOUS], [{}, ANONYMOUS]])


async def test_a_payload_that_fails_conversion_is_answered(app: PyView) -> None:
    async with LiveClient(app) as client:
        page = await page_of(client, "/injected")
        async with client.raw_socket() as socket:
            await joined(socket, page.topic, page.join())
            for ref, value in (
                ("5", {"item_id": "x"}),
                ("6", {}),
                ("7", [1]),
                ("8", None),
                ("9", {"item_id": {}}),
            ):
                frame: dict[str, Any] = {"type": "click", "event": "go", "value": value}
                await socket.send_frame(["4", ref, page.topic, "event", frame])
                assert await answer(socket, ref) == ("error", {"reason": "bad_payload"})
            frame = {"type": "click", "event": "go", "value": {"item-id": "7"}}
            await socket.send_frame(["4", "10", page.topic, "event", frame])
            assert (await answer(socket, "10"))[0] == "ok"


async def test_unknown_events_are_answered_and_the_view_goes_on(app: PyView) -> None:
    names = [
        "nothing",
        "_private",
        "__init__",
        "mount",
        "whatever",
        "handle_event",
        "dispatch",
        "go ",
        "GO",
        "",
    ]
    async with LiveClient(app) as client:
        page = await page_of(client, "/handled")
        async with client.raw_socket() as socket:
            await joined(socket, page.topic, page.join())
            for number, name in enumerate(names, 20):
                frame = {"type": "click", "event": name, "value": {"item_id": 1}}
                await socket.send_frame(["4", str(number), page.topic, "event", frame])
                assert await answer(socket, str(number)) == ("error", {"reason": "unknown_event"})
            frame = {"type": "click", "event": "go", "value": {"item_id": 1}}
            await socket.send_frame(["4", "90", page.topic, "event", frame])
            assert (await answer(socket, "90"))[0] == "ok"
