"""The audit trail: who has done what. Only for users with the role "audit"."""

from typing import Any

from sqlalchemy import select

from examples.back_office.data import Entry, new_session
from examples.back_office.office import OfficeLiveView, Socket
from pyview.auth import requires
from pyview.tables import column, data_table


@requires("audit")
class AuditLiveView(OfficeLiveView):
    section = "Audit trail"

    async def mount(self, socket: Socket, session: Any) -> None:
        entries = await data_table(
            socket,
            "entries",
            select(Entry),
            bind=new_session,
            caption="Audit trail",
            columns=[column("at", "Time (UTC)"), "user", "action", "subject", column("id", shown=False)],
            sort="-id",
            exports=["csv"],
        )
        socket.context = self.frame(socket, entries=entries)
