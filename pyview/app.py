"""PyView: a Starlette application that serves live views."""

import asyncio
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from types import ModuleType
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import Request
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from pyview.auth.audit import Audit, record_session_event
from pyview.auth.host_app import HostApplication
from pyview.auth.middleware_order import order_middleware
from pyview.auth.replay import AppScope, AuthProbe, IdentityPipeline
from pyview.background.periodic import PeriodicChecks
from pyview.checks.application import check_app, enforce
from pyview.checks.server import missing_options
from pyview.checks.templates import check_sent_names, unusable_templates
from pyview.config import SecurityConfig
from pyview.environment.mode import is_development, is_production, with_production
from pyview.environment.workers import configured_workers
from pyview.failures.editors import editor_pattern
from pyview.failures.failure import Failure
from pyview.failures.terminal import terminal_text, title_and_place
from pyview.inspector.route import INSPECTOR_SESSION, inspector_route
from pyview.keeping.plan import check_kept
from pyview.live_group import LiveGroup
from pyview.live_render import Embedded
from pyview.live_view import LiveView
from pyview.meta import ContextProcessor
from pyview.middleware.errors import (
    ErrorPageFunction,
    ErrorPages,
    default_error_page,
    error_template,
)
from pyview.middleware.failure_pages import VERSION_PATH
from pyview.middleware.headers import SecurityHeaders
from pyview.middleware.log_redaction import install_redaction
from pyview.middleware.outermost import Outermost
from pyview.middleware.request_checks import RequestChecks
from pyview.observability.descriptors import DescriptorWatch
from pyview.observability.error_ids import CrashLog, LogText, new_error_id, skip_logged_failures
from pyview.observability.loop_watch import LoopWatch
from pyview.observability.rate_limited_warnings import RateLimitedWarnings
from pyview.observability.refused_handshakes import skip_refused_handshakes
from pyview.observability.telemetry import Telemetry, telemetry_if_installed
from pyview.operations import SAMPLE_PERIOD, Operations
from pyview.presence.presence import Presence
from pyview.process.app_context import AppContext
from pyview.process.file_watch import FileWatch
from pyview.process.kept_states import KeptStates
from pyview.process.run_queue import RunQueue
from pyview.pubsub.memory import PubSub
from pyview.recording.recorder import Recorder
from pyview.removed_names import REPLACEMENTS, missing_attribute
from pyview.rendering.templates import ViewTemplates
from pyview.requirement import CarriesRequirement, Conditions, requirement_of
from pyview.routing.application_name import application_name, check_app_id
from pyview.routing.live_session import DEFAULT, LiveSession, make_live_session
from pyview.routing.own_route import OwnRoute
from pyview.routing.routes import LiveRoute, NestedRoutes, RedirectSlashes
from pyview.sessions.standing import SessionCheck
from pyview.sessions.tracking import SessionTracker
from pyview.shared_services import SharedServices
from pyview.stores.from_environment import (
    spool_places,
)
from pyview.stores.health import HEALTH
from pyview.stores.once import OnceStore
from pyview.stores.revocations import Revocations
from pyview.stores.revocations_shared import SharedRevocations
from pyview.stores.spool import SPOOLS, Spools
from pyview.stores.states import StateStore
from pyview.template.component import Component
from pyview.template.container import ContainerElement
from pyview.template.nested import Nested
from pyview.template.root_template import RootTemplate, defaultRootTemplate
from pyview.tokens.page import Tokens
from pyview.tokens.secrets import Secrets
from pyview.transport.assets import ClientAssets, ViewAssets
from pyview.transport.connections import OpenConnections
from pyview.transport.direct_pages import DirectPages
from pyview.transport.downloads import DownloadEndpoint, pending_downloads
from pyview.transport.drain import Drain
from pyview.transport.endpoint import SOCKET_PATH, SocketEndpoint
from pyview.transport.first_views import FirstViews
from pyview.transport.handover import Handover
from pyview.transport.http import LivePage
from pyview.transport.identity_monitor import IdentityMonitor
from pyview.transport.join import JoinAuthorizer
from pyview.transport.long_poll import LongPoll
from pyview.transport.plot_scripts import PlotScripts
from pyview.transport.probes import Probes
from pyview.transport.reconnect import DetachedViews
from pyview.transport.session_changes import SessionEndpoint
from pyview.transport.stop_signals import StopSignals
from pyview.uploads.temporary import TEMPORARY_FILES, sweep

