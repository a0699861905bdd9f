"""A live session is checked over HTTP, on live navigation, on a patch, and again on an open socket."""

from copy import deepcopy
from typing import Any

import pytest
from markupsafe import Markup
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.routing import Route

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig, defaultRootTemplate
from pyview.auth import public, requires
from pyview.depends import Session
from pyview.routing.routes import view_key
from pyview.testing import LiveClient
from pyview.tokens.page import PageToken, Tokens
from pyview.tokens.secrets import Secrets
from tests.attack.target import (
    SECRET,
    STALE,
    TEMPLATES,
    UNAUTHORIZED,
    AppState,
    PageOf,
    SessionAuth,
    answer,
    attempt,
    decodings,
    joined,
    login,
    login_page,
    logout,
    page_of,
    sign_in,
    view,
)

ORIGIN = "http://testserver"
Socket = LiveViewSocket[Any]


class Shared(LiveView[Any]):
    """A class in two live sessions. It shows its session and counts its calls of `handle_params`."""

    template = "who.html"

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"user": session.get("user"), "name": session.get("theme"), "n": 0}

    async def handle_params(self, url: Any, params: Any, socket: Socket) -> None:
        socket.context["n"] += 1


def framed(color: str) -> Any:
    return defaultRootTemplate(
        content_wrapper=lambda _, main: Markup("<div class='{}'>{}</div>").format(color, main)
    )


def grouped(state: AppState, **options: Any) -> PyView:
    """Application with two guarded live sessions and views outside of them."""
    app = PyView(templates=TEMPLATES, secret=SECRET, **options)
    app.add_middleware(SessionMiddleware, secret_key=SECRET)
    app.add_middleware(AuthenticationMiddleware, backend=SessionAuth(state))
    app.routes.append(Route("/login", login_page, methods=["GET"]))
    app.routes.append(Route("/auth/login", login, methods=["POST"]))
    app.routes.append(Route("/auth/logout", logout, methods=["POST"]))
    members = app.live_session(
        "members",
        requires=requires("authenticated", redirect="/login"),
        root_template=framed("green"),
        session={"theme": "light", "tags": ["a"]},
    )
    members.add_live_view("/team", view(state, "team"))
    members.add_live_view("/team/board", Shared)
    members.add_live_view("/team/vault", requires("vault")(view(state, "vault")))
    admin = app.live_session("admin", requires="admin", root_template=framed("red"))
    admin.add_live_view("/admin", view(state, "admin"))
    admin.add_live_view("/admin/users", view(state, "users"))
    admin.add_live_view("/admin/board", Shared)
    app.add_live_view("/", public(view(state, "home")))
    app.add_live_view("/board", public(Shared))
    return app


@pytest.fixture
def app(state: AppState) -> PyView:
    return grouped(state, security=SecurityConfig(auth_recheck=0.0))


async def navigate(client: LiveClient, page: PageOf, url: str, **changes: Any) -> Any:
    payload = page.join(redirect=f"{ORIGIN}{url}", **changes)
    del payload["url"]
    async with client.raw_socket() as socket:
        return await joined(socket, page.topic, payload)


class TestNavigation:
    async def test_inside_a_live_session_navigation_uses_the_socket(
        self, client: LiveClient, state: AppState
    ) -> None:
        await sign_in(client, "root")
        page = await page_of(client, "/admin")
        assert (await navigate(client, page, "/admin/users"))[0] == "ok"
        assert state.calls == {"users.mount": 1}

    async def test_inside_a_group_in_a_browser(self, client: LiveClient) -> None:
        await sign_in(client, "root")
        page = await client.open("/admin")
        document = page.response
        await page.navigate("/admin/users")
        assert page.has_text("name=users")
        assert page.response is document

    @pytest.mark.parametrize(
        ("start", "url"),
        [("/", "/admin"), ("/admin", "/"), ("/team", "/admin"), ("/admin", "/team"), ("/team", "/board")],
    )
    async def test_across_live_sessions_navigation_is_refused_both_ways(
        self, client: LiveClient, state: AppState, start: str, url: str
    ) -> None:
        """Even root has to load the page: another live session has its own root template and hooks."""
        await sign_in(client, "root")
        page = await page_of(client, start)
        assert await navigate(client, page, url) == UNAUTHORIZED
        assert state.calls.total() == 0

    @pytest.mark.parametrize(("start", "url"), [("/", "/admin"), ("/admin", "/"), ("/team", "/admin/board")])
    async def test_across_live_sessions_a_browser_loads_the_page(
        self, client: LiveClient, start: str, url: str
    ) -> None:
        await sign_in(client, "root")
        page = await client.open(start)
        await page.navigate(url)
        assert (page.path, page.connected) == (url, True)
        assert page.response.url.path == url
        await page.back()
        assert (page.path, page.connected) == (start, True)

    async def test_a_flash_arrives_in_the_other_live_session(self, state: AppState) -> None:
        class Leaving(LiveView[Any]):
            template = "who.html"

            async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
                socket.put_flash("info", "Over there")
                await socket.push_navigate("/target")

        class Target(LiveView[Any]):
            template = "who.html"

            async def mount(self, socket: Socket, session: Any) -> None:
                socket.context = {"name": socket.flash.get("info")}

        app = grouped(state)
        app.live_session("target").add_live_view("/target", Target)
        app.add_live_view("/leaving", Leaving)
        async with LiveClient(app) as client:
            page = await client.open("/leaving")
            await page.push("go")
            assert page.path == "/target"
            assert page.has_text("name=Over there")


