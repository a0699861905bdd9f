"""Ten services and what is measured of them each second. The numbers are made up; the rest is as with real ones."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from pyview.pubsub import PubSub

TOPIC = "operations"
SECONDS = 60
MOST_ALERTS = 20

State = Literal["good", "warning", "danger"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A measured value, with its usual value and its limits. Above `warning` and `danger` it is a matter for people."""

    name: str
    unit: str
    usual: float
    warning: float
    danger: float
    places: int = 0

    def state_of(self, value: float) -> State:
        return "danger" if value >= self.danger else "warning" if value >= self.warning else "good"

    def shown(self, value: float) -> str:
        return f"{value:,.{self.places}f} {self.unit}"


METRICS = (
    Metric("Requests", "/s", usual=400, warning=900, danger=1200),
    Metric("Latency", "ms", usual=45, warning=120, danger=250),
    Metric("Errors", "%", usual=0.3, warning=2, danger=5, places=1),
    Metric("CPU", "%", usual=35, warning=75, danger=90),
    Metric("Memory", "%", usual=55, warning=80, danger=92),
)
SERVICES = ("web", "api", "search", "checkout", "payments", "mail", "images", "reports", "login", "queue")


@dataclass(frozen=True, slots=True)
class Panel:
    """One metric of one service during the last minute, oldest value first."""

    service: str
    metric: Metric
    values: tuple[float, ...]

    @property
    def id(self) -> str:
        return f"{self.service}-{self.metric.name.lower()}"

    @property
    def now(self) -> float:
        return self.values[-1]

    @property
    def state(self) -> State:
        return self.metric.state_of(self.now)

    @property
    def shown(self) -> str:
        return self.metric.shown(self.now)


@dataclass(frozen=True, slots=True)
class Alert:
    """A metric has left its limits, or is back within them."""

    id: int
    at: datetime
    service: str
    text: str
    state: State


class Fleet:
    """The services. `step` measures all of them; the same `seed` gives the same numbers."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed)
        self._failing: dict[str, int] = {}
        self._alerts = 0
        self.alerts: tuple[Alert, ...] = ()
        self.panels = tuple(
            Panel(service, metric, (metric.usual,)) for service in SERVICES for metric in METRICS
        )
        for _ in range(SECONDS):
            self.step()

    def step(self) -> None:
        """Measure all metrics of all services once."""
        self._fail_now_and_then()
        before = self.panels
        self.panels = tuple(self._measured(panel) for panel in before)
        for old, new in zip(before, self.panels, strict=True):
            if old.state != new.state:
                self._alert(new)

    def _fail_now_and_then(self) -> None:
        """Let a service fail for some seconds: about every half minute one begins."""
        self._failing = {service: left - 1 for service, left in self._failing.items() if left > 1}
        if self._random.random() < 0.03:
            self._failing[self._random.choice(SERVICES)] = self._random.randint(6, 15)

    def _measured(self, panel: Panel) -> Panel:
        metric = panel.metric
        goal = metric.usual
        if panel.service in self._failing and metric.name != "Requests":
            goal = metric.danger * 1.1
        # Halfway to the goal, with some noise: a walk that always comes back.
        value = panel.now + 0.3 * (goal - panel.now) + self._random.gauss(0, 0.06 * metric.usual)
        value = round(max(0.0, min(value, 100.0) if metric.unit == "%" else value), 2)
        return replace(panel, values=(*panel.values[-SECONDS + 1 :], value))

    def _alert(self, panel: Panel) -> None:
        self._alerts += 1
        alert = Alert(
            self._alerts, datetime.now(UTC), panel.service, f"{panel.metric.name} {panel.shown}", panel.state
        )
        self.alerts = (alert, *self.alerts)[:MOST_ALERTS]


@asynccontextmanager
async def watched(fleet: Fleet, pubsub: PubSub) -> AsyncIterator[None]:
    """Measure `fleet` each second while this lasts."""

    async def measure() -> None:
        while True:
            await asyncio.sleep(1)
            fleet.step()
            # One message for all pages: each reads the same immutable panels.
            await pubsub.broadcast(TOPIC, "measured")

    task = asyncio.create_task(measure())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
