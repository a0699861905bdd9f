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
from starlette.requests import Request
from starlette.routing import WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from pyview.auth.audit import Audit, record_session_event
from pyview.auth.host_app import HostApplication
from pyview.auth.middleware_order import order_middleware
from pyview.auth.replay import AppScope, AuthProbe, IdentityPipeline
from pyview.background.periodic import Periodic
from pyview.checks.authentication import check_app, enforce, is_production
from pyview.checks.server import asked_for, missing_options
from pyview.checks.templates import check_sent_names, unusable_templates
from pyview.config import SecurityConfig
from pyview.live_group import LiveGroup
from pyview.live_render import Embedded
from pyview.live_view import LiveView
from pyview.meta import ContextProcessor
from pyview.middleware.csrf import CrossSiteForms
from pyview.middleware.errors import (
    ErrorPageFunction,
    ErrorPages,
    Failures,
    default_error_page,
    error_template,
)
from pyview.middleware.headers import SecurityHeaders
from pyview.middleware.host import HostCheckMiddleware
from pyview.middleware.log_redaction import install_redaction
from pyview.middleware.slashes import SlashRedirects
from pyview.observability.descriptors import DescriptorWatch
from pyview.observability.error_ids import CrashLog, skip_logged_failures
from pyview.observability.loop_watch import LoopWatch
from pyview.observability.rate_limited_warnings import RateLimitedWarnings
from pyview.observability.telemetry import Telemetry, telemetry_if_installed
from pyview.presence.presence import Presence
from pyview.process.app_context import AppContext
from pyview.process.file_watch import FileWatch
from pyview.pubsub.from_environment import pubsub_from_environment
from pyview.pubsub.memory import MemoryPubSub, PubSub
from pyview.removed_names import REPLACEMENTS, missing_attribute
from pyview.rendering.templates import ViewTemplates
from pyview.requirement import CarriesRequirement, Conditions, requirement_of
from pyview.routing.application_name import application_name, check_app_id
from pyview.routing.live_session import DEFAULT, LiveSession, make_live_session
from pyview.routing.routes import LiveRoute, NestedRoutes
from pyview.sessions.tracking import SessionTracker
from pyview.stores.from_environment import once_store_from_environment, revocations_from_environment
from pyview.stores.health import HEALTH, HealthRegistry, StoreUnavailable
from pyview.stores.once import OnceStore
from pyview.stores.retry import Retry
from pyview.stores.revocations import Revocations
from pyview.template.component import Component
from pyview.template.container import ContainerElement
from pyview.template.nested import Nested
from pyview.template.root_template import RootTemplate, defaultRootTemplate
from pyview.tokens.page import Tokens
from pyview.tokens.secrets import Secrets
from pyview.transport.assets import ClientAssets, ViewAssets
from pyview.transport.connections import OpenSockets
from pyview.transport.http import LivePage
from pyview.transport.join import JoinAuthorizer
from pyview.transport.long_poll import LongPoll
from pyview.transport.reconnect import DetachedViews
from pyview.transport.revalidation import IdentityMonitor
from pyview.transport.session_changes import SessionEndpoint
from pyview.transport.websocket import WebSocketConnection
from pyview.uploads.temporary import sweep

logger = logging.getLogger("pyview")

SOCKET_PATH = "/live/websocket"


