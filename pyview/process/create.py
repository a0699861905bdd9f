"""Making the process of a view, with the handlers that its application wants."""

from pyview.process.app_context import AppContext
from pyview.process.handlers import HANDLERS
from pyview.process.last_good import noting_good
from pyview.process.observed import logged, logs_messages, traced
from pyview.process.recording import recorded
from pyview.process.view_connection import ViewConnection
from pyview.process.view_process import ViewProcess


def create_process(app: AppContext, connection: ViewConnection) -> ViewProcess:
    """Return a process for a view that is about to join at `connection`.

    It is decided here, once, whether its messages are traced, logged and counted, so that a plain view asks nothing
    later.
    """
    telemetry = app.telemetry if app.telemetry is not None and app.telemetry.configured else None
    kind = telemetry is not None, logs_messages()
    handlers = app.handlers.get(kind)
    if handlers is None:
        handlers = HANDLERS if app.recorder is None else recorded(HANDLERS, app.recorder)
        handlers = noting_good(handlers) if app.development else handlers
        handlers = handlers if telemetry is None else traced(handlers, telemetry)
        handlers = logged(handlers) if kind[1] else handlers
        if app.count_messages is not None:
            handlers = app.count_messages(handlers)
        app.handlers[kind] = handlers
    return ViewProcess(app, connection, handlers, telemetry)
