"""Uploads of chosen files, as the client's uploaders send them, or step by step under control of the test."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from bs4 import Tag

from pyview.testing.connection import ClientChannel, Pending
from pyview.testing.errors import PageError
from pyview.testing.files import LocalFile, refs, upload_ref
from pyview.testing.forms import attribute, elements, form_of, kind
from pyview.testing.payloads import target_cids, with_cid
from pyview.testing.tab import UPLOAD, Tab

Uploader = Callable[[LocalFile, dict[str, Any], Callable[[int], Awaitable[None]]], Awaitable[None]]
"""`await uploader(file, meta, progress)`: replaces a script that uploads files to another server."""


class FileTransfer:
    """The upload of one file. `grant` is the server's answer: a token, or the settings of an external upload."""

    def __init__(self, tab: Tab, ref: str, file: LocalFile, chunk_size: int, grant: Any) -> None:
        self.file = file
        self.ref = ref
        self.grant = grant
        self.error: str | None = None
        self._tab = tab
        self._chunk_size = chunk_size
        self._channel = ClientChannel(f"{UPLOAD}{ref}")
        self._sent = 0
        self._reported = -1

    async def send(self, upload: "Chosen", percent: int = 100) -> None:
        """Send chunks until `percent` of the file is sent, or until an error or the server ends the upload."""
        if self._channel.join_ref is None:
            self._check(await self._tab.join_upload(self._channel, self.grant))
        goal = len(self.file.content) * percent // 100
        while self.error is None and self._channel.state == "joined" and self._sent < goal:
            chunk = self.file.content[self._sent : min(self._sent + self._chunk_size, goal)]
            # The client sends the next chunk only after the answer to the one before.
            self._check(await self._tab.push_chunk(self._channel, chunk))
            self._sent += len(chunk)
            if self.error is None:
                await self._report(upload)
        if self.error is not None:
            await self._give_up(upload)

    def _check(self, pending: Pending) -> None:
        if pending.status == "error":
            self.error = str(pending.response.get("reason"))
        elif pending.status == "lost" and self._channel.state == "errored":
            self.error = "failed"

    async def _report(self, upload: "Chosen") -> None:
        # Of the announced size, as the client computes it: a test may announce another size than it sends.
        progress = self._sent * 100 // (self.file.size or len(self.file.content))
        # The client reports whole percents, so small chunks of a large file cause few messages.
        if progress > self._reported:
            self._reported = progress
            await upload.progress(self.ref, progress)

    async def _give_up(self, upload: "Chosen") -> None:
        await self._tab.leave_upload(self._channel)
        if self.error != "writer_error":  # the server has reported this error itself
            await upload.progress(self.ref, {"error": self.error})


