"""What stops an app at its start, and what it says."""

import logging
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.authentication import AuthenticationBackend
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp

from pyview.auth import requires
from pyview.auth.checks import check_app, enforce, is_production, several_workers
from pyview.auth.findings import Severity
from pyview.config import SecurityConfig
from pyview.requirement import Requirement
from pyview.secret import Secrets

STRONG = "Zm9yIHRlc3RzIG9ubHksIG5vdCBmb3IgYW55IHNpdGU="
HOSTS = SecurityConfig(allowed_hosts=["app.example.org"])


async def page(request: Request) -> PlainTextResponse:
    return PlainTextResponse("page")


class Live(Route):
    """A route that shows a view, as far as the checks care."""

    def __init__(self, path: str, view_class: type[Any]) -> None:
        super().__init__(path, page, methods=["GET"])
        self.view_class = view_class


class App:
    """An app, as far as the checks care. Sound, unless told otherwise."""

    def __init__(
        self,
        *routes: BaseRoute,
        middleware: Sequence[Middleware] = (),
        secret: str = STRONG,
        security: SecurityConfig = HOSTS,
        default_requires: Requirement | None = None,
    ) -> None:
        self.routes = list(routes)
        self.user_middleware = list(middleware)
        self.secrets = Secrets(secret)
        self.security = security
        self.default_requires = default_requires

    def url_path_for(self, name: str, /, **path_params: Any) -> Any:
        return Router(self.routes).url_path_for(name, **path_params)


AUTHENTICATION = Middleware(AuthenticationMiddleware, backend=AuthenticationBackend())
SESSION = Middleware(SessionMiddleware, secret_key=STRONG, https_only=True)


def findings(app: App, scope: dict[str, Any] | None = None) -> list[tuple[Severity, str]]:
    return [(finding.severity, finding.text) for finding in check_app(app, scope)]


def texts(app: App) -> str:
    return "\n".join(text for _, text in findings(app))


def guarded(**options: Any) -> type[Any]:
    @requires("authenticated", **options)
    class Dashboard: ...

    return Dashboard


def test_a_sound_app_has_no_findings() -> None:
    app = App(
        Route("/login", page),
        Live("/", type("Open", (), {})),
        Live("/dashboard", guarded(redirect="/login")),
        middleware=[SESSION, AUTHENTICATION],
    )
    assert findings(app) == []


class TestAuthentication:
    def test_requires_without_authentication_teaches(self) -> None:
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
    def test_paths_and_names_that_lead_somewhere(self, redirect: str) -> None:
        assert self.check(redirect, Route("/login", page, name="sign_in")) == []

    def test_an_unknown_name(self) -> None:
        [(severity, text)] = self.check("sign_in", Route("/login", page))
        assert severity is Severity.ERROR
        assert "'sign_in'" in text

    def test_a_name_that_needs_parameters(self) -> None:
        [(severity, _)] = self.check("sign_in", Route("/login/{realm}", page, name="sign_in"))
        assert severity is Severity.ERROR

    def test_a_path_that_nothing_answers_is_a_note(self) -> None:
        [(severity, text)] = self.check("/login", Route("/signin", page))
        assert severity is Severity.NOTE
        assert "'/login'" in text

    def test_a_path_that_only_answers_post_is_a_note(self) -> None:
        [(severity, _)] = self.check("/login", Route("/login", page, methods=["POST"]))
        assert severity is Severity.NOTE

    @pytest.mark.parametrize("target", ["/dashboard", "/login"])
    def test_a_protected_login_page(self, target: str) -> None:
        [finding, *more] = self.check(target, Live("/login", guarded()))
        assert finding[0] is Severity.ERROR
        assert "nobody could ever sign in" in finding[1]
        assert more == []

    def test_a_login_page_for_others_is_fine(self) -> None:
        class Login: ...

        assert self.check("/login", Live("/login", requires("guest")(Login))) == []

    def test_the_first_route_that_matches_counts(self) -> None:
        routes = Route("/login", page), Live("/login", guarded())
        assert self.check("/login", *routes) == []
        assert self.check("/login", *reversed(routes)) != []


class TestSecrets:
    def test_none_at_all(self) -> None:
        [(severity, text)] = findings(App(secret=""))
        assert severity is Severity.WEAK
        assert text.startswith("PYVIEW_SECRET is not set.")
        assert "openssl rand -base64 32" in text

    @pytest.mark.parametrize("value", ["change-me-in-production", "your-secret-key", "...", "short"])
    def test_a_weak_one_of_ours_and_of_the_session(self, value: str) -> None:
        app = App(secret=value, middleware=[Middleware(SessionMiddleware, secret_key=value, https_only=True)])
        assert [severity for severity, _ in findings(app)] == [Severity.WEAK, Severity.WEAK]
        assert value not in texts(app) or value in ("...", "short")
        assert "anybody can sign in as anybody" in texts(app)

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

    def test_a_subclass_that_brings_its_own_secret_is_not_judged(self) -> None:
        class Own(SessionMiddleware):
            def __init__(self, app: ASGIApp) -> None:
                super().__init__(app, secret_key=STRONG, https_only=True)

        assert findings(App(middleware=[Middleware(Own)])) == []


class TestDeployment:
    def test_a_cookie_without_tls(self) -> None:
        session = Middleware(SessionMiddleware, secret_key=STRONG)
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

    def test_a_sound_app_starts_silently(self, caplog: pytest.LogCaptureFixture) -> None:
        enforce(check_app(App(middleware=[SESSION])), production=True)
        assert caplog.records == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [("production", True), (" Production ", True), ("prod", True), ("", False), ("development", False)],
)
def test_production_mode_comes_from_the_environment(value: str, expected: bool) -> None:
    assert is_production({"PYVIEW_ENV": value}) is expected
    assert not is_production({})


@pytest.mark.parametrize(
    ("environ", "argv", "expected"),
    [
        ({}, ["uvicorn", "app:app"], False),
        ({}, ["uvicorn", "app:app", "--workers", "4"], True),
        ({}, ["granian", "--workers=2", "app:app"], True),
        ({}, ["hypercorn", "-w", "3", "app:app"], True),
        ({}, ["uvicorn", "--workers", "1"], False),
        ({}, ["uvicorn", "--workers"], False),
        ({}, [], False),
        ({"WEB_CONCURRENCY": "2"}, ["uvicorn"], True),
        ({"WEB_CONCURRENCY": "one"}, ["uvicorn"], False),
    ],
)
def test_several_workers(environ: dict[str, str], argv: list[str], expected: bool) -> None:
    assert several_workers(environ, argv) is expected
