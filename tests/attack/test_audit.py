"""The audit trail: one structured record for each security event, and no secret in any record of any logger."""

import logging
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from pyview import LiveView, PyView
from pyview.auth import logout_everywhere, requires
from pyview.auth.audit import AUDIT, Audit, AuditEvent, audit_of
from pyview.events import event
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient, SocketRefused
from tests.asgi import http_scope
from tests.attack.target import SECRET, AppState, attempt, joined, page_of, sign_in, sign_out, target

PASSWORD = "hunter2-hunter2"
TYPED = "typed-by-a-user-PAYLOAD"
FIELDS = ("event", "client", "user", "subject", "reason")


class Guarded(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string("<p>x</p>", "guarded.html")

    @event("erase")
    @requires("admin")
    async def erase(self) -> None:
        raise AssertionError("erased")


async def everywhere(request: Request) -> PlainTextResponse:
    await logout_everywhere(request)
    return PlainTextResponse("done")


@pytest.fixture
def app(state: AppState) -> PyView:
    app = target(state)
    app.routes.insert(0, Route("/everywhere", everywhere, methods=["POST"]))
    routes = len(app.routes)
    app.add_live_view("/guarded", requires("authenticated")(Guarded))
    app.routes.insert(0, app.routes.pop(routes))  # before /{slug}
    return app


@pytest.fixture
def trail(caplog: pytest.LogCaptureFixture) -> Iterator["Trail"]:
    with caplog.at_level(logging.DEBUG):
        yield Trail(caplog)


class Trail:
    def __init__(self, caplog: pytest.LogCaptureFixture) -> None:
        self._caplog = caplog

    def take(self) -> list[dict[str, str]]:
        """Return the fields of the audit records since the last call."""
        records = [record for record in self._caplog.records if hasattr(record, "event")]
        assert all(record.name == "pyview.security" for record in records)
        assert all("\n" not in record.getMessage() for record in records)
        self._caplog.clear()
        return [{name: getattr(record, name) for name in FIELDS} for record in records]

    def events(self) -> list[tuple[str, str]]:
        return [(fields["event"], fields["user"]) for fields in self.take()]


class TestEvents:
    async def test_sign_in_and_out(self, client: LiveClient, trail: Trail) -> None:
        await sign_in(client, "alice")
        (login,) = trail.take()
        assert login == {
            "event": "auth.login",
            "client": "127.0.0.1",
            "user": "identity:alice",
            "subject": "",
            "reason": "signed in",
        }
        await client.get("/dashboard")
        assert trail.take() == []
        await sign_out(client)
        assert trail.events() == [("auth.logout", "identity:alice")]

    async def test_sign_in_over_another_user(self, client: LiveClient, trail: Trail) -> None:
        await sign_in(client, "alice")
        await sign_in(client, "alice")
        await sign_in(client, "bob")
        assert trail.events() == [
            ("auth.login", "identity:alice"),
            ("auth.logout", "identity:alice"),
            ("auth.login", "identity:bob"),
        ]

    async def test_denied_over_http(self, client: LiveClient, trail: Trail) -> None:
        await client.get("/admin")
        await client.get("/dashboard?token=s3cret")
        denied = trail.take()
        assert [(one["event"], one["user"], one["subject"]) for one in denied] == [
            ("auth.denied", "", "Who.admin"),
            ("auth.denied", "", "Who.dashboard"),
        ]
        await sign_in(client, "alice")
        trail.take()
        await client.get("/admin")
        assert trail.events() == [("auth.denied", "identity:alice")]

    async def test_a_redirect_to_sign_in_is_info_and_a_refusal_a_warning(
        self, client: LiveClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.INFO, "pyview.security"):
            await client.get("/admin")
            await sign_in(client, "alice")
            await client.get("/admin")
        assert [record.levelno for record in caplog.records if hasattr(record, "event")] == [
            logging.INFO,
            logging.INFO,
            logging.WARNING,
        ]

    async def test_denied_on_the_socket(self, client: LiveClient, state: AppState, trail: Trail) -> None:
        await sign_in(client, "root")
        page = await page_of(client, "/admin")
        state.roles["root"] = []
        trail.take()
        assert (await attempt(client, page))[0] == "error"
        (denied,) = trail.take()
        assert (denied["event"], denied["user"], denied["subject"]) == (
            "auth.denied",
            "identity:root",
            "Who.admin",
        )

    async def test_a_forbidden_event(self, client: LiveClient, trail: Trail) -> None:
        await sign_in(client, "alice")
        page = await page_of(client, "/guarded")
        trail.take()
        async with client.raw_socket() as socket:
            await joined(socket, page.topic, page.join())
            await socket.send_frame(
                ["4", "5", page.topic, "event", {"type": "click", "event": "erase", "value": {"x": TYPED}}]
            )
            assert (await socket.receive_frame())[4]["response"] == {"reason": "forbidden"}
        (denied,) = trail.take()
        assert (denied["event"], denied["user"]) == ("auth.denied", "identity:alice")
        assert denied["subject"] == "erase of Guarded"

    async def test_another_sessions_csrf_token(
        self, client: LiveClient, other: LiveClient, trail: Trail
    ) -> None:
        await sign_in(client, "alice")
        await sign_in(other, "bob")
        page, foreign = await page_of(client, "/"), await page_of(other, "/")
        trail.take()
        params = {"_csrf_token": foreign.csrf, "_mounts": 0}
        assert await attempt(client, page, params=params) == ("error", {"reason": "stale"})
        assert trail.events() == [("csrf.refused", "identity:alice")]

    async def test_cross_site_requests(self, client: LiveClient, trail: Trail) -> None:
        evil = {"origin": "https://evil.example"}
        await client.post("/auth/login", data={"user": "root"}, headers=evil)
        with suppress(SocketRefused):
            await client.raw_socket(headers=evil).connect()
        refused = trail.take()
        assert [one["event"] for one in refused] == ["csrf.refused", "origin.refused"]
        assert all("evil.example" in one["reason"] for one in refused)

    async def test_a_path_that_no_browser_requests(self, client: LiveClient, trail: Trail) -> None:
        await client.get("/adm%0Ain")
        assert trail.events() == [("request.refused", "")]

    async def test_a_cookie_from_before_the_sign_out(self, client: LiveClient, trail: Trail) -> None:
        await sign_in(client, "alice")
        copied = dict(client.cookies)
        await sign_out(client)
        trail.take()
        cookie = "; ".join(f"{name}={value}" for name, value in copied.items())
        assert (await client.get("/plain", headers={"cookie": cookie})).status_code == 200
        assert trail.events() == [("auth.revoked", "")]

    async def test_the_end_of_an_open_page(self, client: LiveClient, trail: Trail) -> None:
        await sign_in(client, "alice")
        page = await page_of(client, "/dashboard")
        async with client.raw_socket() as socket:
            await joined(socket, page.topic, page.join())
            trail.take()
            await sign_out(client)
            with suppress(Exception):
                while await socket.receive_frame():
                    pass
        assert sorted(trail.events()) == [
            ("auth.logout", "identity:alice"),
            ("auth.revoked", "identity:alice"),
        ]

    async def test_sign_out_everywhere(self, client: LiveClient, trail: Trail) -> None:
        await sign_in(client, "alice")
        trail.take()
        await client.post("/everywhere")
        assert ("auth.revoked", "identity:alice") in trail.events()


class TestFlood:
    async def test_repeated_refusals_write_few_records(self, client: LiveClient, trail: Trail) -> None:
        for _ in range(100):
            await client.get("/admin")
        assert len(trail.take()) == 30
        await client.post("/auth/logout", headers={"origin": "null"})
        assert trail.events() == [("csrf.refused", "")], "one kind does not hide another"

    async def test_user_names_cannot_forge_log_lines(self, trail: Trail) -> None:
        class User:
            identity = "mallory\nauth.login: signed in ('identity:root' from 10.0.0.1)"

        audit_of({}).record(AuditEvent.DENIED, http_scope("/", user=User()), "no", subject="a\r\nb")
        (denied,) = trail.take()
        assert denied["user"].startswith("identity:mallory")

    def test_every_connection_of_an_application_shares_its_trail(self) -> None:
        audit = Audit()
        assert audit_of({AUDIT: audit}) is audit


async def test_a_whole_session_leaves_nothing_secret_in_any_log(
    client: LiveClient, other: LiveClient, state: AppState, caplog: pytest.LogCaptureFixture
) -> None:
    """Sign in, use a live page, forge a session, cause each refusal, sign out; the root logger at DEBUG."""
    with caplog.at_level(logging.DEBUG):
        await client.post("/auth/login", data={"user": "alice", "password": PASSWORD, "note": TYPED})
        page = await page_of(client, "/dashboard")
        async with client.raw_socket() as socket:
            await joined(socket, page.topic, page.join())
            for payload in ({"value": TYPED}, {"session": {"user": TYPED}}, TYPED):
                click = {"type": "click", "event": "go", "value": payload}
                await socket.send_frame(["4", "5", page.topic, "event", click])
                await socket.receive_frame()
            await socket.send_frame(["4", "6", "lv:phx-other", "event", {"event": TYPED, "value": TYPED}])
            await socket.send_text(f'["4","7",{{"{TYPED}":')
            with suppress(Exception):
                while await socket.receive_frame():
                    pass
        await attempt(other, page)
        await attempt(other, page, session=f"{page.session}x")
        forged = {"cookie": f"session={SECRET}.{TYPED}"}
        await client.get("/dashboard", headers=forged)
        await client.get("/admin")
        evil = {"origin": "https://evil.example"}
        await client.post("/auth/login", data={"password": PASSWORD, "user": "root"}, headers=evil)
        cookies = list(client.cookies.values())
        await sign_out(client)
        await client.get("/dashboard", headers={"cookie": f"session={cookies[0]}"})
    assert {getattr(record, "event", "") for record in caplog.records} >= {
        "auth.login",
        "auth.logout",
        "auth.denied",
        "auth.revoked",
        "csrf.refused",
    }
    written = "\n".join(
        f"{record.getMessage()} {record.__dict__!r} {record.exc_text}" for record in caplog.records
    )
    assert len(cookies) == 1
    for secret in (PASSWORD, TYPED, SECRET, "oauth-S3CRET", page.session, page.csrf, *cookies):
        for part in {secret, secret[:24], secret[-24:]}:
            assert part not in written