class TestPatch:
    async def test_a_patch_to_another_live_session_becomes_a_navigation(
        self, client: LiveClient, state: AppState
    ) -> None:
        await sign_in(client, "root")
        page = await page_of(client, "/team/board")
        async with client.raw_socket() as socket:
            assert (await joined(socket, page.topic, page.join()))[0] == "ok"
            for ref, url in (("5", "/admin/board"), ("6", "/board"), ("7", "/team")):
                await socket.send_frame(["4", ref, page.topic, "live_patch", {"url": f"{ORIGIN}{url}"}])
                assert await answer(socket, ref) == ("ok", {"link_redirect": True})
            await socket.send_frame(["4", "8", page.topic, "live_patch", {"url": f"{ORIGIN}/team/board?x=1"}])
            status, response = await answer(socket, "8")
        assert (status, response["diff"]) == ("ok", {"2": "2"})  # at the join, and now

    async def test_a_browser_loads_the_other_live_session(self, client: LiveClient) -> None:
        await sign_in(client, "root")
        page = await client.open("/team/board")
        await page.patch("/admin/board")
        assert (page.path, page.connected) == ("/admin/board", True)
        assert page.response.url.path == "/admin/board"


class TestTokens:
    async def test_a_page_cannot_join_a_url_of_another_live_session(
        self, client: LiveClient, state: AppState
    ) -> None:
        await sign_in(client, "root")
        page = await page_of(client, "/board")
        for url in ("/admin/board", "/team/board", "/admin"):
            assert await attempt(client, page, url=f"{ORIGIN}{url}") == UNAUTHORIZED
        assert state.calls.total() == 0

    async def test_a_forged_name_is_stale(self, client: LiveClient, state: AppState) -> None:
        await sign_in(client, "root")
        page = await page_of(client, "/")
        stranger = Tokens(Secrets("another secret that is long enough for everybody"), SecurityConfig())
        for binding in ("", "guessed"):
            forged = stranger.mint_page_token(claims(page, "admin"), binding)
            assert await attempt(client, page, session=forged) == STALE
            assert await navigate(client, page, "/admin", session=forged) == STALE
        assert state.calls.total() == 0

    async def test_a_token_from_another_browser_is_stale(
        self, client: LiveClient, other: LiveClient, state: AppState
    ) -> None:
        await sign_in(client, "root")
        await sign_in(other, "alice")
        theirs, mine = await page_of(client, "/admin"), await page_of(other, "/team")
        assert await navigate(other, theirs, "/admin/users") == STALE
        assert await navigate(other, mine, "/admin/users", session=theirs.session) == STALE
        assert state.calls.total() == 0

    async def test_a_view_moved_to_another_live_session_by_a_deploy(
        self, app: PyView, client: LiveClient, state: AppState
    ) -> None:
        """The page is anonymous, so its tokens are bound to no user: only the live session does not match."""
        page = await page_of(client, "/board")
        tokens = app._tokens
        for group, expected in (("default", "ok"), ("members", "error"), ("", "error")):
            token = tokens.mint_page_token(claims(page, group), "")
            assert (await attempt(client, page, session=token))[0] == expected
            assert (await navigate(client, page, "/", session=token))[0] == expected


def claims(page: PageOf, group: str) -> PageToken:
    return PageToken(page.id.removeprefix("phx-"), view_key(Shared), group)


