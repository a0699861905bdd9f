"""Making the process of a view, with the handlers that its application wants."""

from pyview.process.app_context import AppContext
from pyview.process.handlers import HANDLERS
from pyview.process.last_good import noting_good
from pyview.process.observed import logged, logs_messages, traced
from pyview.process.view_connection import ViewConnection
from pyview.process.view_process import ViewProcess


def create_process(app: AppContext, connection: ViewConnection) -> ViewProcess:
    """Return a process for a view that is about to join at `connection`.

    It is decided here, once, whether its messages are traced and logged, so that a plain view asks nothing later.
    """
    telemetry = app.telemetry if app.telemetry is not None and app.telemetry.configured else None
    kind = telemetry is not None, logs_messages()
    handlers = app.handlers.get(kind)
    if handlers is None:
        handlers = noting_good(HANDLERS) if app.development else HANDLERS
        handlers = handlers if telemetry is None else traced(handlers, telemetry)
        handlers = app.handlers[kind] = logged(handlers) if kind[1] else handlers
    return ViewProcess(app, connection, handlers, telemetry)
