"""Unsafe configurations that do not start in production, and their error messages."""

import logging
from typing import Any

import pytest
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.types import Message

from pyview import PyView, SecurityConfig
from pyview.auth import requires
from pyview.testing import LiveClient
from tests.asgi import http_scope
from tests.attack.target import SECRET, AppState, SessionAuth, view

OF_THE_SESSION = f"{SECRET}, but another one"
HOSTS = SecurityConfig(allowed_hosts=["testserver"])


async def starts(app: PyView) -> str:
    """Return the error of the start-up, or "" if the application starts."""
    try:
        async with LiveClient(app):
            return ""
    except Exception as error:
        return str(error)


def with_session(secret: str = OF_THE_SESSION, **options: Any) -> PyView:
    app = PyView(security=HOSTS, **options)
    app.add_middleware(SessionMiddleware, secret_key=secret, https_only=True)
    return app


class TestProduction:
    @pytest.fixture(autouse=True)
    def production(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PYVIEW_ENV", "production")

    async def test_a_correct_application_starts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PYVIEW_SECRET", SECRET)
        assert await starts(with_session()) == ""

    @pytest.mark.parametrize("secret", ["", "a", "your-secret-key-here", "x" * 40])
    async def test_a_missing_or_weak_secret(self, monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
        monkeypatch.setenv("PYVIEW_SECRET", secret)
        error = await starts(with_session())
        assert "PYVIEW_SECRET" in error
        assert "openssl rand -base64 32" in error

    @pytest.mark.parametrize("secret", ["change-me-in-production", "your-secret-key", "..."])
    async def test_a_documented_session_secret(self, monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
        monkeypatch.setenv("PYVIEW_SECRET", SECRET)
        assert "SessionMiddleware(secret_key=...)" in await starts(with_session(secret))

    async def test_insecure_cookies_and_missing_hosts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PYVIEW_SECRET", SECRET)
        app = PyView()
        app.add_middleware(SessionMiddleware, secret_key=SECRET)
        error = await starts(app)
        assert "https_only=True" in error
        assert "allowed_hosts" in error

    async def test_debug_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PYVIEW_SECRET", SECRET)
        assert "debug=True" in await starts(with_session(debug=True))

    async def test_mounted_without_lifespan_it_refuses_requests(self) -> None:
        async def nothing() -> Message:
            return {"type": "http.request"}

        async def send(message: Message) -> None:
            raise AssertionError("answered")

        with pytest.raises(RuntimeError, match="PYVIEW_SECRET"):
            await PyView()(http_scope("/"), nothing, send)


class TestDevelopment:
    async def test_it_starts_with_one_warning_for_each(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.delenv("PYVIEW_SECRET", raising=False)
        monkeypatch.delenv("PYVIEW_ENV", raising=False)
        assert await starts(with_session("change-me-in-production")) == ""
        messages = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
        assert len(messages) == 2
        assert messages[0].startswith("PYVIEW_SECRET is not set")
        assert messages[1].startswith("SessionMiddleware(secret_key=...) is a value printed in documentation")

    async def test_several_workers_without_a_secret_are_an_error_in_the_log(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.delenv("PYVIEW_SECRET", raising=False)
        monkeypatch.setenv("WEB_CONCURRENCY", "2")
        assert await starts(with_session()) == ""
        assert [record.levelno for record in caplog.records if "several workers" in record.getMessage()][
            -1:
        ] == [logging.ERROR]


class TestAlways:
    def guarded(self, **options: Any) -> PyView:
        app = PyView(secret=SECRET)
        guard = requires("authenticated", **options)
        app.add_live_view("/dashboard", guard(view(AppState(), "dashboard")))
        return app

    async def test_requires_without_authentication(self) -> None:
        error = await starts(self.guarded())
        assert "app.add_middleware(AuthenticationMiddleware" in error

    async def test_an_unknown_redirect_name(self) -> None:
        app = self.guarded(redirect="sign_in")
        app.add_middleware(AuthenticationMiddleware, backend=SessionAuth(AppState()))
        assert "'sign_in'" in await starts(app)

    async def test_a_protected_login_page(self) -> None:
        app = self.guarded(redirect="/login")
        app.add_middleware(AuthenticationMiddleware, backend=SessionAuth(AppState()))
        app.add_live_view("/login", requires("authenticated")(view(AppState(), "login")))
        assert "no user could ever sign in" in await starts(app)
