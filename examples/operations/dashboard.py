"""An operations dashboard: fifty charts that move each second, alerts, and a filter in the URL."""

from typing import Any, TypedDict

from examples.operations.fleet import METRICS, SERVICES, TOPIC, Alert, Fleet, Panel
from pyview import LiveView, LiveViewSocket
from pyview.events import event, info


class DashboardContext(TypedDict):
    """``shown`` is the service or the metric that is chosen, "" for all. ``paused`` pages do not move."""

    shown: str
    paused: bool
    panels: list[Panel]
    alerts: tuple[Alert, ...]
    figures: dict[str, str]
    services: dict[str, str]


Socket = LiveViewSocket[DashboardContext]


class DashboardLiveView(LiveView[DashboardContext], keep=("paused",)):
    fleet = Fleet()

    async def mount(self, socket: Socket, session: Any) -> None:
        await socket.subscribe(TOPIC)
        socket.context = {
            "shown": "",
            "paused": False,
            "panels": [],
            "alerts": (),
            "figures": {},
            "services": {},
        }

    async def handle_params(self, socket: Socket, shown: str = "") -> None:
        known = shown in SERVICES or shown in [metric.name for metric in METRICS]
        socket.context["shown"] = shown if known else ""
        self._refresh(socket)

    @info(TOPIC)
    async def measured(self, socket: Socket) -> None:
        if not socket.context["paused"]:
            self._refresh(socket)

    @event
    async def pause(self, socket: Socket) -> None:
        socket.context["paused"] = not socket.context["paused"]
        if not socket.context["paused"]:
            self._refresh(socket)

    def _refresh(self, socket: Socket) -> None:
        fleet, shown = self.fleet, socket.context["shown"]
        socket.context["panels"] = [
            panel for panel in fleet.panels if shown in ("", panel.service, panel.metric.name)
        ]
        socket.context["alerts"] = fleet.alerts
        socket.context["figures"] = figures_of(fleet)
        socket.context["services"] = {service: state_of(fleet, service) for service in SERVICES}


def figures_of(fleet: Fleet) -> dict[str, str]:
    """Return the figures of all services together."""
    values = {metric.name: [p.now for p in fleet.panels if p.metric is metric] for metric in METRICS}
    good = sum(state_of(fleet, service) == "good" for service in SERVICES)
    return {
        "Services in order": f"{good} of {len(SERVICES)}",
        "Requests": f"{sum(values['Requests']):,.0f} /s",
        "Slowest service": f"{max(values['Latency']):,.0f} ms",
        "Errors": f"{sum(values['Errors']) / len(SERVICES):.1f} %",
    }


def state_of(fleet: Fleet, service: str) -> str:
    """Return the worst state of a service."""
    states = {panel.state for panel in fleet.panels if panel.service == service}
    return next(state for state in ("danger", "warning", "good") if state in states)
