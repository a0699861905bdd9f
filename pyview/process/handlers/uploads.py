"""Messages about the files of a view's uploads."""

from typing import Any

from pyview.process.access import may_continue
from pyview.process.answers import finish
from pyview.process.handlers.components import finish_component
from pyview.process.mailbox import Handlers
from pyview.process.messages import ComponentEvent, FilesChosen, Preflight, UploadAdvanced, UploadFailed
from pyview.process.view_process import ViewProcess
from pyview.socket.socket import LiveViewSocket


async def handle_files_chosen(process: ViewProcess, message: FilesChosen) -> None:
    """List the chosen files, then handle the event of their form."""
    manager = process.upload_manager
    if manager is not None:
        if not await may_continue(process, None):
            return
        only_components = process.touch(manager.choose(message.files))
        if not only_components and type(message.event) is ComponentEvent:
            # The view's own upload has changed, but an event of a component renders nothing of the view.
            process.render_soon()
    await process.handle(message.event)


async def handle_preflight(process: ViewProcess, message: Preflight) -> None:
    """Answer a browser that asks whether it may send files."""
    if await may_continue(process, message.ref):
        answer = await process.uploads().preflight(message)
        await _finish_upload(process, message.ref, answer.socket, answer.fields)


async def handle_upload_advanced(process: ViewProcess, message: UploadAdvanced) -> None:
    if await may_continue(process, message.ref):
        await _finish_upload(process, message.ref, await process.uploads().advance(message))


async def handle_upload_failed(process: ViewProcess, message: UploadFailed) -> None:
    # This message comes from the transfer and not from the browser, so there is no access to check.
    await _finish_upload(process, None, await process.uploads().fail(message))


async def _finish_upload(
    process: ViewProcess,
    ref: str | None,
    socket: LiveViewSocket[Any] | None,
    fields: dict[str, Any] | None = None,
) -> None:
    """Send what an upload has changed in the owner of `socket`: the view, or one of its components."""
    component = process.component(None if socket is None else socket.cid)
    if component is None:
        await finish(process, ref, fields=fields)
    else:
        process.touch([component.cid])
        await finish_component(process, ref, None, component, fields)


HANDLERS: Handlers = {
    FilesChosen: handle_files_chosen,
    Preflight: handle_preflight,
    UploadAdvanced: handle_upload_advanced,
    UploadFailed: handle_upload_failed,
}
