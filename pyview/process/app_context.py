"""The state of an application that all of its views share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.exceptions import HTTPException

from pyview.components.instance import callbacks_of, development_callbacks_of
from pyview.components.registry import ComponentSettings
from pyview.config import SecurityConfig
from pyview.failures.failure import Failure
from pyview.meta import ContextProcessor
from pyview.observability.error_ids import CrashLog
from pyview.observability.rate_limited_warnings import RateLimitedWarnings
from pyview.observability.telemetry import Telemetry
from pyview.presence.presence import Presence
from pyview.process.downloads import PendingDownloads
from pyview.process.file_watch import FileWatch
from pyview.process.kept_states import KeptStates
from pyview.process.mailbox import Handlers
from pyview.process.run_queue import RunQueue
from pyview.process.unfinished import Unfinished
from pyview.pubsub.memory import PubSub
from pyview.recording.recorder import Recorder
from pyview.rendering.templates import ViewTemplates
from pyview.routing.routes import NestedRoutes
from pyview.tokens.page import Tokens
from pyview.workers.workers import Workers


@dataclass(slots=True)
class AppContext:
    """State of one application. Times are in seconds.

    `processes` holds the running views, so that none is freed before its `disconnect` has run. `file_watch` is None
    in production. `development`: the tools for developers are on. `development_client`: what the answer to a join tells
    the page about the script for developers; None if it must not have it. `script` is the name of its file, `boot`
    differs for each start of the application. `failure` is one of the whole application, which its pages show.
    `count_messages` makes a table of handlers that counts and times messages; None without a dashboard.
    `recorder` is None without the inspector.
    """

    pubsub: PubSub
    presence: Presence
    workers: Workers
    templates: ViewTemplates
    signatures: Tokens
    security: SecurityConfig
    liveview_version: str
    client_warnings: RateLimitedWarnings
    crashes: CrashLog
    nested: NestedRoutes
    kept_states: KeptStates
    downloads: PendingDownloads
    context_processors: Sequence[ContextProcessor] = ()
    development: bool = False
    development_client: dict[str, Any] | None = None
    failure: Failure | None = None
    telemetry: Telemetry | None = None
    file_watch: FileWatch | None = None
    recorder: Recorder | None = None
    run_queue: RunQueue = field(default_factory=RunQueue)
    count_messages: Callable[[Handlers], Handlers] | None = None
    handlers: dict[tuple[bool, bool], Handlers] = field(default_factory=dict)
    """Tables of message handlers, by whether they are traced and logged; each is made when it is first needed."""
    processes: set[Any] = field(default_factory=set)
    unfinished: Unfinished = field(init=False)
    disconnect_timeout: float = 5.0

    def __post_init__(self) -> None:
        self.unfinished = Unfinished(self.security)

    def flash_token(self, flash: Mapping[str, Any]) -> str:
        return self.signatures.mint_flash_token(flash)

    def failed_mount(self, error: HTTPException) -> dict[str, Any]:
        """Return the answer to a join whose `mount` raised `error`: the client loads the page to show the status."""
        # As in Phoenix LiveView: after any other failure the client joins again a few times.
        if 400 <= error.status_code < 500:
            token = self.signatures.mint_reload_token(error.status_code)
            return {"reason": "reload", "status": error.status_code, "token": token}
        return {"reason": "join crashed"}

    def component_settings(self) -> ComponentSettings:
        """Return the settings that the live components of every view share."""
        most = self.security.max_components
        callbacks = development_callbacks_of if self.development else callbacks_of
        return ComponentSettings(self.templates, self.context_processors, most, callbacks)
