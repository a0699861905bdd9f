"""Clients that send more than the rules allow: too many bytes, files, chunks."""

import asyncio
from typing import Any

import pytest

from pyview.testing import LiveClient, SocketClosed
from tests.asgi import eventually
from tests.frames import connect, load
from tests.uploads.raw_client import file, joined, raw_client
from tests.uploads.views import Stored, app_with, view_with

# Sizes


@pytest.mark.parametrize("data", [b"x" * 11, b"x" * 60_000])
async def test_no_byte_beyond_the_declared_size_is_stored(data: bytes, stored: Stored) -> None:
    async with LiveClient(app_with(view_with(max_file_size=1000))) as client, raw_client(client) as browser:
        await browser.join_upload(await browser.token(size=10), "7")
        refused = ("error", {"reason": "file_size_limit_exceeded", "limit": 10})
        assert await browser.chunk(data, "7") == refused
        assert await browser.next() == ["7", "7", "lvu:0", "phx_close", {}]
        assert "too_large" in str(await browser.next())
        await eventually(lambda: not stored())
        assert await browser.chunk(b"x", "7") == ("error", {"reason": "unmatched topic"})
        assert await browser.progress(100) == ("ok", {})


async def test_later_chunks_do_not_change_a_complete_file(stored: Stored) -> None:
    view = view_with()
    async with LiveClient(app_with(view)) as client, raw_client(client) as browser:
        await browser.join_upload(await browser.token(size=10), "7")
        await browser.chunk(b"0123456789", "7")
        assert (await browser.chunk(b"0123456789", "7"))[0] == "error"
        assert [one.stat().st_size for one in stored()] == [10]
        await browser.progress(100)
        await browser.event("save")
        assert view.kept == {"a.txt": b"0123456789"}


async def test_an_empty_chunk_after_the_last_one_is_harmless(stored: Stored) -> None:
    async with LiveClient(app_with(view_with())) as client, raw_client(client) as browser:
        await browser.join_upload(await browser.token(size=10), "7")
        await browser.chunk(b"", "7")
        await browser.chunk(b"0123456789", "7")
        assert (await browser.chunk(b"", "7"))[0] == "error"
        assert [one.stat().st_size for one in stored()] == [10]


async def test_an_empty_file_arrives(stored: Stored) -> None:
    """The client sends one empty chunk for it."""
    async with LiveClient(app_with(view_with())) as client, raw_client(client) as browser:
        assert (await browser.join_upload(await browser.token(size=0), "7"))[0] == "ok"
        assert (await browser.chunk(b"", "7"))[0] == "ok"
        assert (await browser.progress(100))[0] == "ok"
        assert [one.stat().st_size for one in stored()] == [0]
        assert (await browser.chunk(b"x", "7"))[0] == "error"


async def test_a_chunk_above_the_agreed_size_is_refused() -> None:
    view = view_with(chunk_size=100)
    async with LiveClient(app_with(view)) as client, raw_client(client) as browser:
        await browser.join_upload(await browser.token(size=1000), "7")
        assert (await browser.chunk(b"x" * 101, "7"))[0] == "error"


async def test_a_declared_size_above_the_limit_gets_no_token() -> None:
    async with LiveClient(app_with(view_with(max_file_size=1000))) as client, raw_client(client) as browser:
        await browser.declare(file(size=1001))
        _, response = await browser.preflight(file(size=5))  # a smaller lie afterwards changes nothing
        assert response["error"] == [["0", "too_large"]]
        assert "entries" not in response


async def test_files_of_a_preflight_are_checked_without_announcement() -> None:
    view = view_with(accept=[".png"], max_file_size=1000)
    async with LiveClient(app_with(view)) as client, raw_client(client) as browser:
        _, response = await browser.preflight(file(size=1001), file("1", name="b.exe"))
        assert response["error"] == [["0", "too_large"], ["0", "not_accepted"], ["1", "not_accepted"]]


async def test_progress_is_counted_by_the_server() -> None:
    view = view_with()
    async with LiveClient(app_with(view)) as client, raw_client(client) as browser:
        await browser.join_upload(await browser.token(size=10), "7")
        await browser.chunk(b"01234", "7")
        _, response = await browser.progress(100)
        assert "50" in str(response)
        assert "'done'" not in str(response)
        await browser.chunk(b"56789", "7")
        _, response = await browser.progress(1)
        assert "'done'" in str(response)


@pytest.mark.parametrize("value", [-1, 101, -999999, 1.5, "100", None, True, [100]])
async def test_an_invalid_progress_ends_only_its_upload(value: Any, stored: Stored) -> None:
    view = view_with()
    async with LiveClient(app_with(view)) as client, raw_client(client) as browser:
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