class PyView(Starlette):
    """A Starlette application; `add_live_view` is what is new, and `live_session` for groups of views.

    Keyword arguments beyond Starlette's: `security` (limits, hosts, origins), `secret` (otherwise `PYVIEW_SECRET`),
    `app_id` (a name that no other application with the same secret has), `production` (otherwise
    `PYVIEW_ENV=production`), `pubsub` (otherwise
    `PYVIEW_REDIS_URL`, else this process only), `revocations` (otherwise
    what `PYVIEW_REDIS_URL` or `PYVIEW_STATE` name, else this process only), `templates` (a Jinja2 environment or loader
    for templates named on views), `components` (function components, or modules of them, that every template may call),
    `context_processors` (functions of a `PyViewMeta` that add names to every view's template),
    `default_requires` (what every view requires that is not `@public`, said as to
    `@requires`), `error_page` (a function of an `ErrorPage`, or the name of a template that has it as `error`: what
    readers see when a page cannot be shown; `exception_handlers` come before it), `telemetry` (a `Telemetry` with
    providers of its own; False: none, although OpenTelemetry is installed).

    `rootTemplate` is the HTML document around every view; assign `defaultRootTemplate(...)` or a function of your own.
    """

    rootTemplate: RootTemplate

    def __init__(
        self,
        *args: Any,
        security: SecurityConfig | None = None,
        secret: str | None = None,
        app_id: str | None = None,
        production: bool | None = None,
        pubsub: PubSub | None = None,
        revocations: Revocations | None = None,
        once_store: OnceStore | None = None,
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
        self.security = security or SecurityConfig()
        self.default_requires = None if default_requires is None else requirement_of(default_requires)
        check_app_id(app_id)
        self.secrets = Secrets.from_environment(secret=secret)
        self.production = is_production(os.environ) if production is None else production
        health = self._health = HealthRegistry()
        self.pubsub: PubSub = pubsub or pubsub_from_environment(os.environ, health)
        self.presence = Presence(self.pubsub)
        self.rootTemplate = defaultRootTemplate()
        self.context_processors = tuple(context_processors)
        self._client_warnings = RateLimitedWarnings(logger)
        self._crashes = CrashLog(logger)
        self._audit = Audit()
        self._assets = ClientAssets()
        self._app_id = app_id
        self._name = ""
        self._begun = False
        self._tokens = Tokens(self._named_secrets, self.security)
        self._site: AppContext | None = None
        self._templates = ViewTemplates(templates, auto_reload=not self.production, components=components)
        self._errors = ErrorPages(self._error_page(error_page), self._crashes, debug=lambda: self.debug)
        self._telemetry = telemetry_if_installed() if telemetry is True else telemetry or None
        self._checked = False
        self.revocations: Revocations = revocations or revocations_from_environment(os.environ, health)
        self.once_store: OnceStore = once_store or once_store_from_environment(os.environ, health)
        self._opening = Retry(self._open_stores)
        self._host: HostApplication | None = None
        self._auth_probe: AuthProbe | None = None
        self._pipeline = IdentityPipeline([])
        self._identity_monitor = IdentityMonitor(self.revocations, self.security.auth_interval)
        self._detached_views = DetachedViews(self.security, self._identity_monitor)
        self._open_sockets = OpenSockets(self.security)
        looks = DescriptorWatch().look, self._crashes.flush_due, self._client_warnings.flush_due
        self._periodic = Periodic(looks)
        self._page = LivePage(lambda: self.app_context, self._tokens, self._assets, lambda: self.rootTemplate)
        self._groups = {DEFAULT.name: self._group(DEFAULT)}
        self._nested = NestedRoutes(lambda: self.routes)
        admission = JoinAuthorizer(self._tokens, lambda: self.routes, self._nested, self.security)
        self._socket = _Socket(self, admission)
        sessions = SessionEndpoint(self._tokens, self.once_store, self.security).routes()
        assets = [ViewAssets(self._templates.files).route(), self._assets.route()]
        self._long_poll = LongPoll(self._socket.serve_polls, self.security)
        socket = [WebSocketRoute(SOCKET_PATH, self._socket), self._long_poll.route()]
        self.router.routes[:0] = [*socket, *assets, *sessions]
        self.router.redirect_slashes = False
        self.router.default = SlashRedirects(lambda: self.routes, self.router.default)

    if not TYPE_CHECKING:  # type checkers would take every attribute for one of an application

        def __getattr__(self, name: str) -> Any:
            raise missing_attribute(self, name)

    @property
    def app_context(self) -> AppContext:
        """What the views of this application share."""
        if self._site is None:
            self._site = AppContext(
                pubsub=self.pubsub,
                presence=self.presence,
                templates=self._templates,
                signatures=self._tokens,
                security=self.security,
                liveview_version=self._assets.liveview_version,
                client_warnings=self._client_warnings,
                crashes=self._crashes,
                nested=self._nested,
                context_processors=self.context_processors,
                telemetry=self._telemetry,
                file_watch=self._file_watch(),
            )
        return self._site

    def _file_watch(self) -> FileWatch | None:
        """For developers, whose files change under open pages."""
        if self.production or not self._templates.environment.auto_reload:
            return None
        return FileWatch(tells=lambda: self.debug)

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

        A class may have several paths; pages go from one to the other by patches. `action` tells them apart, as
        `socket.live_action`. `container` is the element of the page, by default what the class says: a tag, or a tag
        and its attributes. Routes are tried in the order in which they were added, on HTTP and on the socket alike.
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
        """A group of views, to be added with `add_live_view` of the result.

        Who is in a group goes from view to view over one socket; any way in or out of it loads the page. `requires`
        is asked besides what each view requires, said as to `@requires`. `on_mount` hooks run before those of each
        view. `session` is added to the session that the views see. `root_template` is the document around them,
        `layout` the live template around those that name none themselves: a file, a name for the loader, or a
        `LiveTemplate`. `container` is the element of those whose class says none: a tag, or a tag and its attributes.

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
        return LiveGroup(live_session, self._page, lambda: self.routes)

    async def embed(self, request: Request, child: Nested) -> Embedded:
        """A live view for a page that one of this application's own routes makes; see `live_render`."""
        return await self._page.embed(request, child)

    @property
    def view_templates(self) -> ViewTemplates:
        """The templates of its views, for tools that read them."""
        return self._templates

    @property
    def adds_names(self) -> bool:
        """Whether templates know names that neither their view nor its context says."""
        return bool(self.context_processors)

    @property
    def live_routes(self) -> list[LiveRoute]:
        return [route for route in self.routes if isinstance(route, LiveRoute)]

    def _error_page(self, page: str | ErrorPageFunction | None) -> ErrorPageFunction:
        if isinstance(page, str):
            return error_template(self._templates.environment, page)
        return page or default_error_page

    def build_middleware_stack(self) -> ASGIApp:
        handlers = self.exception_handlers
        handlers.setdefault(HTTPException, self._errors.http_error)
        own = [] if {500, Exception} & handlers.keys() else [Middleware(Failures, pages=self._errors)]
        gate = Middleware(
            HostCheckMiddleware, config=self.security, audit=self._audit, bundle=lambda: self._assets.names
        )
        first = [
            Middleware(SecurityHeaders, policy=self.security.content_security_policy),
            *own,
            gate,
            Middleware(CrossSiteForms, config=self.security),
        ]
        # A host application has the tracker among its own middlewares.
        own_session = self._host is None
        ordered = (
            order_middleware(self.user_middleware, self._session_tracker)
            if own_session
            else self.user_middleware
        )
        self._pipeline = IdentityPipeline(self._identity_middlewares(ordered))
        self.user_middleware = [*first, *ordered]
        return super().build_middleware_stack()

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
        )

    async def _find_user(self, scope: Scope, session: Mapping[str, Any]) -> str:
        if self._auth_probe is None:
            self._auth_probe = AuthProbe(self._identity_middlewares(self.user_middleware))
        return await self._auth_probe(scope, session)

    def _identity_middlewares(self, own: Sequence[Middleware]) -> list[Middleware]:
        """Return the middlewares that find the user: those of the host application, then `own`."""
        if self._host is None:
            return [*own]
        return [*self._host.identity_middlewares, Middleware(AppScope, application=self), *own]

    @property
    def all_middleware(self) -> list[Middleware]:
        """All middlewares that a request passes, those of a known host application included, outermost first."""
        return [*(self._host.middlewares if self._host else ()), *self.user_middleware]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            scope[HEALTH] = self._health
        elif not self._begun:
            await self._begin(scope)
        await super().__call__(scope, receive, send)

    async def _begin(self, scope: Scope) -> None:
        """Settle what only the first request can tell."""
        self._name = application_name(self, self._app_id, os.environ, scope)
        if not self._checked:
            self._check(scope)  # mounted in another application, which runs no lifespan of ours
            await self._open()
        self._begun = True

    def _named_secrets(self) -> Secrets:
        # The first request has named the application; code that makes a token before it does so here.
        name = self._name or application_name(self, self._app_id, os.environ)
        return self.secrets.for_application(name)

    def _lifespan(self, inner: Any) -> Callable[[Any], Any]:
        @asynccontextmanager
        async def lifespan(app: Any) -> AsyncIterator[Any]:
            self._check()
            await self._open()
            try:
                await asyncio.to_thread(sweep)
                async with inner(app) if inner else nullcontext() as state:
                    with self._periodic.running(), LoopWatch().running():
                        yield state
                    # Before the application lets go of what its views need to say goodbye.
                    with self.app_context.unfinished.hurried(), self._detached_views.closed():
                        await self._open_sockets.drain(lambda: self.app_context.processes)
            finally:
                await self._opening.close()
                self._crashes.flush()
                self._client_warnings.flush()
                await self.presence.close()
                await self.pubsub.close()
                await self.revocations.close()
                await self.once_store.close()

        return lifespan

    async def _open(self) -> None:
        """Reach the other workers and the stores; a store that is away is opened as soon as it answers."""
        await self.pubsub.start()
        if not isinstance(self.pubsub, MemoryPubSub):
            await self.presence.start()
        try:
            await self._open_stores()
        except StoreUnavailable as error:
            logger.info("%s; nobody is signed in until it can be reached", error)
            self._opening.begin()

    async def _open_stores(self) -> None:
        await self.revocations.start()
        await self.once_store.start()

    def _check(self, scope: Scope | None = None) -> None:
        """Raises `RuntimeError` or `SignatureError` for an application that would not do what its code says."""
        outside = self._host.check(self.user_middleware) if self._host else ()
        # Compiled before the first visitor comes. In development a template may be on its way.
        templates = unusable_templates(self.live_routes, self._templates) if self.production else ()
        enforce([*check_app(self, scope), *outside, *templates], self.production)
        for route in self.live_routes:
            check_sent_names(route.view_class, self._templates)
        if self.secrets.generated and asked_for(os.environ, sys.argv).workers > 1:
            logger.error("several workers, but no PYVIEW_SECRET: each refuses the others' pages")
        missing = missing_options(sys.argv, os.environ, self.security) if self.production else None
        if missing is not None:
            logger.warning("%s", missing)
        self._assets.load()
        install_redaction()
        skip_logged_failures()
        self._checked = True


