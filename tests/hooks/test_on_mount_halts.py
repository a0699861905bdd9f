"""A halted or failed `on_mount` hook: no view is mounted after it."""

import logging
from functools import wraps
from typing import Any

import pytest
from starlette.exceptions import HTTPException

from pyview import Halt, Params, PyView
from pyview.testing import LiveClient, TooManyReloads
from tests.frames import connect, join, load
from tests.hooks.views import SECRET, Hook, Socket, app_of, page_with


async def redirecting(socket: Socket) -> None:
    socket.put_flash("info", "Sign in first")
    await socket.redirect("/start")


async def redirecting_and_saying_so(socket: Socket) -> Any:
    await redirecting(socket)
    return Halt()


async def redirecting_and_leaving(socket: Socket) -> None:
    await redirecting(socket)
    raise Halt


async def returning_the_class(socket: Socket) -> Any:
    await redirecting(socket)
    return Halt


async def navigating(socket: Socket) -> None:
    socket.put_flash("info", "Sign in first")
    await socket.push_navigate("/start")


async def never(socket: Socket) -> None:
    raise AssertionError("a hook ran after one that halted")


AWAY = [redirecting, redirecting_and_saying_so, redirecting_and_leaving, returning_the_class, navigating]


class TestHalting:
    @pytest.mark.parametrize("hook", AWAY)
    async def test_over_http(self, hook: Hook) -> None:
        view = page_with([hook, never])
        async with LiveClient(app_of(view)) as client:
            response = await client.get("/members/red")
            assert (response.status_code, response.headers["location"]) == (302, "/start")
            page = await client.open("/members/red")
            assert page.path == "/start"
            assert page.has_text("Sign in first")
        assert view.made == []

    @pytest.mark.parametrize("hook", AWAY)
    async def test_over_the_socket(self, hook: Hook) -> None:
        view = page_with([connected_only(hook), connected_only(never)])
        app = PyView(secret=SECRET)
        app.add_live_view("/start", page_with([]))
        app.add_live_view("/members", view)
        async with LiveClient(app) as client:
            page = await client.open("/start")
            await page.navigate("/members")
            assert page.path == "/start"
            assert page.has_text("Sign in first")
        assert view.made == []

    async def test_the_frame_that_answers_the_join(self) -> None:
        view = page_with([connected_only(redirecting)])
        async with LiveClient(app_of(view)) as client:
            page = await load(client, "/members/red")
            async with connect(client, page) as socket:
                status, response = await join(socket, page)
                assert status == "error"
                assert response["redirect"]["to"] == "/start"
                assert response["redirect"]["flash"]
                await socket.expect_nothing()
        assert view.made == ["made", "mounted"]  # for the HTTP response

    async def test_a_patch_before_mount_is_a_navigation(self) -> None:
        async def with_a_tab(socket: Socket, params: Params) -> None:
            if "tab" not in params:
                await socket.push_patch("/members/red", {"tab": "1"})

        view = page_with([with_a_tab])
        app = PyView(secret=SECRET)
        app.add_live_view("/members/{team}", view)
        app.add_live_view("/start", page_with([]))
        async with LiveClient(app) as client:
            page = await client.open("/members/red")
            assert (page.path, page.connected) == ("/members/red?tab=1", True)
            start = await client.open("/start")
            await start.navigate("/members/red")
            assert (start.path, start.connected) == ("/members/red?tab=1", True)
        assert view.made.count("mounted") == 3


def connected_only(hook: Hook) -> Hook:
    """A hook that halts on the socket only, not for the HTTP response."""

    @wraps(hook)
    async def on_the_socket(socket: Socket) -> Any:
        return await hook(socket) if socket.connected else None

    return on_the_socket


async def raising(socket: Socket) -> None:
    raise ValueError("the user's data")


async def halting_nowhere(socket: Socket) -> Any:
    return Halt()


async def halting_the_class(socket: Socket) -> Any:
    return Halt


async def replying(socket: Socket) -> Any:
    await socket.redirect("/start")
    return Halt({"ok": False})


async def returning_false(socket: Socket) -> bool:
    return False


async def returning_a_pair(socket: Socket) -> Any:
    return "halt", socket


FAILING = {
    raising: "the user's data",
    halting_nowhere: r"halting_nowhere halted before mount.*socket\.redirect\('/login'\)",
    halting_the_class: "halting_the_class halted before mount",
    replying: "replying halted with a reply",
    returning_false: r"returning_false returned a bool: a hook returns None to go on, or Halt\(\)",
    returning_a_pair: "returning_a_pair returned a tuple",
}


class TestFailing:
    """If a hook fails in any way, the view is not mounted."""

    @pytest.mark.parametrize(("hook", "message"), FAILING.items())
    async def test_over_http(self, hook: Hook, message: str) -> None:
        view = page_with([hook, never])
        async with LiveClient(app_of(view)) as client:
            with pytest.raises(Exception, match=message):
                await client.get("/members/red")
        assert view.made == []

    @pytest.mark.parametrize(("hook", "message"), FAILING.items())
    async def test_over_the_socket(self, hook: Hook, message: str, caplog: pytest.LogCaptureFixture) -> None:
        view = page_with([connected_only(hook), connected_only(never)])
        async with LiveClient(app_of(view)) as client:
            page = await load(client, "/members/red")
            with caplog.at_level(logging.ERROR, "pyview"):
                async with connect(client, page) as socket:
                    status, answer = await join(socket, page)
            assert (status, answer.pop("reason")) == ("error", "join crashed")
            assert answer == {"error_id": answer["error_id"]}
            assert answer["error_id"] in caplog.text
        assert view.made == ["made", "mounted"]  # for the HTTP response
        assert isinstance(caplog.records[0].exc_info, tuple)
        with pytest.raises(Exception, match=message):
            raise caplog.records[0].exc_info[1]  # type: ignore[misc]

    async def test_an_http_error_is_an_answer(self) -> None:
        async def forbidding(socket: Socket) -> None:
            raise HTTPException(403)

        view = page_with([forbidding])
        app = PyView(secret=SECRET)
        app.add_live_view("/members", view)
        app.add_live_view("/start", page_with([]))
        async with LiveClient(app) as client:
            assert (await client.get("/members")).status_code == 403
            page = await client.open("/start")
            await page.navigate("/members")
            assert page.status == 403
        assert view.made == []

    async def test_a_hook_that_fails_on_the_socket_alone_is_not_tried_for_ever(self) -> None:
        view = page_with([connected_only(raising)])
        async with LiveClient(app_of(view)) as client:
            with pytest.raises(TooManyReloads):
                await client.open("/members/red")
