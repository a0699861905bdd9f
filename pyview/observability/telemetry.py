"""OpenTelemetry spans and metrics, if its API is installed (extra `telemetry`).

One message of a view is one trace: a join, an event, a changed URL, a broadcast. It has spans for `mount`,
`handle_params` and each render. No span has the input of a user or the values of an exception.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

trace: ModuleType | None
metrics: ModuleType | None
try:
    from opentelemetry import metrics, trace
    from opentelemetry.context import Context
except ImportError:
    trace = metrics = None

Attributes = Mapping[str, str | int | bool]

_SCOPE = "pyview"
_ASK_AGAIN = 1.0  # seconds


# Compared by name, because `_ProxyMeterProvider` is private.
_UNCONFIGURED = frozenset(
    {"ProxyTracerProvider", "NoOpTracerProvider", "_ProxyMeterProvider", "NoOpMeterProvider"}
)


class Telemetry:
    """The instruments of one application. They report to the given providers, by default to those of the process.

    Raises `ImportError` if OpenTelemetry is not installed.
    """

    def __init__(self, tracer_provider: Any = None, meter_provider: Any = None) -> None:
        # The import above must not fail without the extra: this module is always loaded.
        if trace is None or metrics is None:
            raise ImportError("Telemetry needs OpenTelemetry: pip install pyview-live[telemetry]")
        self._status = trace.Status
        self._error = trace.StatusCode.ERROR
        self._configured = tracer_provider is not None or meter_provider is not None
        self._asked_until = 0.0
        self._get_providers = (trace.get_tracer_provider, metrics.get_meter_provider)
        self._tracer = trace.get_tracer(_SCOPE, tracer_provider=tracer_provider)
        meter = metrics.get_meter(_SCOPE, meter_provider=meter_provider)
        self._messages = meter.create_histogram(
            "pyview.message.duration", "s", "Duration of one message of a view, with its render"
        )
        self._renders = meter.create_histogram("pyview.render.duration", "s", "Duration of a render")
        self._pages = meter.create_histogram("pyview.page.duration", "s", "Duration of a first render")
        self._views = meter.create_up_down_counter("pyview.views", "{view}", "Joined views")

    @property
    def configured(self) -> bool:
        """True if the measurements are reported. The API alone, without a configured SDK, drops them."""
        if not self._configured and time.monotonic() >= self._asked_until:
            # The API looks at the environment at each question, and every page and every join asks: 2 % of a small
            # page. A provider that is set while the application runs counts a second later.
            self._asked_until = time.monotonic() + _ASK_AGAIN
            self._configured = any(
                type(get_provider()).__name__ not in _UNCONFIGURED for get_provider in self._get_providers
            )
        return self._configured

    @contextmanager
    def message(self, kind: str, view: str, **attributes: str) -> Iterator[None]:
        """Measure one message of a view; it starts a trace of its own, also inside the trace of its sender."""
        # An empty context: the spans of all receivers of a broadcast would otherwise be children of its sender.
        labels: Attributes = {"pyview.view": view}
        with self._span(kind, {**labels, **attributes}, Context()), self._timed(self._messages, kind, labels):
            yield

    @contextmanager
    def page(self, view: str) -> Iterator[None]:
        """Measure the first render of a page, over HTTP."""
        labels: Attributes = {"pyview.view": view}
        with self._span("page", labels), self._timed(self._pages, "page", labels):
            yield

    @contextmanager
    def render(self, view: str) -> Iterator[None]:
        labels: Attributes = {"pyview.view": view}
        with self._span("render", labels), self._timed(self._renders, "render", labels):
            yield

    @contextmanager
    def callback(self, name: str, view: str) -> Iterator[None]:
        """Trace a callback of the view, such as `mount`."""
        with self._span(name, {"pyview.view": view}):
            yield

    def joined(self, view: str) -> None:
        self._views.add(1, {"pyview.view": view})

    def ended(self, view: str) -> None:
        self._views.add(-1, {"pyview.view": view})

    @contextmanager
    def _span(self, name: str, attributes: Attributes, context: Any = None) -> Iterator[None]:
        # The text of an exception may contain input of a user, so the span has its type only.
        quiet = {"record_exception": False, "set_status_on_exception": False}
        with self._tracer.start_as_current_span(
            f"pyview.{name}", context, attributes=attributes, **quiet
        ) as span:
            try:
                yield
            except BaseException as error:
                span.set_attribute("error.type", type(error).__qualname__)
                span.set_status(self._status(self._error))
                raise

    @contextmanager
    def _timed(self, instrument: Any, kind: str, attributes: Attributes) -> Iterator[None]:
        started, failed = time.perf_counter(), True
        try:
            yield
            failed = False
        finally:
            labels = {**attributes, "pyview.kind": kind, "pyview.failed": failed}
            instrument.record(time.perf_counter() - started, labels)


def telemetry_if_installed() -> Telemetry | None:
    """Return the instruments, None without OpenTelemetry: then no code path measures anything."""
    return None if trace is None or metrics is None else Telemetry()
