"""Choosing files in a page, and sending them: what the client's uploaders do, step by step if the test wishes."""

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
"""`await uploader(file, meta, progress)`: a test's stand-in for a script that uploads elsewhere."""


class Sending:
    """One file on its way: asked for, and sent as far as the test says."""

    def __init__(self, tab: Tab, ref: str, file: LocalFile, chunk_size: int, grant: Any) -> None:
        self.file = file
        self.ref = ref
        self.grant = grant
        self.error: str | None = None
        self._tab = tab
        self._chunk_size = chunk_size
        self._channel = ClientChannel(f"{UPLOAD}{ref}")
        self._sent = 0
        self._told = -1

    async def send(self, upload: "Chosen", percent: int = 100) -> None:
        """Send chunks until `percent` of the file is there, or an error or the server ends it."""
        if self._channel.join_ref is None:
            self._check(await self._tab.join_upload(self._channel, self.grant))
        goal = len(self.file.content) * percent // 100
        while self.error is None and self._channel.state == "joined" and self._sent < goal:
            chunk = self.file.content[self._sent : min(self._sent + self._chunk_size, goal)]
            self._check(await self._tab.push_chunk(self._channel, chunk))
            self._sent += len(chunk)
            if self.error is None:
                await self._tell(upload)
        if self.error is not None:
            await self._give_up(upload)

    def _check(self, pending: Pending) -> None:
        if pending.status == "error":
            self.error = str(pending.response.get("reason"))
        elif pending.status == "lost" and self._channel.state == "errored":
            self.error = "failed"

    async def _tell(self, upload: "Chosen") -> None:
        progress = self._sent * 100 // (self.file.size or len(self.file.content))
        if progress > self._told:
            self._told = progress
            await upload.progress(self.ref, progress)

    async def _give_up(self, upload: "Chosen") -> None:
        await self._tab.leave_upload(self._channel)
        if self.error != "writer_error":  # which the server knows better
            await upload.progress(self.ref, {"error": self.error})


class Chosen:
    """The files of one input, from `await page.choose(...)`.

    `refs` are the numbers of the files that were chosen last, in order. `errors` say what the server answered to files
    that it did not take to the end, by their number.
    """

    def __init__(self, tab: Tab, file_input: Tag, new: list[str], uploaders: dict[str, Uploader]) -> None:
        self.refs = new
        self._tab = tab
        self._name = attribute(file_input, "name")
        self._ref = upload_ref(file_input)
        self._uploaders = uploaders
        self._sendings: dict[str, Sending] = tab.state.chosen_files.sendings.setdefault(self._ref, {})
        self._cid = _cid(tab, file_input)

    @property
    def errors(self) -> dict[str, str]:
        return {ref: one.error for ref, one in self._sendings.items() if one.error is not None}

    @property
    def input(self) -> Tag:
        """The input as it is now. Raises `PageError` when it is gone."""
        found = self._tab.state.soup.find(id=self._ref)
        if not isinstance(found, Tag):
            raise PageError(f"the file input {self._name!r} is not on the page any more")
        return found

    async def send(self, name: str | None = None, percent: int = 100) -> None:
        """Send the files, or the one called `name`, until `percent` of each is there."""
        await self.preflight()
        for one in self._wanted(name):
            if isinstance(one.grant, str):
                await one.send(self, percent)
            elif one.grant is not None:
                await self._send_elsewhere(one)

    async def preflight(self) -> dict[str, Any]:
        """Ask the server about files that it has not been asked about; its answer."""
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
                self._sendings[ref] = Sending(self._tab, ref, file, size, granted[ref])
        return answer

    async def progress(self, ref: str, value: int | dict[str, Any]) -> None:
        """Say how far a file has come, as an uploader does: percent, or `{"error": reason}`."""
        payload = {"event": None, "ref": self._ref, "entry_ref": ref, "progress": value}
        await self._tab.exchange("progress", with_cid(payload, self._cid), self.input)

    def meta(self, ref: str) -> Any:
        """What the server answered for the file: a token, or what an external upload was prepared with."""
        return self._sendings[ref].grant

    async def _send_elsewhere(self, one: Sending) -> None:
        name = one.grant["uploader"]
        if name not in self._uploaders:
            raise PageError(
                f"the page has no uploader {name!r}; a test gives it one: page.uploaders[{name!r}] = "
                "async function (file, meta, progress), or says itself: await chosen.progress(ref, 100)"
            )

        async def progress(value: int) -> None:
            await self.progress(one.ref, value)

        await self._uploaders[name](one.file, one.grant, progress)

    def _wanted(self, name: str | None) -> list[Sending]:
        wanted = [one for one in self._sendings.values() if name is None or one.file.name == name]
        if name is not None and not wanted:
            names = [one.file.name for one in self._sendings.values()]
            raise PageError(f"{name!r} is not among the files that may be sent: {names}")
        listed = self._tab.state.chosen_files.active(self.input)
        return [one for one in wanted if one.error is None and one.ref in listed]


class FileSender:
    """Sends what is chosen on one page. `uploaders` stand in for the page's own scripts."""

    def __init__(self, tab: Tab) -> None:
        self._tab = tab
        self.uploaders: dict[str, Uploader] = {}

    def choose(self, file_input: Tag, files: Sequence[LocalFile]) -> tuple[Chosen, dict[str, Any]]:
        """Choose files; and the `uploads` with which the form's event has to tell of them."""
        new = self._tab.state.chosen_files.track(file_input, files)
        uploads = self._tab.state.chosen_files.announced(file_input, new)
        return Chosen(self._tab, file_input, new, self.uploaders), uploads

    async def send_all(self, form: Tag) -> None:
        """What the client does before it submits a form. Raises `PageError` where it would not submit at all."""
        for file_input in file_inputs(form):
            if refs(file_input, "error"):
                raise PageError(
                    f"the form is not submitted: the files of {attribute(file_input, 'name')!r} have errors"
                )
            chosen = Chosen(self._tab, file_input, [], self.uploaders)
            await chosen.send()
            if self._tab.state.chosen_files.awaiting(chosen.input) or refs(chosen.input, "error"):
                raise PageError(f"the form is not submitted, files were refused: {chosen.errors}")


def file_inputs(form: Tag) -> list[Tag]:
    """The inputs of a form that are made with `live_file_input`."""
    return [one for one in elements(form) if kind(one) == "file" and one.has_attr("data-phx-upload-ref")]


def drop_target(zone: Tag, soup: Tag) -> Tag:
    """The file input that files dropped on `zone` go to."""
    around = next((one for one in (zone, *zone.parents) if one.has_attr("phx-drop-target")), None)
    if around is None:
        raise PageError(f"nothing can be dropped here, there is no phx-drop-target: {zone}")
    target = soup.find(id=attribute(around, "phx-drop-target"))
    if not isinstance(target, Tag) or target.has_attr("disabled"):
        raise PageError(f"phx-drop-target names no file input that takes files: {around}")
    return target


def _cid(tab: Tab, file_input: Tag) -> int | None:
    form = form_of(file_input)
    return None if form is None else target_cids(form, None, tab.state.soup)[0]
