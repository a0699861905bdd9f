"""External uploads: prepared by the server, sent by a script of the page, which reports the progress."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from pyview.testing import LiveClient, LocalFile, PageError
from pyview.uploads import (
    ExternalUploadMeta,
    UploadEntry,
    UploadFailure,
    UploadResult,
    UploadSuccess,
    UploadSuccessWithData,
)
from tests.uploads.raw_client import file, raw_client
from tests.uploads.views import INPUT, Socket, Uploads, app_with, text


class Bucket(Uploads):
    """Prepares uploads to a bucket, and records their results."""

    more: dict[str, Any] = {}
    results: list[UploadResult]

    def __init__(self) -> None:
        type(self).results = []

    def allow(self, socket: Socket) -> Any:
        return socket.allow_upload(
            "files",
            accept="any",
            max_entries=3,
            external=self.presign,
            entry_complete=self.ended,
            **self.more,
        )

    async def presign(self, entry: UploadEntry, context: dict[str, Any]) -> Any:
        if entry.name == "unlucky.txt":
            raise OSError("the bucket is away")
        context["log"].append(f"presigned {entry.name}")
        return ExternalUploadMeta(
            uploader="Bucket", url=f"https://bucket.example/{entry.uuid}", fields={"key": "k"}
        )

    async def ended(self, entry: UploadEntry, result: UploadResult, socket: Socket) -> None:
        self.results.append(result)

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        if event == "save":
            socket.context["saved"] += await socket.consume_uploaded_entries("files", self.keep)
        elif event == "classic":
            with socket.uploads["files"].consume_external_uploads() as entries:
                socket.context["saved"] += [entry.name for entry in entries]
        elif event == "one":
            with socket.uploads["files"].consume_external_upload("0") as entry:
                assert entry is not None
                socket.context["saved"].append(entry.name)
        elif event == "cancel":
            socket.cancel_upload("files", payload["ref"])

    def keep(self, meta: ExternalUploadMeta, entry: UploadEntry) -> str:
        return f"{entry.name} at {meta.model_dump()['url'].partition('example')[2][:1]}"


class Auto(Bucket):
    more = {"auto_upload": True}


async def test_an_uploader_receives_its_meta() -> None:
    arrived: dict[str, bytes] = {}

    async def bucket(
        sent: LocalFile, meta: dict[str, Any], progress: Callable[[int], Awaitable[None]]
    ) -> None:
        assert meta["fields"] == {"key": "k"}
        await progress(40)
        arrived[meta["url"]] = sent.content
        await progress(100)

    async with LiveClient(app_with(Bucket)) as client:
        page = await client.open("/")
        page.uploaders["Bucket"] = bucket
        await page.choose(INPUT, text("a.txt"), text("b.txt"))
        await page.submit("form")
        assert [one.text for one in page.find_all("ol li")] == ["a.txt at /", "b.txt at /"]
        assert list(arrived.values()) == [text().content] * 2
        assert page.find("#log").text == "presigned a.txt, presigned b.txt"
        assert Bucket.results == [UploadSuccess(), UploadSuccess()]


async def test_a_test_may_send_the_progress_itself() -> None:
    async with LiveClient(app_with(Bucket)) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt"))
        with pytest.raises(PageError, match="no uploader 'Bucket'"):
            await chosen.send()
        assert chosen.meta("0")["uploader"] == "Bucket"
        await chosen.progress("0", 30)
        assert page.find("ul i").text == "30%"
        await chosen.progress("0", 20)  # late news
        assert page.find("ul i").text == "30%"
        await chosen.progress("0", 100)
        await page.push("one")
        assert page.find("ol li").text == "a.txt"
        assert not page.exists("ul li")


async def test_an_uploader_may_finish_with_data() -> None:
    async with LiveClient(app_with(Bucket)) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt"))
        await chosen.preflight()
        await chosen.progress("0", {"complete": True, "upload_id": "7", "parts": [{"ETag": "x"}]})
        await chosen.progress("0", 100)
        assert Bucket.results == [UploadSuccessWithData({"upload_id": "7", "parts": [{"ETag": "x"}]})]
        await page.push("classic")
        assert page.find("ol li").text == "a.txt"


async def test_a_failed_uploader_is_reported_and_listed() -> None:
    async with LiveClient(app_with(Bucket)) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt"))
        await chosen.preflight()
        await chosen.progress("0", {"error": "no network"})
        await chosen.progress("0", {"error": "still none"})
        await chosen.progress("0", 100)
        assert Bucket.results == [UploadFailure("no network")]
        assert page.find("ul em").text == "upload_failed"


async def test_a_failed_preparation_stops_the_form_or_only_itself_with_auto_upload() -> None:
    async with LiveClient(app_with(Bucket)) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt"), text("unlucky.txt"))
        assert (await chosen.preflight())["error"] == [["1", "presign_error"]]
        assert page.find("ul em").text == "presign_error"
        await page.click("button", "Cancel unlucky.txt")
        assert list((await chosen.preflight())["entries"]) == ["0"]
    async with LiveClient(app_with(Auto)) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt"), text("unlucky.txt"), send=False)
        answer = await chosen.preflight()
        assert list(answer["entries"]) == ["0"]
        assert answer["errors"] == {"1": ["presign_error"]}


@pytest.mark.parametrize("meta", [None, {}, {"url": "x"}, "S3"])
async def test_an_invalid_meta_is_logged(meta: Any, caplog: pytest.LogCaptureFixture) -> None:
    class Mistaken(Bucket):
        async def presign(self, entry: UploadEntry, context: dict[str, Any]) -> Any:
            return meta

    async with LiveClient(app_with(Mistaken)) as client:
        page = await client.open("/")
        await (await page.choose(INPUT, text("a.txt"))).preflight()
        assert page.find("ul em").text == "presign_error"
    assert "ExternalUploadMeta(uploader='S3', ...)" in caplog.text


async def test_a_meta_without_json_fails_only_its_file() -> None:
    class Odd(Bucket):
        async def presign(self, entry: UploadEntry, context: dict[str, Any]) -> Any:
            return ExternalUploadMeta(uploader="S3", url=object())

    async with LiveClient(app_with(Odd)) as client:
        page = await client.open("/")
        await (await page.choose(INPUT, text("a.txt"))).preflight()
        assert page.find("ul em").text == "presign_error"


async def test_external_may_return_a_dict() -> None:
    class Plain(Bucket):
        def presign(self, entry: UploadEntry, context: dict[str, Any]) -> Any:
            return {"uploader": "Bucket", "url": "u"}

    async with LiveClient(app_with(Plain)) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt"))
        assert (await chosen.preflight())["entries"] == {"0": {"uploader": "Bucket", "url": "u"}}


async def test_bytes_for_an_external_upload_are_refused() -> None:
    async with LiveClient(app_with(Bucket)) as client, raw_client(client) as browser:
        assert await browser.progress(100) == ("ok", {})  # not prepared, not even announced
        await browser.declare(file())
        await browser.progress(100)
        assert Bucket.results == []
        _, response = await browser.preflight(file())
        assert response["entries"]["0"]["uploader"] == "Bucket"
        token = response["entries"]["0"]
        assert await browser.join_upload(token, "7") == ("error", {"reason": "invalid_token"})


async def test_external_uploads_do_not_count_for_the_limits() -> None:
    app = app_with(Bucket, max_uploads=1, max_upload_bytes=100)
    async with LiveClient(app) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt"), text("b.txt"), text("c.txt"))
        assert list((await chosen.preflight())["entries"]) == ["0", "1", "2"]
    assert app.security.max_uploads == 1


async def test_the_wrong_method_of_consuming_raises() -> None:
    class Wrong(Uploads):
        async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
            upload = socket.uploads["files"]
            if event == "check":
                return
            with (
                pytest.raises(ValueError, match="are server uploads"),
                upload.consume_external_uploads(),
            ):
                pass
            socket.context["log"].append("raised")

    async with LiveClient(app_with(Wrong)) as client:
        page = await client.open("/")
        await page.choose(INPUT, text("a.txt"))
        await page.submit("form")
        assert page.find("#log").text == "raised"
