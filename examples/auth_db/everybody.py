"""Who has an account: to be seen by the staff, to be changed by an admin alone."""

from typing import TypedDict
from uuid import UUID

from examples.auth_db.people import TOPIC, NotAccepted, Person
from examples.auth_db.services import devices, people
from examples.auth_db.visitors import Member
from pyview import LiveView, LiveViewSocket
from pyview.auth import requires
from pyview.events import InfoEvent, event


class EverybodyContext(TypedDict):
    me: Person
    people: tuple[Person, ...]


@requires(any_of=("admin", "support"))
class EverybodyLiveView(LiveView[EverybodyContext]):
    async def mount(self, socket: LiveViewSocket[EverybodyContext]) -> None:
        await socket.subscribe(TOPIC)

    async def handle_params(self, socket: LiveViewSocket[EverybodyContext], user: Member) -> None:
        socket.context = {"me": user.person, "people": await people.everybody()}

    async def handle_info(self, event: InfoEvent, socket: LiveViewSocket[EverybodyContext]) -> None:
        socket.context["people"] = await people.everybody()

    @event
    @requires("admin", fresh=True)
    async def suspend(
        self, socket: LiveViewSocket[EverybodyContext], user: Member, person: UUID, suspended: bool
    ) -> None:
        socket.clear_flash()
        if person == user.person.id:
            socket.put_flash("error", "Somebody else will have to suspend you.")
            return
        try:
            concerned = await people.suspend(person, suspended)
        except NotAccepted as refused:
            socket.put_flash("error", str(refused))
            return
        if suspended:
            await devices.end_all(concerned, by=user.connection)