class _Socket:
    """The endpoint that every live page of the application connects to."""

    def __init__(self, app: PyView, admission: JoinAuthorizer) -> None:
        self._app = app
        self._admission = admission
        self._warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        def connect() -> WebSocketConnection:
            return self._connect(scope, receive, send)

        await self._app._open_sockets.serve(connect, scope, receive, send)

    async def serve_polls(
        self, scope: Scope, receive: Receive, send: Send, serves: Callable[[WebSocketConnection], None]
    ) -> None:
        """Serve one that comes as long polls; `serves` is told the connection."""

        def connect() -> WebSocketConnection:
            connection = self._connect(scope, receive, send)
            serves(connection)
            return connection

        await self._app._open_sockets.serve(connect, scope, receive, send)

    def _connect(self, scope: Scope, receive: Receive, send: Send) -> WebSocketConnection:
        app = self._app
        if "session" in scope and not (app._pipeline.loads_session or self._warned):
            self._warned = True
            logger.warning(
                "the session comes from the host application and cannot be re-checked: open pages keep the user they "
                "connected as, even after sign-out. Call authenticate_with(host_app)"
            )
        rooms = app._identity_monitor, app._detached_views
        return WebSocketConnection(
            app.app_context, self._admission, app._pipeline, *rooms, scope, receive, send
        )
