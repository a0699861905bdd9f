"""What an application owns and all of its views share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.exceptions import HTTPException

from pyview.components.component import LiveComponent
from pyview.components.registry import ComponentSettings
from pyview.config import SecurityConfig
from pyview.live_view import LiveView
from pyview.meta import ContextProcessor
from pyview.observability.error_ids import CrashLog
from pyview.observability.rate_limited_warnings import RateLimitedWarnings
from pyview.observability.telemetry import Telemetry
from pyview.presence.presence import Presence
from pyview.process.file_watch import FileWatch
from pyview.process.mailbox import Handlers, RunQueue
from pyview.process.unfinished import Unfinished
from pyview.pubsub.memory import PubSub
from pyview.rendering.templates import ViewFiles
from pyview.routing.routes import NestedRoutes
from pyview.template.environment import LiveEnvironment
from pyview.template.live_template import LiveTemplate
from pyview.template.tree.change import ChangeRule
from pyview.tokens.nested import NestedToken
from pyview.tokens.page import UploadToken


class TemplateCache(Protocol):
    """The templates of view and component classes (None for one that renders by hand), and the files beside views."""

    files: ViewFiles

    @property
    def change_rule(self) -> ChangeRule: ...
    @property
    def environment(self) -> LiveEnvironment: ...
    def for_component(self, component: type[LiveComponent[Any]]) -> LiveTemplate | None: ...
    def for_view(self, view_class: type[LiveView[Any]]) -> LiveTemplate | None: ...
    def layout_for(self, view_class: type[LiveView[Any]], of_group: Any) -> LiveTemplate | None: ...


class Signatures(Protocol):
    """Signs what travels through the browser and comes back."""

    def mint_flash_token(self, flash: Mapping[str, Any]) -> str: ...
    def mint_reload_token(self, status: int) -> str: ...
    def mint_nested_token(self, token: NestedToken, binding: str) -> str: ...
    def mint_upload_token(self, token: UploadToken, binding: str) -> str: ...
    def read_upload_token(self, token: object, binding: str) -> UploadToken: ...


@dataclass(slots=True)
class AppContext:
    """Times are seconds. `processes` holds the running views, so that nothing ends before its `disconnect`.
    `file_watch` is there in development only."""

    pubsub: PubSub
    presence: Presence
    templates: TemplateCache
    signatures: Signatures
    security: SecurityConfig
    liveview_version: str
    complaints: RateLimitedWarnings
    crashes: CrashLog
    nested: NestedRoutes
    context_processors: Sequence[ContextProcessor] = ()
    telemetry: Telemetry | None = None
    file_watch: FileWatch | None = None
    run_queue: RunQueue = field(default_factory=RunQueue)
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
        """The join's answer to an HTTP error in `mount`: the client loads the page again to show the status."""
        if 400 <= error.status_code < 500:
            token = self.signatures.mint_reload_token(error.status_code)
            return {"reason": "reload", "status": error.status_code, "token": token}
        return {"reason": "join crashed"}

    def component_settings(self) -> ComponentSettings:
        """What the live components of every view share."""
        return ComponentSettings(self.templates, self.context_processors, self.security.max_components)
