"""Rules of uploads: numbers of files, errors of invalid rules, and reasons of writers."""

import logging
from typing import Any

import pytest

from pyview import LiveView
from pyview.testing import LiveClient, LocalFile
from pyview.uploads import (
    ExternalUploadMeta,
    MemoryWriter,
    UploadConstraints,
    UploadEntry,
    UploadFailure,
    UploadRejected,
    UploadRulesError,
)
from tests.uploads.views import INPUT, Socket, Uploads, app_with, text, view_with


def files(count: int) -> list[LocalFile]:
    return [LocalFile(f"{number}.txt", b"x", "text/plain") for number in range(count)]


def errors(page: Any) -> list[str]:
    return [one.text for one in page.find_all("p.error")]


# Numbers


async def test_more_than_a_thousand_files_arrive_if_allowed() -> None:
    view = view_with(max_entries=1100, writer=MemoryWriter)
    async with LiveClient(
        app_with(view, max_uploads=1100, max_upload_entries=1100, max_frame=2**20)
    ) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, *files(1100))
        assert len(page.find_all("ul li")) == 1100
        assert errors(page) == []
        await chosen.send("1099.txt")
        assert page.find("#entry-1099 u").text == "done"


async def test_unlisted_files_are_an_error_until_the_next_choice() -> None:
    """The browser forgets them, because the page does not contain their references."""
    view = view_with(max_entries=5)
    async with LiveClient(app_with(view, max_upload_entries=5)) as client:
        page = await client.open("/")
        await page.choose(INPUT, *files(7))
        assert len(page.find_all("ul li")) == 5
        assert errors(page) == ["too_many_files"]
        await page.click("button", "Cancel 0.txt")
        assert errors(page) == []
        await page.submit("form")
        assert sorted(view.kept) == ["1.txt", "2.txt", "3.txt", "4.txt"]
        await page.choose(INPUT, *files(6))
        assert errors(page) == ["too_many_files"]


async def test_more_files_than_an_input_lists_are_too_many() -> None:
    async with LiveClient(app_with(view_with(max_entries=1000), max_uploads=1000)) as client:
        page = await client.open("/")
        await page.choose(INPUT, *files(1001))
        assert len(page.find_all("ul li")) == 1000
        assert errors(page) == ["too_many_files"]


# Errors of rules

WRONG = {
    "accept": ["png", ".jpg", "image"],
    "max_entries": 0,
    "max_entries_mode": "ever",
    "max_file_size": "10MB",
    "chunk_size": 2**21,
    "chunk_timeout": -1,
}


async def refusals(**arguments: Any) -> list[str]:
    """Return the errors of `allow_upload` over HTTP and on the socket."""
    caught: list[str] = []

    class Mistaken(Uploads):
        mount_once = False

        def allow(self, socket: Socket) -> Any:
            with pytest.raises(UploadRulesError) as info:
                socket.allow_upload("files", **arguments)
            caught.append(str(info.value))
            return socket.allow_upload("files", accept="any")

    async with LiveClient(app_with(Mistaken)) as client:
        await client.open("/")
    return caught


async def test_the_error_lists_all_problems() -> None:
    first, second = await refusals(**WRONG)
    assert first == second
    assert first.splitlines() == [
        "allow_upload('files'): ",
        *(
            f"  - accept contains '{kind}'; expected extensions ('.png'), media types ('image/png'), ranges "
            "('image/*'), or 'any'"
            for kind in ("png", "image")
        ),
        "  - max_file_size must be a whole number above 0, got '10MB'",
        "  - max_entries must be a whole number above 0, got 0",
        "  - chunk_timeout must be a number above 0, got -1",
        "  - max_entries_mode must be 'selected' (the limit applies to files at once) or 'total' (to all files, "
        "including consumed ones), got 'ever'",
        "  - chunk_size=2097152 exceeds SecurityConfig(max_upload_frame=1048576), the limit for one browser; lower "
        "chunk_size, or raise max_upload_frame",
    ]


async def test_rules_above_the_limits_of_the_application_are_refused() -> None:
    first, _ = await refusals(accept="any", max_entries=1500)
    limits = ("max_upload_entries=1000", "max_frame=262144", "max_uploads=100")
    assert first.splitlines()[1:] == [
        f"  - max_entries=1500 exceeds SecurityConfig({limit}), the limit for one browser; lower max_entries, or raise "
        f"{limit.partition('=')[0]}"
        for limit in limits
    ]
    elsewhere, _ = await refusals(accept="any", max_entries=1500, external=lambda entry, context: None)
    assert "max_uploads" not in elsewhere
    assert elsewhere.splitlines() == first.splitlines()[:-1]
    constraints, _ = await refusals(constraints=UploadConstraints(max_files=1500, max_file_size=2**40))
    assert "max_files=1500" in constraints
    assert "max_file_size=1099511627776" in constraints