async def test_an_invalid_progress_ends_an_external_upload() -> None:
    view = view_with(external=lambda entry, context: {"uploader": "S3"})
    async with LiveClient(app_with(view)) as client, raw_client(client) as browser:
        await browser.declare(file())
        await browser.preflight(file())
        _, response = await browser.progress(float("1e300"))
        assert "upload_failed" in str(response)
        assert "'done'" not in str((await browser.progress(100))[1])


async def test_a_client_that_does_not_wait_for_answers_loses_its_upload(stored: Stored) -> None:
    async with LiveClient(app_with(view_with(max_file_size=10**7))) as client, raw_client(client) as browser:
        await browser.join_upload(await browser.token(size=10**7), "7")
        for number in range(50):
            await browser.socket.send_chunk("7", str(number + 200), "lvu:0", "chunk", b"x" * 60_000)
        frames = [await browser.next() for _ in range(2)]
        while "upload_failed" not in str(frames[-1]):
            frames.append(await browser.next())
        assert ["7", "7", "lvu:0", "phx_error", {}] in frames
        await eventually(lambda: not stored())
        assert (await browser.event("nothing"))[0] == "ok"


async def test_waiting_chunks_count_for_the_limit_of_the_socket() -> None:
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
        raw_client(client) as browser,
    ):
        await browser.join_upload(await browser.token(size=4000), "7")
        await browser.socket.send_chunk("7", "1", "lvu:0", "chunk", b"x" * 2000)
        waiting = asyncio.create_task(browser.event("nothing"))
        assert not (await asyncio.wait({waiting}, timeout=0.1))[0]
        gate.set()
        assert (await waiting)[0] == "ok"


# Numbers


async def test_too_many_files_get_no_tokens(stored: Stored) -> None:
    async with LiveClient(app_with(view_with(max_entries=1))) as client, raw_client(client) as browser:
        files = [file(str(number)) for number in range(50)]
        await browser.declare(*files)
        _, response = await browser.preflight(*files)
        assert [browser.ref, "too_many_files"] in response["error"]
        assert stored() == []


async def test_a_very_long_list_of_files_is_cut() -> None:
    view = view_with()
    async with LiveClient(app_with(view)) as client, raw_client(client) as browser:
        await browser.declare(*(file(str(number)) for number in range(3000)))
        _, response = await browser.preflight(file("2999"))
        assert response["error"] == [[browser.ref, "too_many_files"]]


async def test_the_number_of_uploads_of_a_socket_is_limited() -> None:
    view = view_with(max_entries=2)
    async with LiveClient(app_with(view, max_uploads=2)) as client:
        one, two = await load(client, "/"), await load(client, "/")
        async with connect(client, one) as socket:
            first, second = await joined(socket, one, "4"), await joined(socket, two, "5")
            await first.token(ref="0")
            await first.token(ref="1")
            await second.declare(file("2"))
            _, response = await second.preflight(file("2"))
            assert response["error"] == [["2", "too_many_uploads"]]


async def test_the_bytes_of_a_socket_are_limited_and_released() -> None:
    view = view_with(max_file_size=100)
    async with LiveClient(app_with(view, max_upload_bytes=100)) as client, raw_client(client) as browser:
        await browser.token(size=60)
        await browser.declare(file("1", size=60))
        _, response = await browser.preflight(file("1", size=60))
        assert response["error"] == [["1", "no_room"]]
        await browser.event("cancel", {"ref": "0"})
        await browser.event("cancel", {"ref": "1"})
        assert await browser.token(ref="2", size=60)


async def test_a_fast_upload_does_not_exceed_the_rate_limit() -> None:
    view = view_with(chunk_size=10, max_file_size=10_000)
    async with LiveClient(app_with(view, rate=10, burst=20)) as client, raw_client(client) as browser:
        await browser.join_upload(await browser.token(size=2000), "7")
        for number in range(200):
            assert await browser.chunk(b"0123456789", "7") == ("ok", {})
            if number % 2:
                assert (await browser.progress(number // 2))[0] == "ok"
        assert (await browser.progress(100))[0] == "ok"
        # Chunks for no active upload count for the rate limit.
        answers = [await browser.chunk(b"x", "8", "lvu:1") for _ in range(30)]
        assert answers[-1] == ("error", {"reason": "rate_limited"})


async def test_many_tiny_chunks_exceed_the_rate_limit() -> None:
    async with LiveClient(app_with(view_with(), rate=10, burst=20)) as client, raw_client(client) as browser:
        await browser.join_upload(await browser.token(size=2000), "7")
        answers = [await browser.chunk(b"0", "7") for _ in range(30)]
        assert answers[-1] == ("error", {"reason": "rate_limited"})


async def test_client_meta_is_limited_in_size() -> None:
    async with LiveClient(app_with(view_with())) as client, raw_client(client) as browser:
        await browser.declare(file(meta={"note": "x" * 16_000}))
        with pytest.raises(SocketClosed):
            await browser.declare(file("1", meta={"note": "x" * 17_000}))
