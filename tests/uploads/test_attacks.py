"""Frames that no honest client sends: whatever comes, no byte too many is stored and nobody else notices."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from pyview import PyView
from pyview.auth import requires
from pyview.testing import LiveClient, SocketClosed
from pyview.uploads import UploadEntry
from tests.asgi import eventually
from tests.frames import connect, load
from tests.uploads.browser import file, joined, liar
from tests.uploads.views import SECRET, Uploads, app_with, view_with

Stored = Callable[[], list[Path]]
INVALID = ("error", {"reason": "invalid_token"})
POLICY = 1008


# Who may send


async def test_an_honest_upload_passes(stored: Stored) -> None:
    view = view_with()
    async with LiveClient(app_with(view)) as client, liar(client) as browser:
        token = await browser.token(size=10)
        assert await browser.join_upload(token, "7") == ("ok", {})
        assert await browser.chunk(b"01234", "7") == ("ok", {})
        assert await browser.chunk(b"56789", "7") == ("ok", {})
        status, response = await browser.progress(100)
        assert status == "ok"
        assert "'done'" in str(response)
        await browser.event("save")
        assert view.kept == {"a.txt": b"0123456789"}


@pytest.mark.parametrize("token", [None, "", "x", "e30.e30.e30", 7, {"path": "files"}, ["x"]])
async def test_what_is_no_token_is_refused(token: Any) -> None:
    async with LiveClient(app_with(view_with())) as client, liar(client) as browser:
        assert await browser.join_upload(token, "7") == INVALID
        await browser.token()
        assert await browser.join_upload(token, "8") == INVALID


async def test_a_token_works_once() -> None:
    async with LiveClient(app_with(view_with())) as client, liar(client) as browser:
        token = await browser.token()
        assert await browser.join_upload(token, "7") == ("ok", {})
        again = await browser.join_upload(token, "8", "lvu:1")
        assert again == ("error", {"reason": "already_registered"})
        assert await browser.join_upload(token, "9") == again
        assert await browser.chunk(b"0123456789", "7") == ("ok", {})


async def test_a_token_is_worth_nothing_once_its_file_is_cancelled_or_consumed() -> None:
    async with LiveClient(app_with(view_with())) as client, liar(client) as browser:
        token = await browser.token()
        await browser.event("cancel", {"ref": "0"})
        assert await browser.join_upload(token, "7") == ("error", {"reason": "disallowed"})
        token = await browser.token(ref="1")
        await browser.join_upload(token, "8", "lvu:1")
        await browser.chunk(b"0123456789", "8", "lvu:1")
        await browser.progress(100, "1")
        await browser.event("save")
        assert await browser.join_upload(token, "9", "lvu:1") == ("error", {"reason": "disallowed"})


async def test_a_token_is_worth_nothing_on_another_socket_even_of_the_same_person() -> None:
    async with LiveClient(app_with(view_with())) as client, liar(client) as mine, liar(client) as other:
        token = await mine.token()
        assert await other.join_upload(token, "7") == INVALID
        await other.token()
        assert await other.join_upload(token, "8") == INVALID
        assert await mine.join_upload(token, "9") == ("ok", {})


async def test_a_token_is_worth_nothing_to_the_next_view_on_the_same_socket() -> None:
    async with LiveClient(app_with(view_with())) as client:
        page = await load(client, "/")
        async with connect(client, page) as socket:
            browser = await joined(socket, page)
            token = await browser.token()
            await socket.send_frame(["4", "5", page.topic, "phx_leave", {}])
            assert (await socket.receive_frame())[3] == "phx_close"
            await socket.receive_frame()
            again = await joined(socket, page, "6")
            await again.token()
            assert await again.join_upload(token, "7") == INVALID


async def test_two_views_on_a_socket_have_each_their_own_files() -> None:
    view = view_with()
    async with LiveClient(app_with(view)) as client:
        one, two = await load(client, "/"), await load(client, "/")
        async with connect(client, one) as socket:
            first, second = await joined(socket, one, "4"), await joined(socket, two, "5")
            tokens = [await first.token(name="one"), await second.token(name="two")]
            await first.join_upload(tokens[0], "7", "lvu:0")
            await second.join_upload(tokens[1], "8", "lvu:1")
            await first.chunk(b"1111111111", "7", "lvu:0")
            await second.chunk(b"2222222222", "8", "lvu:1")
            await first.progress(100)
            await second.progress(100)
            await first.event("save")
            assert view.kept == {"one": b"1111111111"}
            await second.event("save")
            assert view.kept["two"] == b"2222222222"


async def test_a_token_of_another_application_is_refused() -> None:
    other = PyView(secret=SECRET[::-1])
    other.add_live_view("/", view_with())
    mine = LiveClient(app_with(view_with()))
    async with mine, LiveClient(other) as theirs, liar(mine) as browser, liar(theirs) as stranger:
        await browser.token()
        assert await browser.join_upload(await stranger.token(), "7") == INVALID


async def test_a_token_is_stale_after_its_time() -> None:
    app = app_with(view_with(), upload_token_max_age=-120)
    async with LiveClient(app) as client, liar(client) as browser:
        assert await browser.join_upload(await browser.token(), "7") == INVALID


async def test_nothing_is_sent_before_it_is_permitted() -> None:
    async with LiveClient(app_with(view_with())) as client, liar(client) as browser:
        await browser.announce(file())
        assert await browser.progress(100) == ("ok", {})
        unmatched = ("error", {"reason": "unmatched topic"})
        assert await browser.chunk(b"x", "7") == unmatched
        assert await browser.ask("chunk", {}, "lvu:0", "7") == unmatched
        assert await browser.ask("phx_leave", {}, "lvu:0", "7") == ("ok", {})


async def test_a_token_is_worth_nothing_to_somebody_else() -> None:
    async def sign_in(request: Request) -> Response:
        request.session["user"] = request.query_params["user"]
        return PlainTextResponse("hello")

    app = app_with(view_with())
    app.add_middleware(SessionMiddleware, secret_key=SECRET)
    app.routes.append(Route("/sign-in", sign_in))
    async with LiveClient(app) as client, LiveClient(app) as other:
        await client.get("/sign-in?user=ada")
        await other.get("/sign-in?user=bob")
        async with liar(client) as ada, liar(other) as bob:
            token = await ada.token()
            await bob.token()
            assert await bob.join_upload(token, "7") == INVALID


async def test_no_file_is_looked_at_of_somebody_who_may_not_see_the_page_any_more() -> None:
    looked_at: list[str] = []
    may = True
    view = requires(lambda who, view: may)(view_with(validator=lambda entry: looked_at.append(entry.name)))
    app = app_with(view, auth_recheck=0.0)
    async with LiveClient(app) as client, liar(client) as browser:
        await browser.announce(file())
        may = False
        announced = asyncio.ensure_future(browser.announce(file("1", name="b.txt")))
        await eventually(lambda: not app.app_context.processes)
        announced.cancel()
        assert looked_at == ["a.txt"]


class Rights:
    """Whether a visitor may see a view, and how often that was asked. A handler called "wait" waits for `gate`."""

    def __init__(self, **options: Any) -> None:
        self.given = True
        self.asked = 0
        self.gate = asyncio.Event()
        self.options = options

    def view(self) -> type[Uploads]:
        rights = self

        class Guarded(Uploads):
            async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
                if event == "wait":
                    await rights.gate.wait()

        return requires(self.ask, **self.options)(Guarded)

    def ask(self, who: Any, view: Any) -> bool:
        self.asked += 1
        return self.given


@pytest.mark.parametrize("busy", [False, True])
async def test_no_byte_is_taken_of_somebody_who_may_not_see_the_page_any_more(
    stored: Stored, *, busy: bool
) -> None:
    rights = Rights()
    app = app_with(rights.view(), auth_recheck=0.0)
    async with LiveClient(app) as client, liar(client) as browser:
        await browser.join_upload(await browser.token(size=10), "7")
        assert await browser.chunk(b"01234", "7") == ("ok", {})
        if busy:
            await browser.socket.send_frame(
                ["4", "50", browser.page.topic, "event", {"type": "click", "event": "wait", "value": {}}]
            )
        rights.given = False
        assert await browser.chunk(b"56789", "7") == ("error", {"reason": "unauthorized"})
        await eventually(lambda: not stored())
        assert (await browser.chunk(b"56789", "7"))[0] == "error"
        rights.gate.set()
        await eventually(lambda: not app.app_context.processes)


async def test_a_permitted_file_does_not_begin_to_come_once_the_right_has_gone(stored: Stored) -> None:
    rights = Rights()
    app = app_with(rights.view(), auth_recheck=0.0)
    async with LiveClient(app) as client, liar(client) as browser:
        token = await browser.token(size=10)
        rights.given = False
        assert await browser.join_upload(token, "7") == ("error", {"reason": "unauthorized"})
        assert stored() == []
        await eventually(lambda: not app.app_context.processes)


@pytest.mark.parametrize("fresh", [False, True])
async def test_the_right_is_asked_about_once_an_interval_and_not_for_each_part(*, fresh: bool) -> None:
    rights = Rights(fresh=fresh)
    app = app_with(rights.view(), auth_recheck=3600.0)
    async with LiveClient(app) as client, liar(client) as browser:
        await browser.join_upload(await browser.token(size=50), "7")
        before = rights.asked
        for _ in range(49):
            assert await browser.chunk(b"0", "7") == ("ok", {})
        assert rights.asked - before <= 1


# How much may be sent


@pytest.mark.parametrize("data", [b"x" * 11, b"x" * 60_000])
async def test_not_one_byte_more_than_declared_is_stored(data: bytes, stored: Stored) -> None:
    async with LiveClient(app_with(view_with(max_file_size=1000))) as client, liar(client) as browser:
        await browser.join_upload(await browser.token(size=10), "7")
        refused = ("error", {"reason": "file_size_limit_exceeded", "limit": 10})
        assert await browser.chunk(data, "7") == refused
        assert await browser.next() == ["7", "7", "lvu:0", "phx_close", {}]
        assert "too_large" in str(await browser.next())
        await eventually(lambda: not stored())
        assert await browser.chunk(b"x", "7") == ("error", {"reason": "unmatched topic"})
        assert await browser.progress(100) == ("ok", {})


async def test_a_complete_file_stays_as_it_was_declared_whatever_follows(stored: Stored) -> None:
    view = view_with()
    async with LiveClient(app_with(view)) as client, liar(client) as browser:
        await browser.join_upload(await browser.token(size=10), "7")
        await browser.chunk(b"0123456789", "7")
        assert (await browser.chunk(b"0123456789", "7"))[0] == "error"
        assert [one.stat().st_size for one in stored()] == [10]
        await browser.progress(100)
        await browser.event("save")
        assert view.kept == {"a.txt": b"0123456789"}


async def test_an_empty_chunk_after_the_last_one_harms_nothing(stored: Stored) -> None:
    async with LiveClient(app_with(view_with())) as client, liar(client) as browser:
        await browser.join_upload(await browser.token(size=10), "7")
        await browser.chunk(b"", "7")
        await browser.chunk(b"0123456789", "7")
        assert (await browser.chunk(b"", "7"))[0] == "error"
        assert [one.stat().st_size for one in stored()] == [10]


async def test_a_chunk_is_not_larger_than_agreed() -> None:
    view = view_with(chunk_size=100)
    async with LiveClient(app_with(view)) as client, liar(client) as browser:
        await browser.join_upload(await browser.token(size=1000), "7")
        assert (await browser.chunk(b"x" * 101, "7"))[0] == "error"


async def test_a_declared_size_above_the_limit_gets_no_token() -> None:
    async with LiveClient(app_with(view_with(max_file_size=1000))) as client, liar(client) as browser:
        await browser.announce(file(size=1001))
        _, response = await browser.preflight(file(size=5))  # a smaller lie afterwards changes nothing
        assert response["error"] == [["0", "too_large"]]
        assert "entries" not in response


async def test_what_is_asked_for_unannounced_is_checked_all_the_same() -> None:
    view = view_with(accept=[".png"], max_file_size=1000)
    async with LiveClient(app_with(view)) as client, liar(client) as browser:
        _, response = await browser.preflight(file(size=1001), file("1", name="b.exe"))
        assert response["error"] == [["0", "too_large"], ["0", "not_accepted"], ["1", "not_accepted"]]


async def test_progress_is_what_was_counted_and_not_what_was_said() -> None:
    view = view_with()
    async with LiveClient(app_with(view)) as client, liar(client) as browser:
        await browser.join_upload(await browser.token(size=10), "7")
        await browser.chunk(b"01234", "7")
        _, response = await browser.progress(100)
        assert "50" in str(response)
        assert "'done'" not in str(response)
        await browser.chunk(b"56789", "7")
        _, response = await browser.progress(1)
        assert "'done'" in str(response)


@pytest.mark.parametrize("value", [-1, 101, -999999, 1.5, "100", None, True, [100]])
async def test_a_progress_that_is_none_ends_its_upload_and_no_other(value: Any, stored: Stored) -> None:
    view = view_with()
    async with LiveClient(app_with(view)) as client, liar(client) as browser:
        await browser.join_upload(await browser.token(), "7")
        await browser.join_upload(await browser.token(ref="1", name="b.txt"), "8", "lvu:1")
        await browser.chunk(b"01234", "7")
        await browser.chunk(b"01234", "8", "lvu:1")
        status, response = await browser.progress(value)
        assert status == "ok"
        assert "upload_failed" in str(response)
        assert await browser.chunk(b"56789", "7") == ("error", {"reason": "unmatched topic"})
        await eventually(lambda: len(stored()) == 1)
        assert await browser.chunk(b"56789", "8", "lvu:1") == ("ok", {})
        await browser.progress(100, "1")
        await browser.event("cancel", {"ref": "0"})
        await browser.event("save")
        assert view.kept == {"b.txt": b"0123456789"}


async def test_a_progress_that_is_none_ends_an_external_upload() -> None:
    view = view_with(external=lambda entry, context: {"uploader": "S3"})
    async with LiveClient(app_with(view)) as client, liar(client) as browser:
        await browser.announce(file())
        await browser.preflight(file())
        _, response = await browser.progress(float("1e300"))
        assert "upload_failed" in str(response)
        assert "'done'" not in str((await browser.progress(100))[1])


async def test_who_does_not_wait_for_answers_is_given_up(stored: Stored) -> None:
    async with LiveClient(app_with(view_with(max_file_size=10**7))) as client, liar(client) as browser:
        await browser.join_upload(await browser.token(size=10**7), "7")
        for number in range(50):
            await browser.socket.send_chunk("7", str(number + 200), "lvu:0", "chunk", b"x" * 60_000)
        frames = [await browser.next() for _ in range(2)]
        while "upload_failed" not in str(frames[-1]):
            frames.append(await browser.next())
        assert ["7", "7", "lvu:0", "phx_error", {}] in frames
        await eventually(lambda: not stored())
        assert (await browser.event("nothing"))[0] == "ok"


async def test_chunks_that_wait_for_their_writer_count_for_the_socket() -> None:
    gate = asyncio.Event()

    class Stuck:
        async def open(self) -> None: ...
        async def write_chunk(self, data: bytes) -> None:
            await gate.wait()

        async def close(self, reason: Any) -> None: ...
        async def release(self, *, consumed: bool) -> None: ...
        def meta(self) -> Any: ...

    view = view_with(writer=lambda entry: Stuck())
    async with (
        LiveClient(app_with(view, max_unhandled_bytes=1000)) as client,
        liar(client) as browser,
    ):
        await browser.join_upload(await browser.token(size=4000), "7")
        await browser.socket.send_chunk("7", "1", "lvu:0", "chunk", b"x" * 2000)
        waiting = asyncio.create_task(browser.event("nothing"))
        assert not (await asyncio.wait({waiting}, timeout=0.1))[0]
        gate.set()
        assert (await waiting)[0] == "ok"


# How many


async def test_many_files_where_one_is_allowed(stored: Stored) -> None:
    async with LiveClient(app_with(view_with(max_entries=1))) as client, liar(client) as browser:
        files = [file(str(number)) for number in range(50)]
        await browser.announce(*files)
        _, response = await browser.preflight(*files)
        assert [browser.ref, "too_many_files"] in response["error"]
        assert stored() == []


async def test_a_list_of_files_without_end_is_cut() -> None:
    view = view_with()
    async with LiveClient(app_with(view)) as client, liar(client) as browser:
        await browser.announce(*(file(str(number)) for number in range(3000)))
        _, response = await browser.preflight(file("2999"))
        assert response["error"] == [[browser.ref, "too_many_files"]]


async def test_a_socket_has_its_number_of_uploads() -> None:
    view = view_with(max_entries=2)
    async with LiveClient(app_with(view, max_uploads=2)) as client:
        one, two = await load(client, "/"), await load(client, "/")
        async with connect(client, one) as socket:
            first, second = await joined(socket, one, "4"), await joined(socket, two, "5")
            await first.token(ref="0")
            await first.token(ref="1")
            await second.announce(file("2"))
            _, response = await second.preflight(file("2"))
            assert response["error"] == [["2", "too_many_uploads"]]


async def test_a_socket_has_its_number_of_bytes_and_gets_them_back() -> None:
    view = view_with(max_file_size=100)
    async with LiveClient(app_with(view, max_upload_bytes=100)) as client, liar(client) as browser:
        await browser.token(size=60)
        await browser.announce(file("1", size=60))
        _, response = await browser.preflight(file("1", size=60))
        assert response["error"] == [["1", "no_room"]]
        await browser.event("cancel", {"ref": "0"})
        await browser.event("cancel", {"ref": "1"})
        assert await browser.token(ref="2", size=60)


async def test_a_fast_upload_is_not_taken_for_a_flood() -> None:
    view = view_with(chunk_size=10, max_file_size=10_000)
    async with LiveClient(app_with(view, rate=10, burst=20)) as client, liar(client) as browser:
        await browser.join_upload(await browser.token(size=2000), "7")
        for number in range(200):
            assert await browser.chunk(b"0123456789", "7") == ("ok", {})
            if number % 2:
                assert (await browser.progress(number // 2))[0] == "ok"
        assert (await browser.progress(100))[0] == "ok"
        # What is for no upload that is on its way counts as ever.
        answers = [await browser.chunk(b"x", "8", "lvu:1") for _ in range(30)]
        assert answers[-1] == ("error", {"reason": "rate_limited"})


async def test_a_file_in_a_thousand_crumbs_is_a_flood() -> None:
    async with LiveClient(app_with(view_with(), rate=10, burst=20)) as client, liar(client) as browser:
        await browser.join_upload(await browser.token(size=2000), "7")
        answers = [await browser.chunk(b"0", "7") for _ in range(30)]
        assert answers[-1] == ("error", {"reason": "rate_limited"})


async def test_meta_about_a_file_is_small() -> None:
    async with LiveClient(app_with(view_with())) as client, liar(client) as browser:
        await browser.announce(file(meta={"note": "x" * 16_000}))
        with pytest.raises(SocketClosed):
            await browser.announce(file("1", meta={"note": "x" * 17_000}))


# What is malformed


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\x01\x01\x01\x05\x05" + b"77lvu:0chunkdata",
        b"\x00\xff\x01\x05\x05" + b"7",
        b"\x00\x01\x01\x05\x05" + b"77lvu:0\xff\xfe\xfd\xfc\xfb",
        b"\x00\x01\x01\x05\x05" + b"78lvu:0other",
    ],
)
async def test_a_malformed_binary_frame_closes_the_socket_and_leaves_nothing(
    data: bytes, stored: Stored
) -> None:
    async with LiveClient(app_with(view_with())) as client, liar(client) as browser:
        await browser.join_upload(await browser.token(), "7")
        await browser.socket.send_bytes(data)
        assert await browser.socket.wait_closed() == POLICY
        await eventually(lambda: not stored())


async def test_a_chunk_as_text_closes_the_socket() -> None:
    async with LiveClient(app_with(view_with())) as client, liar(client) as browser:
        await browser.join_upload(await browser.token(), "7")
        await browser.socket.send_frame(["7", "8", "lvu:0", "chunk", {"data": "x"}])
        assert await browser.socket.wait_closed() == POLICY


async def test_bytes_for_a_view_close_the_socket() -> None:
    async with LiveClient(app_with(view_with())) as client, liar(client) as browser:
        await browser.socket.send_chunk("4", "8", browser.page.topic, "event", b"x")
        assert await browser.socket.wait_closed() == POLICY


@pytest.mark.parametrize(
    "files",
    [
        {},
        [1],
        [{"ref": "0"}],
        [file(size=-1)],
        [file() | {"size": 1.5}],
        [file() | {"size": True}],
        [file() | {"size": "10"}],
        [file(size=2**60)],
        [file(ref="")],
        [file(ref='"><script>')],
        [file(ref="x" * 65)],
        [file(name="x" * 5000)],
        [file() | {"name": ["a"]}],
        [{**file(), "ref": 0}],
    ],
)
@pytest.mark.parametrize("event", ["event", "allow_upload"])
async def test_files_that_are_none_close_the_socket(files: Any, event: str) -> None:
    async with LiveClient(app_with(view_with())) as client, liar(client) as browser:
        form = {"type": "form", "event": "check", "value": "", "uploads": {browser.ref: files}}
        payload = form if event == "event" else {"ref": browser.ref, "entries": files}
        await browser.socket.send_frame(["4", "9", browser.page.topic, event, payload])
        assert await browser.socket.wait_closed() == POLICY


@pytest.mark.parametrize("payload", [None, [], "x", {}, {"ref": "x"}, {"ref": "x", "entries": None}])
@pytest.mark.parametrize("event", ["allow_upload", "progress"])
async def test_messages_without_their_fields_close_the_socket(payload: Any, event: str) -> None:
    async with LiveClient(app_with(view_with())) as client, liar(client) as browser:
        await browser.socket.send_frame(["4", "9", browser.page.topic, event, payload])
        assert await browser.socket.wait_closed() == POLICY


async def test_what_is_not_there_is_answered_and_changes_nothing() -> None:
    async with LiveClient(app_with(view_with())) as client, liar(client) as browser:
        assert await browser.announce(file(), upload="phx-other") == ("ok", {})
        _, response = await browser.preflight(file(), upload="phx-other")
        assert response == {"ref": "phx-other", "error": [["phx-other", "disallowed"]]}
        assert await browser.progress(50, "7") == ("ok", {})
        assert await browser.progress(50, "7", "phx-other") == ("ok", {})
        assert await browser.event("cancel", {"ref": "77"}) == ("ok", {})


async def test_fields_that_nobody_asked_for_set_nothing() -> None:
    nested = {"upload_config": {"uploads": {"0": {}}}, "path": "/etc/passwd", "done": True, "progress": 100}
    seen = await entry_of({**file(), **nested, "valid": False, "uuid": "1", "receipt": {}})
    assert (seen.done, seen.progress, seen.path, seen.valid, seen.incoming) == (False, 0, None, True, None)
    assert len(seen.uuid) == 36


async def entry_of(described: dict[str, Any]) -> UploadEntry:
    """What the view sees of a file."""
    seen: list[UploadEntry] = []

    class Watching(Uploads):
        async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
            seen.extend(socket.uploads["files"].entries)

    async with LiveClient(app_with(Watching)) as client, liar(client) as browser:
        _, response = await browser.announce(described)
        assert "<b>" not in str(response).replace("<b>', '</b>", "")
    return seen[0]


async def test_a_view_without_uploads_answers_too() -> None:
    async with LiveClient(app_with(view_with())) as client:
        page = await load(client, "/elsewhere")
        async with connect(client, page) as socket:
            await socket.send_frame(page.join("4"))
            await socket.receive_frame()
            for ref, event, payload in (
                ("5", "allow_upload", {"ref": "x", "entries": [file()]}),
                ("6", "progress", {"ref": "x", "entry_ref": "0", "progress": 5}),
            ):
                await socket.send_frame(["4", ref, page.topic, event, payload])
                assert (await socket.receive_frame())[4]["status"] == "ok"


# Names


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ("../../../../etc/cron.d/x\x00.exe", "x.exe"),
        ("C:\\Users\\ada\\a.txt", "a.txt"),
        ("..", "file"),
        (".", "file"),
        ("a/..", "file"),
        ("...", "file"),
        ("a.txt. . ", "a.txt"),
        ("\u202etxt.exe", "txt.exe"),
        ("Foto 9.41\u202fAM.png", "Foto 9.41 AM.png"),
        ("e\u0301.txt", "é.txt"),
        ("<b>.txt", "<b>.txt"),
        ("é" * 300 + ".jpeg", "é" * 125 + ".jpeg"),
        ("x" * 300, "x" * 255),
        (".bashrc", ".bashrc"),
    ],
)
async def test_a_name_is_no_path(sent: str, name: str) -> None:
    entry = await entry_of(file(name=sent))
    assert entry.name == name
    assert len(entry.name.encode()) <= 255


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ("holiday/beach/a.png", "holiday/beach/a.png"),
        ("/etc/passwd", "etc/passwd"),
        ("../../a/./b\\c/..", "a/b/c"),
        ("a\x00b/\u202ec", "ab/c"),
        ("..", ""),
        ("x/" * 1000, ""),
    ],
)
async def test_a_path_in_a_folder_stays_in_it(sent: str, path: str) -> None:
    assert (await entry_of(file(relative_path=sent))).relative_path == path


@pytest.mark.parametrize("kind", ["x", "a/b/c", "text/html\n", "<b>/x", "a" * 200 + "/b", "text/ html"])
async def test_a_kind_that_is_none_is_empty(kind: str) -> None:
    assert (await entry_of(file() | {"type": kind})).type in ("", "text/html")


async def test_every_end_of_a_socket_in_the_middle_of_a_chunk_leaves_nothing(stored: Stored) -> None:
    async with LiveClient(app_with(view_with())) as client:
        page = await load(client, "/")
        socket = await connect(client, page).connect()
        browser = await joined(socket, page)
        await browser.join_upload(await browser.token(size=100), "7")
        await socket.send_chunk("7", "8", "lvu:0", "chunk", b"x" * 50)
        await socket.drop()
        await eventually(lambda: not stored())
        await asyncio.sleep(0)
