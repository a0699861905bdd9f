"""List of the user's devices. A device that is ended here is signed out within a second."""

from typing import TypedDict
from urllib.parse import ParseResult, urljoin

from examples.auth_db.authentication import Member
from examples.auth_db.devices import SignedIn, topic_of
from examples.auth_db.services import devices
from examples.auth_db.users import User
from pyview import LiveView, LiveViewSocket
from pyview.events import InfoEvent, event


class DevicesContext(TypedDict):
    """``here`` is the id of this device, ``home`` the path to go to after a sign-out."""

    me: User
    here: str
    home: str
    devices: tuple[SignedIn, ...]


class YourDevicesLiveView(LiveView[DevicesContext]):
    async def mount(self, socket: LiveViewSocket[DevicesContext], user: Member) -> None:
        await socket.subscribe(topic_of(user.account))

    async def handle_params(
        self, socket: LiveViewSocket[DevicesContext], url: ParseResult, user: Member
    ) -> None:
        socket.context = {
            "me": user.account,
            "here": user.device_id,
            "home": urljoin(url.path, "."),
            "devices": await devices.of(user.account),
        }

    async def handle_info(self, event: InfoEvent, socket: LiveViewSocket[DevicesContext]) -> None:
        socket.context["devices"] = await devices.of(socket.context["me"])

    @event
    async def end(self, socket: LiveViewSocket[DevicesContext], user: Member, device: str) -> None:
        await devices.end(user.account, device)
        if device == user.device_id:
            await socket.redirect(socket.context["home"])

    @event
    async def end_all(self, socket: LiveViewSocket[DevicesContext], user: Member) -> None:
        await devices.end_all(user.account, by=user.connection)
        await socket.redirect(socket.context["home"])
