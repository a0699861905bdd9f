"""Messages between the supervisor of `pyview dev` and the processes that serve the application."""

from typing import NamedTuple

from pyview.failures.failure import Failure

# --- from the supervisor ---


class ImportLibraries(NamedTuple):
    """Import what the application will import, before it is needed."""

    names: tuple[str, ...]


class StartApplication(NamedTuple):
    """Import the application and serve it. `target` is "module:attribute"."""

    target: str
    folder: str
    factory: bool


class StopServing(NamedTuple):
    """Accept nothing more, send the pages away and end. `hurry`: at once, because everything stops."""

    hurry: bool


class ShowFailurePage(NamedTuple):
    """Serve a page with the failure of the start, because there is no application that could serve anything."""


class ShowProblem(NamedTuple):
    """Show `failure` on every open page; None takes it away."""

    failure: Failure | None


class StaticFilesChanged(NamedTuple):
    """Files that pages may have loaded were saved. `load`: pages have to be loaded again."""

    paths: tuple[str, ...]
    load: bool


SupervisorOrder = (
    ImportLibraries | StartApplication | StopServing | ShowFailurePage | ShowProblem | StaticFilesChanged
)

# --- to the supervisor ---


class ApplicationReady(NamedTuple):
    """The application serves. `drain_timeout` are the seconds that its end may take.

    `libraries` are modules that it has imported, and that take long to import.
    """

    drain_timeout: float
    libraries: tuple[str, ...]


class StartFailed(NamedTuple):
    """The application cannot be started. `text` is for the terminal, `failure` for pages."""

    text: str
    failure: Failure


class StillStarting(NamedTuple):
    """The start takes long. `place` is the line of the application that is running, "" if it is unknown."""

    seconds: float
    place: str


class StopBegun(NamedTuple):
    """Nothing is accepted any more. `pages` are open, and are being sent away."""

    pages: int


ServingReport = ApplicationReady | StartFailed | StillStarting | StopBegun