class TestGuards:
    @pytest.mark.parametrize(
        ("user", "url", "status"),
        [
            (None, "/team", 303),
            (None, "/admin", 403),
            (None, "/board", 200),
            (None, "/team/board", 303),
            (None, "/admin/board", 403),
            ("alice", "/team", 200),
            ("alice", "/admin/board", 403),
            ("alice", "/team/vault", 403),
            ("root", "/admin/board", 200),
            ("root", "/team/vault", 403),
            ("carol", "/team/vault", 200),
        ],
    )
    async def test_over_http_both_requirements_must_hold(
        self, client: LiveClient, state: AppState, user: str | None, url: str, status: int
    ) -> None:
        state.roles["carol"] = ["vault"]
        if user:
            await sign_in(client, user)
        assert (await client.get(url)).status_code == status

    async def test_on_the_socket(self, client: LiveClient, state: AppState) -> None:
        state.roles["carol"] = ["vault"]
        await sign_in(client, "carol")
        page, vault = await page_of(client, "/team"), await page_of(client, "/team/vault")
        assert (await navigate(client, page, "/team/vault"))[0] == "ok"
        assert (await attempt(client, vault))[0] == "ok"
        state.roles["carol"] = []
        assert await navigate(client, page, "/team/vault") == UNAUTHORIZED
        assert await attempt(client, vault) == UNAUTHORIZED
        assert state.mounts("vault") == 2

    async def test_a_lost_role_ends_the_join_the_patch_and_the_event(
        self, client: LiveClient, state: AppState
    ) -> None:
        await sign_in(client, "root")
        page = await page_of(client, "/admin")
        event = {"type": "click", "event": "go", "value": {}}
        for message in (["event", event], ["live_patch", {"url": f"{ORIGIN}/admin?x=1"}]):
            state.roles["root"] = ["admin"]
            async with client.raw_socket() as socket:
                assert (await joined(socket, page.topic, page.join()))[0] == "ok"
                state.roles["root"] = []
                await socket.send_frame(["4", "5", page.topic, *message])
                status, response = await answer(socket, "5")
                assert (status, response["redirect"]["to"].partition("?")[0]) == ("ok", "/admin")
        assert await attempt(client, page) == UNAUTHORIZED
        assert state.calls == {"admin.mount": 2}

    async def test_signing_out_ends_access(self, client: LiveClient, state: AppState) -> None:
        await sign_in(client, "alice")
        page = await client.open("/team")
        await client.post("/auth/logout")
        await page.push("go")
        assert page.path == "/login?next=%2Fteam"
        assert state.calls["team.event.go"] == 0

    async def test_a_rule_that_raises_refuses(self, state: AppState) -> None:
        def broken(identity: Any, view: Any) -> bool:
            raise ValueError("no database")

        app = grouped(state)
        app.live_session("broken", requires=broken).add_live_view("/broken", view(state, "broken"))
        async with LiveClient(app) as client:
            assert (await client.get("/broken")).status_code == 403
        assert state.calls.total() == 0

    async def test_a_rule_for_anonymous_users_is_checked_again(self, state: AppState) -> None:
        """Without a sign-in no session ends, but the result of the rule may change."""
        is_open = True
        app = grouped(state, security=SecurityConfig(auth_recheck=0.0))
        group = app.live_session("hours", requires=lambda identity, view: is_open)
        group.add_live_view("/shop", view(state, "shop"))
        async with LiveClient(app) as client:
            page = await client.open("/shop")
            await page.push("buy")
            is_open = False
            await page.push("buy")
            assert (page.path, page.status) == ("/shop", 403)
        assert state.calls["shop.event.buy"] == 1

    async def test_with_a_default_requirement(self, state: AppState) -> None:
        """`@public` removes the default requirement, not the one of the live session."""
        app = grouped(state, default_requires="admin")
        group = app.live_session("vaults", requires="vault")
        group.add_live_view("/vaults", view(state, "both"))
        group.add_live_view("/vaults/public", public(view(state, "one")))
        state.roles["carol"] = ["vault"]
        state.roles["dave"] = ["vault", "admin"]
        for user, statuses in (("alice", (403, 403)), ("carol", (403, 200)), ("dave", (200, 200))):
            async with LiveClient(app) as client:
                await sign_in(client, user)
                found = [(await client.get(path)).status_code for path in ("/vaults", "/vaults/public")]
                assert (user, *found) == (user, *statuses)

    async def test_pages_of_a_guarded_live_session_are_not_cached(self, state: AppState) -> None:
        """A rule may accept a browser without a session."""
        app = grouped(state)
        group = app.live_session("friends", requires=lambda identity, view: True)
        group.add_live_view("/friends", view(state, "friends"))
        async with LiveClient(app) as client:
            assert (await client.get("/friends")).headers["cache-control"] == "no-store"
            assert (await client.get("/")).headers["cache-control"] != "no-store"

    async def test_an_application_without_authentication_does_not_start(self, state: AppState) -> None:
        app = PyView(templates=TEMPLATES, secret=SECRET)
        app.live_session("admin", requires="admin").add_live_view("/admin", view(state, "admin"))
        with pytest.raises(RuntimeError, match=r"Who\.admin, but there is no AuthenticationMiddleware"):
            await LiveClient(app).__aenter__()

    async def test_a_login_page_inside_a_guarded_live_session_does_not_start(self, state: AppState) -> None:
        app = PyView(templates=TEMPLATES, secret=SECRET)
        app.add_middleware(AuthenticationMiddleware, backend=SessionAuth(state))
        group = app.live_session("members", requires=requires("authenticated", redirect="/login"))
        group.add_live_view("/login", view(state, "login"))
        with pytest.raises(RuntimeError, match="no user could ever sign in"):
            await LiveClient(app).__aenter__()


