"""The live dashboard: a page that shows what all workers of an application are doing."""

from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Final

from pyview.app import PyView
from pyview.auth.requires import Conditions
from pyview.auth.requires import requires as required
from pyview.background.result import AsyncResult
from pyview.dashboard.messages import MAX_SEARCH, SORTS, WorkerAnswer
from pyview.dashboard.shown import Choice, name_of, shown
from pyview.dashboard.worker import DashboardWorker, NoAnswer
from pyview.events import InfoEvent
from pyview.live_view import LiveView
from pyview.socket.socket import LiveViewSocket
from pyview.template.live_template import LiveTemplate

_TICK: Final = InfoEvent("tick")
_ASK: Final = "ask"
_TEMPLATE: Final = Path(__file__).with_suffix(".html")
_MAX_NAMES: Final = 200

Socket = LiveViewSocket[dict[str, Any]]


class DashboardView(LiveView[dict[str, Any]]):
    """The page of `worker`, rendered every `period` seconds; `live_dashboard` makes a class with requirements of it."""

    worker: ClassVar[DashboardWorker]
    period: ClassVar[float]
    # Not by the name of the file: the template environment of the application may have other rules.
    template = LiveTemplate.from_file(_TEMPLATE)

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.live_title = "Dashboard"
        self._choice = Choice()
        self._others: list[WorkerAnswer | NoAnswer] = []
        self._names: dict[str, str] = {}
        self._asking = False
        socket.schedule_info(_TICK, self.period)
        await self._show(socket)
        self._ask(socket)

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        if not isinstance(payload, dict) or not self._choose(event, payload, socket.context["has_next"]):
            return
        await self._show(socket)
        # What the others have answered is for the choice before.
        self._ask(socket)

    def _choose(self, event: str, payload: dict[str, Any], has_next: bool) -> bool:
        """Take a choice of the user. Return False if there is none."""
        choice, column = self._choice, payload.get("by")
        if event == "filter":
            # Compared with each view at each tick, so the browser must not make it long.
            choice.text, choice.page = str(payload.get("text", ""))[:MAX_SEARCH], 0
        elif event == "sort" and column in SORTS:
            choice.sort_by(column)
        elif event == "next" and has_next:
            choice.page += 1
        elif event == "previous" and choice.page > 0:
            choice.page -= 1
        else:
            return False
        return True

    async def handle_info(self, event: InfoEvent, socket: Socket) -> None:
        if self.worker.has_others and not self._asking:
            self._ask(socket)  # the page is rendered when they have answered
        else:
            await self._show(socket)

    async def handle_async(
        self, name: str, result: AsyncResult[list[WorkerAnswer | NoAnswer]], socket: Socket
    ) -> None:
        self._asking = False
        self._others = result.result or []
        answered = [each.report for each in self._others if isinstance(each, WorkerAnswer)]
        # Of a worker that gives no answer later, only its name is shown.
        names = self._names | {each.id: name_of(each) for each in answered}
        self._names = dict(list(names.items())[-_MAX_NAMES:])
        await self._show(socket)

    def _ask(self, socket: Socket) -> None:
        """Ask the other workers. Their answers come within a second; the page goes on meanwhile."""
        if not self.worker.has_others:
            return
        self._asking = socket.connected
        socket.start_async(_ASK, partial(self.worker.others, self._choice.query))

    async def _show(self, socket: Socket) -> None:
        if not self.worker.has_others:
            self._others = []
        own = await self.worker.own(self._choice.query)
        socket.context = shown(own, self._others, self._names, self._choice)


def live_dashboard(app: PyView, requires: Conditions, *, every: float = 1.0) -> type[LiveView[Any]]:
    """Return a view that shows what the workers of `app` are doing, and renders every `every` seconds.

    It shows the pages of each user, so `requires` is not optional. Its values are those of `@requires`:
    `app.add_live_view("/ops", live_dashboard(app, requires="admin"))`. Call it before the application starts, in each
    worker.
    """

    @required(requires)
    class LiveDashboard(DashboardView):
        worker = DashboardWorker(app.operations)
        period = every

    # Otherwise logs and the page itself show `live_dashboard.<locals>.LiveDashboard`.
    LiveDashboard.__qualname__ = "LiveDashboard"
    return LiveDashboard
