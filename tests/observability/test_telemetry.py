"""Spans and metrics if OpenTelemetry is configured, and none otherwise."""

import subprocess
import sys
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pyview import LiveView, LiveViewSocket, PyView, is_connected
from pyview.events import InfoEvent
from pyview.observability.telemetry import Telemetry
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, ViewCrashed

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
Socket = LiveViewSocket[dict[str, Any]]


class Counter(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<p>{{ n }}</p>", "counter.html")

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"n": 0}
        if is_connected(socket):
            await socket.subscribe("count")

    async def handle_params(self, url: Any, params: Any, socket: Socket) -> None: ...

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        if event == "fail":
            raise ValueError("what the user typed: secret")
        socket.context["n"] += 1

    async def handle_info(self, event: InfoEvent, socket: Socket) -> None:
        socket.context["n"] += 10


class Traced:
    """An application that reports its telemetry to memory."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        tracers = TracerProvider()
        tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.reader = InMemoryMetricReader()
        meters = MeterProvider(metric_readers=[self.reader])
        self.app = PyView(secret=SECRET, telemetry=Telemetry(tracers, meters))
        self.app.add_live_view("/", Counter)

    def spans(self) -> list[ReadableSpan]:
        finished = [*self.exporter.get_finished_spans()]
        self.exporter.clear()
        return finished

    def metric(self, name: str) -> dict[tuple[tuple[str, Any], ...], Any]:
        """Return the data points of one instrument by their attributes."""
        data: Any = self.reader.get_metrics_data()
        points: dict[tuple[tuple[str, Any], ...], Any] = {}
        for metric in data.resource_metrics[0].scope_metrics[0].metrics:
            if metric.name == name:
                points |= {
                    tuple(sorted(point.attributes.items())): point for point in metric.data.data_points
                }
        return points


def names(spans: list[ReadableSpan]) -> list[str]:
    return [span.name for span in spans]


async def test_a_message_is_a_trace() -> None:
    watched = Traced()
    async with LiveClient(watched.app) as client:
        page = await client.open("/?a=1")
        assert names(watched.spans()) == [
            "pyview.page",
            "pyview.mount",
            "pyview.handle_params",
            "pyview.render",
            "pyview.join",
        ]
        await page.push("inc", {"typed": "secret"})
        render, event = watched.spans()
        assert (render.name, event.name) == ("pyview.render", "pyview.event")
        assert event.attributes == {"pyview.view": "Counter", "pyview.event": "inc"}
        assert event.parent is None
        assert render.parent
        assert event.context
        assert render.parent.span_id == event.context.span_id
        await watched.app.pubsub.broadcast("count", None)
        await page.settle()
        assert names(watched.spans()) == ["pyview.render", "pyview.info"]
        await page.patch("/?a=2")
        assert names(watched.spans()) == ["pyview.handle_params", "pyview.render", "pyview.patch"]
        await page.drop()
        await page.reconnect()
        assert names(watched.spans()) == ["pyview.render", "pyview.return", "pyview.join"]
    assert page.find("p").text == "11"


async def test_a_span_of_a_failure_has_its_type_and_no_values() -> None:
    watched = Traced()
    async with LiveClient(watched.app) as client:
        page = await client.open("/")
        watched.spans()
        with pytest.raises(ViewCrashed):
            await page.push("fail", {})
        event = watched.spans()[0]
        assert event.attributes
        assert event.attributes["error.type"] == "ValueError"
        assert not event.status.is_ok
        assert "secret" not in event.to_json()


async def test_metrics() -> None:
    watched = Traced()
    about = (("pyview.failed", False), ("pyview.kind", "event"), ("pyview.view", "Counter"))
    async with LiveClient(watched.app) as client:
        page = await client.open("/")
        for _ in range(3):
            await page.push("inc", {})
        assert watched.metric("pyview.message.duration")[about].count == 3
        assert watched.metric("pyview.views")[(("pyview.view", "Counter"),)].value == 1
        assert sum(point.count for point in watched.metric("pyview.render.duration").values()) == 4
        assert sum(point.count for point in watched.metric("pyview.page.duration").values()) == 1
    assert watched.metric("pyview.views")[(("pyview.view", "Counter"),)].value == 0


@pytest.mark.parametrize("telemetry", [True, False])
async def test_nothing_is_measured_without_an_exporter(telemetry: bool) -> None:
    app = PyView(secret=SECRET, telemetry=telemetry)
    app.add_live_view("/", Counter)
    async with LiveClient(app) as client:
        await client.open("/")
        assert not any(process.telemetry for process in app.app_context.processes)


def test_without_opentelemetry_everything_works() -> None:
    code = """
import sys
sys.modules["opentelemetry"] = None
from pyview import PyView
from pyview.observability.telemetry import Telemetry, telemetry_if_installed
assert telemetry_if_installed() is None
assert PyView(secret="x" * 40).app_context.telemetry is None
try:
    Telemetry()
except ImportError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pyview-live[telemetry]" in done.stdout
