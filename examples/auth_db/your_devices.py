"""Where you are signed in; whatever is ended here ends there within a second."""

from typing import TypedDict
from urllib.parse import ParseResult, urljoin

from examples.auth_db.devices import SignedIn, topic_of
from examples.auth_db.people import Person
from examples.auth_db.services import devices
from examples.auth_db.visitors import Member
from pyview import LiveView, LiveViewSocket
from pyview.events import InfoEvent, event


class DevicesContext(TypedDict):
    """``here`` is the device that this page is on, ``home`` where to go when it is signed out."""

    me: Person
    here: str
    home: str
    devices: tuple[SignedIn, ...]


class YourDevicesLiveView(LiveView[DevicesContext]):
    async def mount(self, socket: LiveViewSocket[DevicesContext], user: Member) -> None:
        await socket.subscribe(topic_of(user.person))

    async def handle_params(
        self, socket: LiveViewSocket[DevicesContext], url: ParseResult, user: Member
    ) -> None:
        socket.context = {
            "me": user.person,
            "here": user.device_id,
            "home": urljoin(url.path, "."),
            "devices": await devices.of(user.person),
        }

    async def handle_info(self, event: InfoEvent, socket: LiveViewSocket[DevicesContext]) -> None:
        socket.context["devices"] = await devices.of(socket.context["me"])

    @event
    async def end(self, socket: LiveViewSocket[DevicesContext], user: Member, device: str) -> None:
        await devices.end(user.person, device)
        if device == user.device_id:
            await socket.redirect(socket.context["home"])

    @event
    async def end_all(self, socket: LiveViewSocket[DevicesContext], user: Member) -> None:
        await devices.end_all(user.person, by=user.connection)
        await socket.redirect(socket.context["home"])