class Chosen:
    """The files of one input, from `await page.choose(...)`.

    `refs` are the references of the files that were chosen last, in order.
    """

    def __init__(self, tab: Tab, file_input: Tag, new: list[str], uploaders: dict[str, Uploader]) -> None:
        self.refs = new
        self._tab = tab
        self._name = attribute(file_input, "name")
        self._ref = upload_ref(file_input)
        self._uploaders = uploaders
        # Kept by the document: the uploads of an earlier choice at the same input go on.
        self._transfers: dict[str, FileTransfer] = tab.state.chosen_files.transfers.setdefault(self._ref, {})
        self._cid = _cid(tab, file_input)

    @property
    def errors(self) -> dict[str, str]:
        """The server's reasons for files that it refused or did not take completely, by reference."""
        return {ref: one.error for ref, one in self._transfers.items() if one.error is not None}

    @property
    def input(self) -> Tag:
        """The input as it is now. Raises `PageError` if it is gone."""
        found = self._tab.state.soup.find(id=self._ref)
        if not isinstance(found, Tag):
            raise PageError(f"the file input {self._name!r} is no longer on the page")
        return found

    async def send(self, name: str | None = None, percent: int = 100) -> None:
        """Send `percent` of each file, or of the file called `name`."""
        await self.preflight()
        for one in self._wanted(name):
            if isinstance(one.grant, str):
                await one.send(self, percent)
            elif one.grant is not None:
                await self._send_external(one)

    async def preflight(self) -> dict[str, Any]:
        """Ask the server's permission for files that have none yet; return its answer."""
        awaiting = self._tab.state.chosen_files.awaiting(self.input)
        if not awaiting:
            return {}
        entries = [file.described(ref) for ref, file in awaiting.items()]
        answer = await self._tab.exchange(
            "allow_upload", with_cid({"ref": self._ref, "entries": entries}, self._cid), self.input
        )
        granted, size = answer.get("entries", {}), answer.get("config", {}).get("chunk_size", 0)
        for ref, file in awaiting.items():
            if ref in granted:
                self._transfers[ref] = FileTransfer(self._tab, ref, file, size, granted[ref])
        return answer

    async def progress(self, ref: str, value: int | dict[str, Any]) -> None:
        """Report the progress of a file, as an uploader does: percent, or `{"error": reason}`."""
        payload = {"event": None, "ref": self._ref, "entry_ref": ref, "progress": value}
        await self._tab.exchange("progress", with_cid(payload, self._cid), self.input)

    def meta(self, ref: str) -> Any:
        """Return the server's grant for a file: a token, or the settings of an external upload."""
        return self._transfers[ref].grant

    async def _send_external(self, one: FileTransfer) -> None:
        name = one.grant["uploader"]
        if name not in self._uploaders:
            raise PageError(
                f"the page has no uploader {name!r}. Set page.uploaders[{name!r}] to an async function of (file, meta, "
                "progress), or report the progress yourself: await chosen.progress(ref, 100)"
            )

        async def progress(value: int) -> None:
            await self.progress(one.ref, value)

        await self._uploaders[name](one.file, one.grant, progress)

    def _wanted(self, name: str | None) -> list[FileTransfer]:
        wanted = [one for one in self._transfers.values() if name is None or one.file.name == name]
        if name is not None and not wanted:
            names = [one.file.name for one in self._transfers.values()]
            raise PageError(f"the server has not granted the upload of {name!r}; it has granted {names}")
        listed = self._tab.state.chosen_files.active(self.input)
        return [one for one in wanted if one.error is None and one.ref in listed]


class FileSender:
    """Chooses and sends the files of one page. `uploaders` replace the page's own scripts."""

    def __init__(self, tab: Tab) -> None:
        self._tab = tab
        self.uploaders: dict[str, Uploader] = {}

    def choose(self, file_input: Tag, files: Sequence[LocalFile]) -> tuple[Chosen, dict[str, Any]]:
        """Choose files; return them, and the `uploads` that the form's event has to announce."""
        new = self._tab.state.chosen_files.track(file_input, files)
        uploads = self._tab.state.chosen_files.announced(file_input, new)
        return Chosen(self._tab, file_input, new, self.uploaders), uploads

    async def send_all(self, form: Tag) -> None:
        """Send the files of a form before it is submitted. Raises `PageError` if the client would not submit it."""
        for file_input in file_inputs(form):
            if refs(file_input, "error"):
                raise PageError(
                    f"the client does not submit the form, because files of {attribute(file_input, 'name')!r} have "
                    "errors"
                )
            chosen = Chosen(self._tab, file_input, [], self.uploaders)
            await chosen.send()
            if self._tab.state.chosen_files.awaiting(chosen.input) or refs(chosen.input, "error"):
                raise PageError(
                    f"the client does not submit the form, because files were refused: {chosen.errors}"
                )


def file_inputs(form: Tag) -> list[Tag]:
    """Return the inputs of a form that are made with `live_file_input`."""
    return [one for one in elements(form) if kind(one) == "file" and one.has_attr("data-phx-upload-ref")]


def drop_target(zone: Tag, soup: Tag) -> Tag:
    """Return the file input that gets the files dropped on `zone`. Raises `PageError` if there is none."""
    drop_zone = next((one for one in (zone, *zone.parents) if one.has_attr("phx-drop-target")), None)
    if drop_zone is None:
        raise PageError(f"expected an element inside a phx-drop-target, got {zone}")
    target = soup.find(id=attribute(drop_zone, "phx-drop-target"))
    if not isinstance(target, Tag) or target.has_attr("disabled"):
        raise PageError(
            f"expected phx-drop-target to name an enabled file input of the page, got {drop_zone}"
        )
    return target


def _cid(tab: Tab, file_input: Tag) -> int | None:
    form = form_of(file_input)
    return None if form is None else target_cids(form, None, tab.state.soup)[0]
