"""Messages about files."""

from typing import Any

from pyview.process.messages import (
    ComponentEvent,
    FilesChosen,
    Preflight,
    Recheck,
    Refresh,
    UploadAdvanced,
    UploadFailed,
)
from pyview.process.placing import Placing
from pyview.process.uploads import UploadLoad, UploadManager
from pyview.socket.socket import LiveViewSocket
from pyview.uploads.registry import UploadRegistry


class Receiving(Placing):
    """A view that may be sent files."""

    __slots__ = ()

    @property
    def _manager(self) -> UploadManager:
        if self.upload_manager is None:
            self.upload_manager = UploadManager(self._site, self)
        return self.upload_manager

    @property
    def uploads(self) -> UploadRegistry:
        return self._manager.registry

    def upload_load(self) -> UploadLoad:
        return self._outlet.upload_load()

    async def may_receive(self) -> bool:
        """Return True if the user may still send files. If not, the view ends at its next turn."""
        if self._guard is None or await self._guard.admits(self._visit.location):
            return True
        self.post_soon(Recheck())
        return False

    async def _files_chosen(self, message: FilesChosen) -> None:
        manager = self.upload_manager
        if manager is not None:
            if not await self._settled(None):
                return
            only_components = self.touch(manager.choose(message.files))
            if not only_components and type(message.event) is ComponentEvent:
                # After a component's event nothing of the view is rendered.
                self.post_soon(Refresh())
        await self._handle(message.event)

    async def _preflight(self, message: Preflight) -> None:
        if await self._settled(message.ref):
            answer = await self._manager.preflight(message)
            await self._finish_upload(message.ref, answer.socket, answer.fields)

    async def _upload_advanced(self, message: UploadAdvanced) -> None:
        if await self._settled(message.ref):
            await self._finish_upload(message.ref, await self._manager.advance(message))

    async def _upload_failed(self, message: UploadFailed) -> None:
        await self._finish_upload(None, await self._manager.fail(message))

    async def _finish_upload(
        self, ref: str | None, socket: LiveViewSocket[Any] | None, fields: dict[str, Any] | None = None
    ) -> None:
        """Send what has come of an upload that `socket` allows: the view's own, or a component's."""
        component = self.component(None if socket is None else socket.cid)
        if component is None:
            await self._finish(ref, fields=fields)
        else:
            self.touch([component.cid])
            await self._finish_component(ref, None, component, fields)
