"""Checks of an application at start-up, and their messages."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from starlette.authentication import AuthenticationBackend
from starlette.datastructures import Secret as StarletteSecret
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp

from pyview.auth import public, requires
from pyview.auth.findings import Severity
from pyview.checks.application import check_app, check_sharing, enforce
from pyview.config import SecurityConfig
from pyview.environment.mode import is_production
from pyview.events import event
from pyview.requirement import Requirement, requirement_of
from pyview.sessions import MemorySessionStore, ServerSessionMiddleware
from pyview.stores.revocations import MemoryRevocations, Revocations
from pyview.stores.revocations_sqlite import SQLiteRevocations
from pyview.tokens.secrets import Secrets

STRONG = "Zm9yIHRlc3RzIG9ubHksIG5vdCBmb3IgYW55IHNpdGU="
OTHER = "YW5vdGhlciBmb3IgdGVzdHMgb25seSwgbm90IGZvciBhbnkgc2l0ZQ=="
HOSTS = SecurityConfig(allowed_hosts=["app.example.org"])


async def page(request: Request) -> PlainTextResponse:
    return PlainTextResponse("page")


class Live(Route):
    """A live route with what the checks read."""

    def __init__(self, path: str, view_class: type[Any]) -> None:
        super().__init__(path, page, methods=["GET"])
        self.view_class = view_class


class App:
    """An app with what the checks read. Correct by default."""

    def __init__(
        self,
        *routes: BaseRoute,
        middleware: Sequence[Middleware] = (),
        secret: str = STRONG,
        security: SecurityConfig = HOSTS,
        default_requires: Requirement | None = None,
    ) -> None:
        self.routes = list(routes)
        self.all_middleware = list(middleware)
        self.secrets = Secrets(secret)
        self.security = security
        self.default_requires = default_requires
        self.debug = False
        self.revocations: Revocations = MemoryRevocations()

    def url_path_for(self, name: str, /, **path_params: Any) -> Any:
        return Router(self.routes).url_path_for(name, **path_params)


AUTHENTICATION = Middleware(AuthenticationMiddleware, backend=AuthenticationBackend())
SESSION = Middleware(SessionMiddleware, secret_key=OTHER, https_only=True)


def findings(app: App, scope: dict[str, Any] | None = None) -> list[tuple[Severity, str]]:
    return [(finding.severity, finding.text) for finding in check_app(app, scope)]


def texts(app: App) -> str:
    return "\n".join(text for _, text in findings(app))


def guarded(**options: Any) -> type[Any]:
    @requires("authenticated", **options)
    class Dashboard: ...

    return Dashboard


def test_a_correct_app_has_no_findings() -> None:
    app = App(
        Route("/login", page),
        Live("/", type("Open", (), {})),
        Live("/dashboard", guarded(redirect="/login")),
        middleware=[SESSION, AUTHENTICATION],
    )
    assert findings(app) == []


class TestAuthentication:
    def test_requires_without_authentication_is_an_error(self) -> None:
        [(severity, text)] = findings(App(Live("/dashboard", guarded()), middleware=[SESSION]))
        assert severity is Severity.ERROR
        assert "Dashboard" in text
        assert "app.add_middleware(AuthenticationMiddleware, backend=YourBackend())" in text

    def test_an_inherited_requirement_counts(self) -> None:
        class Sub(guarded()): ...  # type: ignore[misc]

        assert "Sub" in texts(App(Live("/", Sub)))

    def test_an_app_mounted_in_one_that_authenticates_is_fine(self) -> None:
        app = App(Live("/dashboard", guarded()))
        assert findings(app, {"type": "http"}) != []
        assert findings(app, {"type": "http", "auth": None}) == []

    def test_a_view_that_no_route_shows_does_not_count(self) -> None:
        guarded()
        assert findings(App()) == []


class TestRedirects:
    def check(self, redirect: str, *routes: BaseRoute) -> list[tuple[Severity, str]]:
        return findings(
            App(Live("/dashboard", guarded(redirect=redirect)), *routes, middleware=[AUTHENTICATION])
        )

    @pytest.mark.parametrize("redirect", ["/login", "/login?from=app", "sign_in"])
    def test_paths_and_names_of_routes(self, redirect: str) -> None:
        assert self.check(redirect, Route("/login", page, name="sign_in")) == []

    def test_an_unknown_name(self) -> None:
        [(severity, text)] = self.check("sign_in", Route("/login", page))
        assert severity is Severity.ERROR
        assert "'sign_in'" in text

    def test_a_name_that_needs_parameters(self) -> None:
        [(severity, _)] = self.check("sign_in", Route("/login/{realm}", page, name="sign_in"))
        assert severity is Severity.ERROR

    def test_a_path_without_a_route_is_a_note(self) -> None:
        [(severity, text)] = self.check("/login", Route("/signin", page))
        assert severity is Severity.NOTE
        assert "'/login'" in text

    def test_a_path_for_post_only_is_a_note(self) -> None:
        [(severity, _)] = self.check("/login", Route("/login", page, methods=["POST"]))
        assert severity is Severity.NOTE

    @pytest.mark.parametrize("target", ["/dashboard", "/login"])
    def test_a_protected_login_page(self, target: str) -> None:
        [finding, *more] = self.check(target, Live("/login", guarded()))
        assert finding[0] is Severity.ERROR
        assert "no user could ever sign in" in finding[1]
        assert more == []

    def test_a_login_page_for_others_is_fine(self) -> None:
        class Login: ...

        assert self.check("/login", Live("/login", requires("guest")(Login))) == []

    def test_the_first_route_that_matches_counts(self) -> None:
        routes = Route("/login", page), Live("/login", guarded())
        assert self.check("/login", *routes) == []
        assert self.check("/login", *reversed(routes)) != []


class TestRedirectChains:
    """Redirects are followed for a user who only lacks what is required."""

    def check(self, *routes: BaseRoute, default: Any = None) -> list[tuple[Severity, str]]:
        requirement = None if default is None else requirement_of(default)
        return findings(App(*routes, middleware=[AUTHENTICATION], default_requires=requirement))

    def view(self, *decorators: Any) -> type[Any]:
        class View: ...

        decorated: type[Any] = View
        for decorate in reversed(decorators):
            decorated = decorate(decorated)
        return decorated

    def stuck(self, *routes: BaseRoute, default: Any = None) -> bool:
        found = self.check(*routes, default=default)
        assert all("no user could ever sign in" in text for _, text in found)
        return bool(found)

    def test_a_live_sign_in_page_must_be_public(self) -> None:
        default = requires("authenticated", redirect="/login")
        home = Live("/", self.view())
        assert self.stuck(home, Live("/login", self.view()), default=default)
        assert not self.stuck(home, Live("/login", self.view(public)), default=default)
        assert self.stuck(home, Live("/login", self.view(public, requires("authenticated"))), default=default)
        assert not self.stuck(home, Route("/login", page), default=default)

    def test_the_message_names_public(self) -> None:
        default = requires("authenticated", redirect="/login")
        [(severity, text)] = self.check(Live("/login", self.view()), default=default)
        assert severity is Severity.ERROR
        assert "put @public on it" in text

    def test_a_default_to_an_unknown_route_is_reported_once_for_each_view(self) -> None:
        default = requires("authenticated", redirect="sign_in")
        found = self.check(Live("/a", self.view()), Live("/b", self.view(public)), default=default)
        assert [text.partition(" redirects")[0].rpartition(" ")[2] for _, text in found] == ["/a"]

    def test_several_redirects_to_a_visible_page(self) -> None:
        admin = self.view(requires(["authenticated", "admin"], redirect="/upgrade"))
        upgrade = self.view(requires("authenticated", redirect="/login"))
        assert not self.stuck(Live("/admin", admin), Live("/upgrade", upgrade), Route("/login", page))

    def test_in_a_circle(self) -> None:
        one = self.view(requires("authenticated", redirect="/two"))
        two = self.view(requires("authenticated", redirect="/one"))
        assert self.stuck(Live("/one", one), Live("/two", two))

    @pytest.mark.parametrize(
        ("page_asks", "login_asks", "stuck"),
        [
            ({"any_of": ["a", "b"]}, {"any_of": ["a"]}, True),
            ({"any_of": ["a"]}, {"any_of": ["a", "b"]}, False),
            ({"any_of": ["a", "b"]}, {"scopes": "b"}, True),
            ({"scopes": "a"}, {"any_of": ["a", "b"]}, False),
            ({"scopes": "a", "max_auth_age": 600}, {"scopes": "a"}, False),
            ({"scopes": "a", "max_auth_age": 600}, {"max_auth_age": 60}, True),
            ({"max_auth_age": 600}, {"scopes": "a"}, False),
        ],
    )
    def test_conditions(self, page_asks: dict[str, Any], login_asks: dict[str, Any], stuck: bool) -> None:
        first = Live("/", self.view(requires(**page_asks, redirect="/login")))
        assert self.stuck(first, Live("/login", self.view(requires(**login_asks)))) is stuck

    def test_the_same_rule(self) -> None:
        def rule(identity: Any, view: Any) -> bool:
            return False

        first = Live("/", self.view(requires(rule, redirect="/login")))
        assert self.stuck(first, Live("/login", self.view(requires(rule))))
        assert not self.stuck(first, Live("/login", self.view(requires(lambda identity, view: True))))

    def test_events_and_params_are_checked_too(self) -> None:
        class View:
            @event(requires=requires("admin", redirect="nowhere"))
            async def delete(self) -> None: ...

            @requires("admin", redirect="neither")
            async def handle_params(self) -> None: ...

        found = self.check(Live("/", View))
        assert ["'neither'" in text or "'nowhere'" in text for _, text in found] == [True, True]
        assert [severity for severity, _ in found] == [Severity.ERROR] * 2

    def test_events_and_defaults_need_an_authentication(self) -> None:
        class View:
            @event(requires="admin")
            async def delete(self) -> None: ...

        assert "AuthenticationMiddleware" in texts(App(Live("/", View)))
        default = requirement_of("authenticated")
        assert "AuthenticationMiddleware" in texts(App(Live("/", self.view()), default_requires=default))
        assert findings(App(Live("/", self.view(public)), default_requires=default)) == []

    def test_rules_alone_need_no_authentication(self) -> None:
        view = self.view(requires(lambda identity, view: bool(identity.session)))
        assert findings(App(Live("/", view))) == []


class TestSecrets:
    def test_no_secret(self) -> None:
        [(severity, text)] = findings(App(secret=""))
        assert severity is Severity.WEAK
        assert text.startswith("PYVIEW_SECRET is not set.")
        assert "openssl rand -base64 32" in text

    @pytest.mark.parametrize("value", ["change-me-in-production", "your-secret-key", "...", "short"])
    def test_weak_secrets_of_pyview_and_of_the_session(self, value: str) -> None:
        app = App(secret=value, middleware=[Middleware(SessionMiddleware, secret_key=value, https_only=True)])
        assert [severity for severity, _ in findings(app)] == [Severity.WEAK, Severity.WEAK]
        assert value not in texts(app) or value in ("...", "short")
        assert "anyone can sign in as any user" in texts(app)

    def test_given_by_position_and_by_a_subclass(self) -> None:
        class Own(SessionMiddleware):
            def __init__(self, app: ASGIApp, **options: Any) -> None:
                super().__init__(app, **options)

        own: Any = Own
        for middleware in (
            Middleware(SessionMiddleware, "weak", https_only=True),
            Middleware(own, secret_key="weak", https_only=True),
        ):
            [(severity, _)] = findings(App(middleware=[middleware]))
            assert severity is Severity.WEAK

    def test_a_subclass_with_a_secret_of_its_own(self) -> None:
        class Own(SessionMiddleware):
            def __init__(self, app: ASGIApp) -> None:
                super().__init__(app, secret_key=OTHER, https_only=True)

        assert findings(App(middleware=[Middleware(Own)])) == []


class TestSessionCookies:
    def one(
        self, cls: Any = SessionMiddleware, security: SecurityConfig = HOSTS, **options: Any
    ) -> list[str]:
        """Return the messages that production mode has for one session middleware."""
        if cls is SessionMiddleware:
            options = {"secret_key": OTHER, **options}
        found = findings(App(middleware=[Middleware(cls, https_only=True, **options)], security=security))
        assert all(severity is Severity.DEPLOYMENT for severity, _ in found)
        return [text for _, text in found]

    @pytest.mark.parametrize("value", [STRONG, f" {STRONG}\n", StarletteSecret(STRONG)], ids=str)
    def test_the_same_secret_as_pyview(self, value: Any) -> None:
        [text] = self.one(secret_key=value)
        assert "have the same secret" in text
        assert STRONG not in text

    def test_the_same_secret_as_a_fallback(self) -> None:
        app = App(middleware=[SESSION])
        app.secrets = Secrets(STRONG, [OTHER])
        assert "have the same secret" in texts(app)

    def test_a_cookie_that_never_expires(self) -> None:
        [text] = self.one(max_age=None)
        assert "(max_age=None) creates session cookies that never expire" in text
        assert "400 days" in text
        assert self.one(max_age=3600) == []

    @pytest.mark.parametrize("cls", [SessionMiddleware, ServerSessionMiddleware])
    def test_a_cookie_for_requests_of_every_site(self, cls: Any) -> None:
        options: dict[str, Any] = {} if cls is SessionMiddleware else {"store": MemorySessionStore()}
        [text] = self.one(cls, same_site="none", **options)
        assert f"{cls.__name__}(same_site='none') lets every site" in text
        assert self.one(cls, same_site="strict", **options) == []

    @pytest.mark.parametrize(
        ("needed", "settings"),
        [
            (True, {"allowed_origins": ["https://partner.example"]}),
            (True, {"cross_site_paths": ["/saml"]}),
            (
                True,
                {"content_security_policy": "default-src 'self'; Frame-Ancestors 'self' https://a.example"},
            ),
            (False, {"content_security_policy": "default-src 'self'; frame-ancestors 'self'"}),
            (False, {"content_security_policy": "frame-ancestors 'none'"}),
            (False, {"content_security_policy": "script-src https://a.example"}),
        ],
    )
    def test_such_a_cookie_is_fine_where_another_site_is_named(
        self, needed: bool, settings: dict[str, Any]
    ) -> None:
        security = SecurityConfig(allowed_hosts=["a.example"], **settings)
        assert (self.one(security=security, same_site="none") == []) is needed


class TestDeployment:
    def test_a_cookie_without_tls(self) -> None:
        session = Middleware(SessionMiddleware, secret_key=OTHER)
        [(severity, text)] = findings(App(middleware=[session]))
        assert severity is Severity.DEPLOYMENT
        assert "https_only=True" in text
        knowingly = SecurityConfig(allowed_hosts=["a.example"], allow_insecure_cookies=True)
        assert findings(App(middleware=[session], security=knowingly)) == []

    def test_no_allowed_hosts(self) -> None:
        [(severity, text)] = findings(App(security=SecurityConfig()))
        assert severity is Severity.DEPLOYMENT
        assert "allowed_hosts" in text
        assert findings(App(security=SecurityConfig(allowed_hosts=["*"]))) == []
        trusted = Middleware(TrustedHostMiddleware, allowed_hosts=["a.example"])
        assert findings(App(security=SecurityConfig(), middleware=[trusted])) == []


class TestEnforce:
    def sloppy(self) -> App:
        session = Middleware(SessionMiddleware, secret_key="change-me-in-production")
        return App(secret="", middleware=[session], security=SecurityConfig())

    def test_development_warns_about_secrets_and_starts(self, caplog: pytest.LogCaptureFixture) -> None:
        enforce(check_app(self.sloppy()), production=False)
        assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
        assert "PYVIEW_SECRET" in caplog.records[0].getMessage()
        assert "SessionMiddleware" in caplog.records[1].getMessage()

    def test_production_refuses_and_names_everything(self) -> None:
        with pytest.raises(RuntimeError) as caught:
            enforce(check_app(self.sloppy()), production=True)
        for word in ("PYVIEW_SECRET", "secret_key", "https_only", "allowed_hosts", "openssl rand"):
            assert word in str(caught.value)
        assert "change-me-in-production" not in str(caught.value)

    def test_an_error_stops_development_too(self) -> None:
        with pytest.raises(RuntimeError, match="AuthenticationMiddleware"):
            enforce(check_app(App(Live("/", guarded()))), production=False)

    def test_a_note_stops_nothing(self, caplog: pytest.LogCaptureFixture) -> None:
        app = App(Live("/", guarded(redirect="/elsewhere")), middleware=[AUTHENTICATION])
        enforce(check_app(app), production=True)
        assert "'/elsewhere'" in caplog.text

    def test_a_correct_app_starts_silently(self, caplog: pytest.LogCaptureFixture) -> None:
        enforce(check_app(App(middleware=[SESSION])), production=True)
        assert caplog.records == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [("production", True), (" Production ", True), ("prod", True), ("", False), ("development", False)],
)
def test_production_mode_comes_from_the_environment(value: str, expected: bool) -> None:
    assert is_production({"PYVIEW_ENV": value}) is expected
    assert not is_production({})


class TestWorkers:
    """Several workers without a shared store."""

    @pytest.fixture(autouse=True)
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WEB_CONCURRENCY", "4")

    def test_they_do_not_start_in_production(self) -> None:
        with pytest.raises(
            RuntimeError, match=r"4 workers \(WEB_CONCURRENCY\).*PYVIEW_STATE.*PYVIEW_REDIS_URL"
        ):
            enforce(check_app(App()), production=True)

    def test_in_development_a_warning_names_all_that_is_not_shared(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        enforce(check_app(App()), production=False)
        assert "sign-outs, broadcasts and presence" in caplog.text

    def test_any_shared_store_is_accepted(self, tmp_path: Path) -> None:
        app = App()
        app.revocations = SQLiteRevocations(tmp_path / "state.db")
        assert findings(app) == []
        assert check_sharing(app) == []

    def test_a_check_reports_it_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert check_sharing(App()) == []
        monkeypatch.delenv("WEB_CONCURRENCY")
        assert findings(App()) == []
        (finding,) = check_sharing(App())
        assert finding.severity is Severity.NOTE
        assert finding.text.startswith("With more than one worker it does not start in production mode")


@pytest.mark.parametrize("wrong", [-1, -0.5, float("nan"), "10", None, True])
def test_a_limit_is_a_number_that_is_not_negative(wrong: Any) -> None:
    with pytest.raises(
        ValueError, match=r"SecurityConfig\(drain_delay=.*, max_frame=.*\): expected a number, 0 or more"
    ):
        SecurityConfig(drain_delay=wrong, max_frame=wrong, drain_rate=1)
    assert SecurityConfig(drain_timeout=float("inf"), drain_rate=0).drain_rate == 0
