"""List of users: support staff can see it, only an admin can change it."""

from typing import TypedDict
from uuid import UUID

from examples.auth_db.authentication import Member
from examples.auth_db.services import devices, users
from examples.auth_db.users import TOPIC, NotAccepted, User
from pyview import LiveView, LiveViewSocket
from pyview.auth import requires
from pyview.events import InfoEvent, event


class UserListContext(TypedDict):
    me: User
    users: tuple[User, ...]


@requires(any_of=("admin", "support"))
class UserListLiveView(LiveView[UserListContext]):
    async def mount(self, socket: LiveViewSocket[UserListContext]) -> None:
        await socket.subscribe(TOPIC)

    async def handle_params(self, socket: LiveViewSocket[UserListContext], user: Member) -> None:
        socket.context = {"me": user.account, "users": await users.all()}

    async def handle_info(self, event: InfoEvent, socket: LiveViewSocket[UserListContext]) -> None:
        socket.context["users"] = await users.all()

    @event
    @requires("admin", fresh=True)
    async def suspend(
        self, socket: LiveViewSocket[UserListContext], user: Member, account: UUID, suspended: bool
    ) -> None:
        socket.clear_flash()
        if account == user.account.id:
            socket.put_flash("error", "You cannot suspend yourself.")
            return
        try:
            changed = await users.suspend(account, suspended)
        except NotAccepted as refused:
            socket.put_flash("error", str(refused))
            return
        if suspended:
            await devices.end_all(changed, by=user.connection)
