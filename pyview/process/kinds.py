"""Which kind a view is, decided once when it joins, so that a plain one asks nothing."""

from typing import Final

from pyview.process.logged import LoggedViewProcess, logs_messages
from pyview.process.outlet import Outlet
from pyview.process.reloading import ReloadingViewProcess
from pyview.process.site import Site
from pyview.process.traced import TracedViewProcess
from pyview.process.view_process import ViewProcess


class LoggedTracedViewProcess(LoggedViewProcess, TracedViewProcess):
    """Logged and traced."""

    __slots__ = ()


class ReloadingLoggedViewProcess(ReloadingViewProcess, LoggedViewProcess):
    """In development, and logged."""

    __slots__ = ()


class ReloadingTracedViewProcess(ReloadingViewProcess, TracedViewProcess):
    """In development, and traced."""

    __slots__ = ()


class ReloadingLoggedTracedViewProcess(ReloadingViewProcess, LoggedTracedViewProcess):
    """All of it."""

    __slots__ = ()


# By whether it is in development, and whether it is logged.
_PLAIN: Final[dict[tuple[bool, bool], type[ViewProcess]]] = {
    (False, False): ViewProcess,
    (False, True): LoggedViewProcess,
    (True, False): ReloadingViewProcess,
    (True, True): ReloadingLoggedViewProcess,
}
_TRACED: Final[dict[tuple[bool, bool], type[TracedViewProcess]]] = {
    (False, False): TracedViewProcess,
    (False, True): LoggedTracedViewProcess,
    (True, False): ReloadingTracedViewProcess,
    (True, True): ReloadingLoggedTracedViewProcess,
}


def view_process(site: Site, outlet: Outlet) -> ViewProcess:
    """A process for a view of `site`."""
    kind = site.file_watch is not None, logs_messages()
    telemetry = site.telemetry
    if telemetry is None or not telemetry.configured:
        return _PLAIN[kind](site, outlet)
    return _TRACED[kind](site, outlet, telemetry)