class TestSharedByViews:
    async def test_its_root_template(self, client: LiveClient) -> None:
        await sign_in(client, "root")
        for url, color in (("/team/board", "green"), ("/admin/board", "red"), ("/board", None)):
            page = await client.open(url)
            assert [frame for frame in ("green", "red") if page.exists(f".{frame}")] == (
                [color] if color else []
            )
            assert page.connected

    async def test_its_session_data(self, client: LiveClient) -> None:
        await sign_in(client, "alice")
        assert (await client.open("/team/board")).has_text("user=alice name=light")
        assert (await client.open("/board")).has_text("user=alice name=None")

    async def test_they_are_not_in_the_page(self, client: LiveClient) -> None:
        await sign_in(client, "alice")
        page = await page_of(client, "/team")
        assert not any(b"light" in text or b"theme" in text for text in decodings(page.html))

    async def test_the_session_data_is_read_only_everywhere(self, state: AppState) -> None:
        seen: list[Any] = []

        class Reads(LiveView[Any]):
            template = "who.html"
            mount_once = False

            def __init__(self, session: Session) -> None:
                seen.append(deepcopy(dict(session)))

            async def mount(self, socket: Socket, session: Any) -> None:
                seen.append(deepcopy(dict(session)))
                session["tags"].append("changed")
                with pytest.raises(TypeError, match="read-only"):
                    session["theme"] = "dark"

            async def handle_params(self, socket: Socket, session: Session) -> None:
                seen.extend(deepcopy([dict(session), dict(socket.session)]))

        app = grouped(state)
        shared = {"theme": "light", "tags": ["a"], "user": "nobody"}
        group = app.live_session("readers", session=shared)
        group.add_live_view("/reads", Reads)
        shared["tags"] = ["b"]
        async with LiveClient(app) as client:
            await sign_in(client, "alice")
            await client.open("/reads")
        expected = {"theme": "light", "tags": ["a"], "user": "nobody", "oauth_token": "oauth-S3CRET"}
        assert seen == [expected] * 8


class TestDescribing:
    @pytest.mark.parametrize("name", ["default", "", " ", None, 5])
    def test_invalid_names(self, name: Any) -> None:
        with pytest.raises(ValueError, match=r"expected a name such as 'admin'"):
            PyView().live_session(name)

    def test_a_name_in_use(self) -> None:
        app = PyView()
        assert app.live_session("admin").name == "admin"
        with pytest.raises(ValueError, match=r"there is one already; add views to the object it returned"):
            app.live_session("admin")

    @pytest.mark.parametrize("view_class", [None, "View", LiveView[Any], object])
    def test_something_that_is_no_view(self, view_class: Any) -> None:
        group = PyView().live_session("admin")
        with pytest.raises(TypeError, match="expected a subclass of LiveView"):
            group.add_live_view("/", view_class)

    @pytest.mark.parametrize(("requirement", "error"), [("", ValueError), ([], ValueError), (5, TypeError)])
    def test_invalid_requirements(self, requirement: Any, error: type[Exception]) -> None:
        with pytest.raises(error):
            PyView().live_session("admin", requires=requirement)