@pytest.mark.parametrize("value", [0, -1, 1.5, "5", True, None, float("nan")])
def test_numbers_are_whole_and_above_zero(value: Any) -> None:
    rules: dict[str, Any] = {"max_file_size": value, "max_files": value, "chunk_size": value}
    with pytest.raises(UploadRulesError) as refusal:
        UploadConstraints(**rules)
    assert [problem.split(" ")[0] for problem in refusal.value.problems] == list(rules)


@pytest.mark.parametrize("accept", [None, 5, [5], [".png", None]])
def test_accept_must_be_text(accept: Any) -> None:
    with pytest.raises(UploadRulesError, match="accept must be a list of texts"):
        UploadConstraints(accept=accept)


# Reasons


class RefusingWriter(MemoryWriter):
    """Refuses the file in one of its methods."""

    at = ""
    error: Exception = UploadRejected("No <b>scripts</b>, please.")

    def refuse(self, call: str) -> None:
        if call == self.at:
            raise self.error

    def __init__(self, entry: UploadEntry) -> None:
        super().__init__(entry)
        self.refuse("init")

    async def open(self) -> None:
        self.refuse("open")

    async def write_chunk(self, data: bytes) -> None:
        self.refuse("write")
        await super().write_chunk(data)

    async def close(self, reason: Any) -> None:
        self.refuse(reason)
        await super().close(reason)


class ErrorTexts(Uploads):
    """Renders the text of each error, and records the results of its callback."""

    template = type(Uploads.template).from_string(
        "<form id='f' phx-change='check' phx-submit='save'>{{ live_file_input(upload) }}</form>"
        "{% for entry in upload.entries %}{% for error in upload_errors(upload, entry) %}"
        "<p>{{ error.code }}: {{ error.message }}</p>{% endfor %}{% endfor %}"
        "<ol>{% for one in saved %}<li>{{ one }}</li>{% endfor %}</ol>"
    )
    results: list[Any]

    def allow(self, socket: Socket) -> Any:
        return socket.allow_upload("files", **self.rules, entry_complete=self.complete)

    async def complete(self, entry: UploadEntry, result: Any, socket: Socket) -> None:
        self.results.append(result)


def told_view(**rules: Any) -> type[ErrorTexts]:
    return type("ToldView", (ErrorTexts,), {"rules": {**Uploads.rules, **rules}, "results": []})


def choosy(call: str, error: Exception | None = None) -> type[ErrorTexts]:
    traits = {"at": call} if error is None else {"at": call, "error": error}
    return told_view(writer=type("ChoosyOfOneTest", (RefusingWriter,), traits))


@pytest.mark.parametrize("call", ["init", "open", "write", "done"])
async def test_the_user_sees_the_reason_of_a_writer(call: str, caplog: pytest.LogCaptureFixture) -> None:
    view = choosy(call)
    async with LiveClient(app_with(view)) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt"))
        await chosen.send()
        await page.settle()
        assert page.find("p").text == "writer_failure: No <b>scripts</b>, please."
        assert "&lt;b&gt;" in page.html
        assert view.results == [UploadFailure("writer_failure", "No <b>scripts</b>, please.")]
        assert page.crashes == 0
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


async def test_other_exceptions_of_a_writer_are_only_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    view = choosy("write", OSError("s3://secret-bucket is away"))
    async with LiveClient(app_with(view)) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt"))
        await chosen.send()
        await page.settle()
        assert page.find("p").text == "writer_failure: The file could not be stored"
        assert "secret" not in page.html
        assert view.results == [UploadFailure("writer_failure")]
    assert "the writer of <UploadEntry" in caplog.text
    assert "crashed (error id" in caplog.text


async def test_other_files_arrive_after_a_refusal() -> None:
    class NoPdf(MemoryWriter):
        def __init__(self, entry: UploadEntry) -> None:
            super().__init__(entry)
            if entry.name.endswith(".pdf"):
                raise UploadRejected("This PDF is locked.")

    view = told_view(writer=NoPdf, auto_upload=True)
    async with LiveClient(app_with(view)) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt"), text("b.pdf"))
        await chosen.send()
        await page.settle()
        await page.push("save")
        assert page.find("p").text == "writer_failure: This PDF is locked."
        assert [one.text for one in page.find_all("li")] == ["a.txt"]


async def test_the_user_sees_the_reason_of_external(caplog: pytest.LogCaptureFixture) -> None:
    def external(entry: UploadEntry, context: Any) -> ExternalUploadMeta:
        raise UploadRejected("Your space is used up.")

    view: type[LiveView[Any]] = told_view(external=external)
    async with LiveClient(app_with(view)) as client:
        page = await client.open("/")
        chosen = await page.choose(INPUT, text("a.txt"))
        await chosen.preflight()
        assert page.find("p").text == "presign_error: Your space is used up."
    assert "crashed" not in caplog.text