logger = logging.getLogger("pyview")

_WORKER_CHECKS_PERIOD = 2.0  # seconds
_REFRESH_PERIOD = 20.0  # seconds between two looks at the age of kept states
_PRUNE_PERIOD = 30.0  # seconds between two looks for recorded views that have left
_SWEEP_PERIOD = 600.0  # a killed worker leaves files that wait for their page


class PyView(Starlette):
    """A Starlette application with live views: see `add_live_view` and `live_session`.

    Keyword arguments in addition to Starlette's:

    - `security`: limits, allowed hosts and origins.
    - `secret`: the key of all tokens; otherwise `PYVIEW_SECRET`.
    - `app_id`: a name that no other application with the same secret has.
    - `production`: otherwise `PYVIEW_ENV=production`.
    - `development`: otherwise `PYVIEW_ENV=development`, which `pyview dev` sets. It implies `debug`.
    - `inspector`: in development, a button on each page that opens the inspector; False takes it off.
    - `pubsub`, `revocations`, `once_store`, `state_store`: otherwise what `PYVIEW_REDIS_URL` or `PYVIEW_STATE` name,
      else this process only.
    - `templates`: a Jinja2 environment or loader for templates that views name.
    - `components`: function components, or modules of them, that every template may call.
    - `context_processors`: functions of a `PyViewMeta` that add names to every view's template.
    - `default_requires`: requirements of every view that is not `@public`, as for `@requires`.
    - `error_page`: a function of an `ErrorPage`, or the name of a template that has it as `error`: the page that users
      get when a page cannot be shown. `exception_handlers` come before it.
    - `telemetry`: a `Telemetry` with providers of its own; False disables it even if OpenTelemetry is installed.

    `rootTemplate` is the HTML document around every view. Assign `defaultRootTemplate(...)` or a function of your own.
    """

    rootTemplate: RootTemplate

    def __init__(
        self,
        *args: Any,
        security: SecurityConfig | None = None,
        secret: str | None = None,
        app_id: str | None = None,
        production: bool | None = None,
        development: bool | None = None,
        inspector: bool = True,
        pubsub: PubSub | None = None,
        revocations: Revocations | None = None,
        once_store: OnceStore | None = None,
        state_store: StateStore | None = None,
        templates: Any = None,
        components: Iterable[Component[Any] | ModuleType] = (),
        default_requires: Conditions | CarriesRequirement | None = None,
        context_processors: Sequence[ContextProcessor] = (),
        error_page: str | ErrorPageFunction | None = None,
        telemetry: bool | Telemetry = True,
        **kwargs: Any,
    ) -> None:
        if "instrumentation" in kwargs:
            raise TypeError(f"PyView(instrumentation=...): {REPLACEMENTS['PyView.instrumentation']}")
        kwargs["lifespan"] = self._lifespan(kwargs.get("lifespan"))
        super().__init__(*args, **kwargs)
        check_app_id(app_id)
        # Settings
        self.default_requires = None if default_requires is None else requirement_of(default_requires)
        self.production = is_production(os.environ) if production is None else production
        self.development = _is_in_development(development, self.production)
        self.debug = self.debug or self.development
        limits = security or SecurityConfig()
        self.security = limits.for_development() if self.development else limits
        environ = with_production(os.environ, self.production)
        self.secrets = Secrets.from_environment(environ, secret=secret)
        self.rootTemplate = defaultRootTemplate()
        self.context_processors = tuple(context_processors)
        self._app_id = app_id
        self._name = ""
        self._telemetry = telemetry_if_installed() if telemetry is True else telemetry or None
        # Logs and checks of this worker
        self._audit = Audit()
        self._client_warnings = RateLimitedWarnings(logger)
        self._crashes = CrashLog(logger, self._log_text)
        self._periodic = PeriodicChecks()
        # State that workers share
        self._run_queue = RunQueue()
        self._shared = SharedServices(
            environ,
            self.security,
            self._named_secrets,
            self._run_queue,
            self._client_warnings,
            pubsub=pubsub,
            revocations=revocations,
            once_store=once_store,
            state_store=state_store,
        )
        self.pubsub: PubSub = self._shared.pubsub
        self.presence: Presence = self._shared.presence
        self.revocations: Revocations = self._shared.revocations
        self.once_store: OnceStore = self._shared.once_store
        self.state_store: StateStore = self._shared.state_store
        # Rendering
        self._assets = ClientAssets(debug=lambda: self._shows_failures)
        self._templates = ViewTemplates(templates, auto_reload=not self.production, components=components)
        if isinstance(error_page, str):
            error_page = error_template(self._templates.environment, error_page)
        self._errors = ErrorPages(
            error_page or default_error_page, self._crashes, debug=lambda: self._shows_failures
        )
        # Identity
        self._session_check = SessionCheck(self.revocations, self.security.identity_grace)
        self._host: HostApplication | None = None
        self._auth_probe: AuthProbe | None = None
        self._pipeline = IdentityPipeline([])
        # Lifecycle
        self._app_context: AppContext | None = None
        self._operations: Operations | None = None
        self._checked = False
        self._started = False
        self._opening: asyncio.Future[None] | None = None
        self._drain: Drain | None = None
        self._recorder = (
            Recorder(lambda: self._templates.change_rule) if self.development and inspector else None
        )
        self._set_up_transport()
        if self._recorder is not None:
            # Behind the routes of PyView itself, and before those of the application, such as a mount at `/`.
            self.router.routes.insert(1, inspector_route(self._live_page, self._recorder, self._tokens))

    def _set_up_transport(self) -> None:
        """Make what serves pages and connections, and put PyView's own routes before those of the application."""
        self._tokens = Tokens(self._named_secrets, self.security)
        self._nested = NestedRoutes(lambda: self.routes)
        self._first_views = FirstViews(self.security)
        self._live_page = LivePage(
            lambda: self.app_context, self._tokens, self._assets, lambda: self.rootTemplate, self._first_views
        )
        self._groups = {DEFAULT.name: self._group(DEFAULT)}
        self._probes = Probes(self._unready)
        self._open_connections = OpenConnections(self.security, self._periodic, self._shared.socket_counts)
        self._identity_monitor = IdentityMonitor(
            self.revocations, self.security.auth_interval, self._periodic
        )
        self._detached_views = DetachedViews(self.security, self._identity_monitor)
        endpoint = SocketEndpoint(
            lambda: self.app_context,
            lambda: self._pipeline,
            JoinAuthorizer(self._tokens, lambda: self.routes, self._nested, self.security),
            self._open_connections,
            self._identity_monitor,
            self._detached_views,
            self._first_views,
        )
        self._handover = Handover(
            self._shared.workers,
            self._detached_views,
            lambda: self.app_context.kept_states,
            development=self.development,
        )
        self._pending_downloads = pending_downloads(self.security, self._tokens, self._shared.workers)
        self._downloads = DownloadEndpoint(
            self._pending_downloads, self._tokens, self._shared.workers, self._nested, self._crashes
        )
        self._long_poll = LongPoll(endpoint.serve_polls, self.security, self._tokens, self._shared.workers)
        # First, so that no route of the application, such as a mount at `/`, can hide them.
        self.router.routes[:0] = [
            WebSocketRoute(SOCKET_PATH, endpoint),
            self._long_poll.route(),
            OwnRoute(VERSION_PATH, self._errors.failure_pages.show_version, name="pyview_failure_version"),
            ViewAssets(self._templates.files).route(),
            PlotScripts().route(),
            self._assets.route(),
            self._downloads.route(),
            *SessionEndpoint(self._tokens, self.once_store, self.security).routes(),
        ]
        # Starlette's own redirect of slashes repeats the Host header; see RedirectSlashes.
        self.router.redirect_slashes = False
        self.router.default = RedirectSlashes(lambda: self.routes, self.router.default)

    if not TYPE_CHECKING:  # type checkers would accept every attribute otherwise

        def __getattr__(self, name: str) -> Any:
            raise missing_attribute(self, name)

    @property
    def app_context(self) -> AppContext:
        """State that the views of this application share. It is made at the first use, when all settings are final."""
        if self._app_context is None:
            file_watch = None
            if not self.production and self._templates.environment.auto_reload:
                file_watch = FileWatch(self._periodic)
            self._app_context = AppContext(
                pubsub=self.pubsub,
                presence=self.presence,
                workers=self._shared.workers,
                templates=self._templates,
                development=self.development,
                development_client=self._development_client() if self._shows_failures else None,
                signatures=self._tokens,
                security=self.security,
                liveview_version=self._assets.liveview_version,
                client_warnings=self._client_warnings,
                crashes=self._crashes,
                nested=self._nested,
                kept_states=KeptStates(
                    lambda: self._tokens.kept,
                    self.state_store,
                    self.once_store,
                    self.revocations,
                    self.security,
                    self._client_warnings,
                    self._crashes,
                    self._handover,
                    self._templates.text_of,
                    development=self.development,
                ),
                downloads=self._pending_downloads,
                context_processors=self.context_processors,
                telemetry=self._telemetry,
                file_watch=file_watch,
                recorder=self._recorder,
                run_queue=self._run_queue,
                count_messages=self._operations.meter.wrap if self._operations else None,
            )
        return self._app_context

    @staticmethod
    def _check_editor() -> None:
        try:
            editor_pattern(os.environ)
        except ValueError as error:
            logger.warning("%s. Links of failures go to the default editor", error)

    def _log_text(self, error: BaseException, where: str, what: str, error_id: str) -> LogText | None:
        """Return the log of a failure for a developer's terminal; None for the ordinary one."""
        if not self._shows_failures:
            return None
        failure = Failure.from_error(error, what=what, view=where, error_id=error_id)
        return LogText(title_and_place(failure), terminal_text(failure))

    @property
    def _shows_failures(self) -> bool:
        return self.debug and not self.production

    def _development_client(self) -> dict[str, Any]:
        return {"script": self._assets.development_script, "boot": new_error_id()}

    @property
    def operations(self) -> Operations:
        """State and measurements of this worker, for a tool such as the dashboard.

        Messages are counted from the first use on, for pages that join after it: use it before the application starts.
        """
        if self._operations is None:
            self._operations = Operations(
                lambda: self.app_context,
                self._open_connections,
                self._long_poll,
                self._first_views,
                self._crashes,
                self._shared,
            )
        return self._operations

    # Views

    def add_live_view(
        self,
        path: str,
        view: type[LiveView[Any]],
        name: str | None = None,
        *,
        action: str | None = None,
        container: ContainerElement | None = None,
    ) -> None:
        """Serve `view` at `path`, a Starlette path such as `/users/{user_id:int}`.

        A class may have several paths; a page goes from one to another by patches. `action` distinguishes them, as
        `socket.live_action`. `container` is the element of the page, by default that of the class: a tag, or a tag and
        its attributes. Routes are tried in the order in which they were added, over HTTP and over the socket alike.
        Raises `SignatureError` for a callback whose parameters cannot be filled.
        """
        self._groups[DEFAULT.name].add_live_view(path, view, name, action=action, container=container)

    def live_session(
        self,
        name: str,
        *,
        on_mount: Sequence[Callable[..., Any]] = (),
        requires: Conditions | CarriesRequirement | None = None,
        root_template: RootTemplate | None = None,
        layout: Any = None,
        session: Mapping[str, Any] | None = None,
        container: ContainerElement | None = None,
    ) -> LiveGroup:
        """Return a new group of views. Add views to it with its `add_live_view`.

        Users navigate between the views of a group over one socket. Navigation into the group, or out of it, loads the
        page. `requires` is checked in addition to what each view requires, and is written as for `@requires`.
        `on_mount` hooks run before those of each view. `session` is added to the session that the views see.
        `root_template` is the document around them. `layout` is the live template around views that name none
        themselves: a file, a name for the loader, or a `LiveTemplate`. `container` is the element of views whose class
        names none: a tag, or a tag and its attributes.

        Raises `ValueError` for a name that is taken.
        """
        if name in self._groups and name != DEFAULT.name:
            raise ValueError(
                f"live_session({name!r}): there is one already; add views to the object it returned."
            )
        group = self._group(
            make_live_session(name, on_mount, requires, root_template, layout, session, container)
        )
        self._groups[name] = group
        return group

    def _group(self, live_session: LiveSession) -> LiveGroup:
        return LiveGroup(live_session, self._live_page, lambda: self.routes)

    async def embed(self, request: Request, child: Nested) -> Embedded:
        """Render a live view for a page of one of this application's own routes; see `live_render`."""
        return await self._live_page.embed(request, child)

    @property
    def view_templates(self) -> ViewTemplates:
        """Templates of the views, for tools that read them."""
        return self._templates

    @property
    def adds_names(self) -> bool:
        """True if context processors may add names to templates."""
        return bool(self.context_processors)

    @property
    def live_routes(self) -> list[LiveRoute]:
        """The routes of the application's own views."""
        routes = (route for route in self.routes if isinstance(route, LiveRoute))
        return [route for route in routes if route.live_session is not INSPECTOR_SESSION]

    # Middleware and identity

    def build_middleware_stack(self) -> ASGIApp:
        handlers = self.exception_handlers
        handlers.setdefault(HTTPException, self._errors.http_error)
        # An application that handles failures itself gets Starlette's own middleware for them.
        handles_failures = bool({500, Exception} & handlers.keys())
        # PyView's own middleware is outside of the application's: it sees every request and every response.
        first = Middleware(
            Outermost,
            checks=RequestChecks(self.security, self._audit, lambda: self._assets.names),
            headers=SecurityHeaders(self.security.content_security_policy),
            pages=None if handles_failures else self._errors,
        )
        ordered = self.user_middleware
        if self._host is None:
            ordered = order_middleware(self.user_middleware, self._session_tracker)
        self._pipeline = IdentityPipeline(self._identity_middlewares(ordered))
        last = Middleware(DirectPages, router=self.router)
        self.user_middleware = [first, *ordered, last]
        stack = super().build_middleware_stack()
        if isinstance(stack, ServerErrorMiddleware) and not handles_failures:
            # Around ours, Starlette's own middleware for failures would only pass all messages on.
            return stack.app
        return stack

    def authenticate_with(self, application: Starlette) -> None:
        """Let users sign in at `application`, the host application that this PyView is mounted in.

        Its session and authentication are re-checked while a page is open, and a sign-out in one of its routes ends
        open pages. Call it after the host application's middlewares are added. Raises `RuntimeError` if it has no
        session and no authentication middleware, or has served a request already.
        """
        self._host = HostApplication(application, self._session_tracker)

    def identify_with(self, application: Starlette) -> None:
        """Alias of `authenticate_with`."""
        self.authenticate_with(application)

    def _session_tracker(self, cookie_lifetime: float) -> Middleware:
        return Middleware(
            SessionTracker,
            revocations=self.revocations,
            find_user=self._find_user,
            report=record_session_event,
            max_age=cookie_lifetime,
            check=self._session_check,
        )

    async def _find_user(self, scope: Scope, session: Mapping[str, Any]) -> str:
        if self._auth_probe is None:
            self._auth_probe = AuthProbe(self._identity_middlewares(self.user_middleware))
        return await self._auth_probe(scope, session)

    def _identity_middlewares(self, own: Sequence[Middleware]) -> list[Middleware]:
        """Return the middlewares that identify the user: those of the host application, then this application's own."""
        if self._host is None:
            return [*own]
        return [*self._host.identity_middlewares, Middleware(AppScope, application=self), *own]

    @property
    def all_middleware(self) -> list[Middleware]:
        """Every known middleware that a request passes, those of the host application included."""
        host = self._host
        return [*(host.middlewares if host else ()), *self.user_middleware]

    # Start and stop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            scope[HEALTH] = self._shared.health
            scope[SPOOLS] = self._spools()
        elif (answer := self._probes.answer(scope)) is not None:
            # Before the start, which takes the name of the application from the first request.
            await answer(scope, receive, send)
            return
        elif not self._started:
            await self._start(scope)
        await super().__call__(scope, receive, send)

    async def _start(self, scope: Scope) -> None:
        """Finish the start with the facts that only the first request has."""
        self._name = application_name(self, self._app_id, os.environ, scope)
        if not self._checked:
            # Mounted in another application, which does not run our lifespan.
            self._check(scope)
            self._opening = asyncio.ensure_future(self._shared.open())
        if self._opening is not None:
            await self._wait_until_open(self._opening)
        self._started = True

    async def _wait_until_open(self, opening: asyncio.Future[None]) -> None:
        try:
            # All requests that come meanwhile wait for the same opening, also if the first one is cancelled.
            await asyncio.shield(opening)
        except Exception:
            # The next request tries again.
            self._checked, self._opening = False, None
            raise

    @property
    def open_pages(self) -> int:
        """Number of open connections of browsers, by WebSocket or by long poll."""
        return len(self._open_connections.monitor)

    def hurry_stop(self) -> None:
        """Let the stop of the server, now or later, close all pages at once, as a second signal does."""
        if self._drain is not None:
            self._drain.hurry()

    def _unready(self) -> str | None:
        """Return why this worker should get no page now, as one word; None if it should."""
        if self._drain is not None and self._drain.begun:
            return "draining"
        # Once the stores have been opened, an outage of theirs does not count: all workers would drop out at once.
        return "starting" if self._shared.opening else None

    def _spools(self) -> Spools:
        return Spools(application_name(self, self._app_id, os.environ), spool_places(os.environ))

    def _named_secrets(self) -> Secrets:
        # The first request names the application. Code that makes a token before that request names it here.
        name = self._name or application_name(self, self._app_id, os.environ)
        return self.secrets.for_application(name)

    def _lifespan(self, inner: Any) -> Callable[[Any], Any]:
        @asynccontextmanager
        async def lifespan(app: Any) -> AsyncIterator[Any]:
            self._check()
            if isinstance(self.revocations, SharedRevocations):
                await self.revocations.keep_in(self._spools().of("revocations"))
            await self._shared.open()
            worker_checks = DescriptorWatch().check, self._crashes.flush_due, self._client_warnings.flush_due
            samples = (self._operations.history.sample,) if self._operations else ()
            try:
                await asyncio.to_thread(sweep)
                # The pages end before the application's own lifespan closes what their `disconnect` needs.
                async with inner(app) if inner else nullcontext() as state, self._drained():
                    refresh = self.app_context.kept_states.refresh, TEMPORARY_FILES.delete_expired
                    with (
                        self._periodic.running(worker_checks, _WORKER_CHECKS_PERIOD),
                        self._periodic.running(refresh, _REFRESH_PERIOD),
                        self._periodic.running((_sweep_in_thread,), _SWEEP_PERIOD),
                        self._periodic.running(samples, SAMPLE_PERIOD),
                        self._periodic.running(self._recorder_checks, _PRUNE_PERIOD),
                        LoopWatch().running(),
                    ):
                        yield state
                    self._first_views.clear()
                    self._pending_downloads.clear()
                    await self._downloads.calls.close()
            finally:
                await self._shared.stop_opening()
                await self.app_context.kept_states.flush()
                self._crashes.flush()
                self._client_warnings.flush()
                await self._shared.close()

        return lifespan

    @property
    def _recorder_checks(self) -> Sequence[Callable[[], object]]:
        return () if self._recorder is None else (self._recorder.prune,)

    @asynccontextmanager
    async def _drained(self) -> AsyncIterator[None]:
        """Context that is left when all pages have ended. Their end begins when the server is asked to stop."""
        drain = Drain(
            self._open_connections,
            self._detached_views,
            lambda: self.app_context,
            self._long_poll.forwarding_stopped,
            lambda: self._long_poll.unfetched,
        )
        self._drain = drain
        try:
            async with drain.at_end():
                with StopSignals(drain, self._periodic).watched():
                    yield
        finally:
            self._drain = None

    def _check(self, scope: Scope | None = None) -> None:
        """Raise `RuntimeError` or `SignatureError` for an application that would not do what its code says."""
        host = self._host
        findings = host.check(self.user_middleware) if host else ()
        # In production templates are compiled before the first request. In development one may not be written yet.
        templates = unusable_templates(self.live_routes, self._templates) if self.production else ()
        enforce([*check_app(self, scope), *findings, *templates], self.production)
        for route in self.live_routes:
            check_sent_names(route.view_class, self._templates)
            check_kept(route.view_class)
        if self.production:
            for route in self.live_routes:
                self._templates.load(route.view_class, route.live_session.layout)
        several = configured_workers(os.environ, sys.argv).workers > 1
        if several and self.secrets.generated and not self.secrets.shared:
            logger.error("several workers, but no PYVIEW_SECRET: each refuses the others' pages")
        missing = missing_options(sys.argv, os.environ, self.security) if self.production else None
        if missing is not None:
            logger.warning("%s", missing)
        # A missing client fails the start, and not the first page.
        self._assets.load()
        if self._shows_failures:
            self._check_editor()
        install_redaction()
        skip_logged_failures()
        skip_refused_handshakes()
        self._checked = True


def _is_in_development(wished: bool | None, production: bool) -> bool:
    if wished and production:
        raise ValueError(
            "PyView(development=True): the application is in production mode; choose one of the two"
        )
    return not production and (is_development(os.environ) if wished is None else wished)


def _sweep_in_thread() -> None:
    asyncio.get_running_loop().run_in_executor(None, sweep)
