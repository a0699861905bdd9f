"""Any-of, rules and recent sign-ins, on pages: the same answer over HTTP and over the socket."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyview.auth import Identity, requires
from pyview.requirement import ConditionSet, Requirement
from pyview.testing import LiveClient
from tests.auth.users import Shown, UserBackend, both_doors, guarded, make_app, may_see, open_as
from tests.frames import connect, event, join, load


async def let_in(*decorators: Any) -> set[str | None]:
    """Return the users fake may see a view with `decorators`."""
    app = make_app(UserBackend(), {"/open": Shown, "/page": guarded(*decorators)})
    users = (None, "ann", "eve", "root", "boss")
    return {name for name in users if await may_see(app, name, "/page")}


def is_ann(identity: Identity, view: Any) -> bool:
    return bool(identity.user.is_authenticated) and identity.user.display_name == "ann"


async def is_eve(identity: Identity, view: Any) -> bool:
    return bool(identity.user.is_authenticated) and identity.user.display_name == "eve"


def broken(identity: Identity, view: Any) -> bool:
    raise LookupError("no database")


class TestCombinations:
    @pytest.mark.parametrize(
        ("decorators", "users"),
        [
            ([requires(any_of=["editor", "admin"])], {"eve", "root", "boss"}),
            ([requires(any_of="editor")], {"eve", "boss"}),
            ([requires("admin", any_of=["editor"])], {"boss"}),
            ([requires("admin"), requires(any_of=["editor", "other"])], {"boss"}),
            ([requires(is_ann)], {"ann"}),
            ([requires(is_eve)], {"eve"}),
            ([requires(lambda identity, view: "admin" not in identity.scopes)], {None, "ann", "eve"}),
            ([requires(["editor", is_eve])], {"eve"}),
            ([requires([is_ann, is_eve])], set()),
            ([requires(any_of=[is_ann, is_eve])], {"ann", "eve"}),
            ([requires(any_of=["admin", is_ann])], {"ann", "root", "boss"}),
            ([requires("authenticated"), requires(is_ann), requires(any_of=["admin", is_eve])], set()),
            ([requires(broken)], set()),
            ([requires(any_of=[broken, is_ann])], set()),
            ([requires(any_of=["admin", broken])], {"root", "boss"}),
            ([requires(lambda identity, view: bool(view is None))], set()),
        ],
    )
    async def test_access(self, decorators: list[Any], users: set[str | None]) -> None:
        assert await let_in(*decorators) == users

    async def test_an_async_rule_that_raises_refuses_and_is_logged(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        async def fails(identity: Identity, view: Any) -> bool:
            raise LookupError("no database")

        with caplog.at_level(logging.ERROR, "pyview.security"):
            assert await let_in(requires(fails)) == set()
        assert "a requirement of Guarded failed" in caplog.text

    async def test_rules_are_called_only_for_users_with_the_scopes(self) -> None:
        called: list[str] = []

        def rule(identity: Identity, view: Any) -> bool:
            called.append(identity.user.display_name)
            return True

        assert await let_in(requires(["admin", rule])) == {"root", "boss"}
        assert set(called) == {"root", "boss"}

    async def test_a_rule_gets_the_requested_class(self) -> None:
        views: list[Any] = []

        class Base(Shown): ...

        def rule(identity: Identity, view: Any) -> bool:
            views.append(view)
            return True

        requires(rule)(Base)

        class Sub(Base): ...

        app = make_app(UserBackend(), {"/open": Shown, "/page": Sub})
        assert await may_see(app, None, "/page")
        assert set(views) == {Sub}

    async def test_no_url_makes_an_admin(self) -> None:
        app = make_app(
            UserBackend(), {"/open": Shown, "/page": guarded(requires(any_of=["editor", "admin"]))}
        )
        forged = "/page?scopes=admin&auth=admin&identity[scopes][]=admin&user=root&any_of=authenticated"
        assert not await may_see(app, "ann", forged)
        assert await may_see(app, "root", forged)


class TestRecentlySignedIn:
    def app(self, users: UserBackend, **options: Any) -> Any:
        guard = requires("authenticated", max_auth_age=600, **options)
        return make_app(users, {"/open": Shown, "/keys": guarded(guard)})

    async def test_recently_and_long_ago(self) -> None:
        async with LiveClient(self.app(UserBackend(), redirect="/sudo")) as client:
            await client.post("/in/ann")
            assert (await client.get("/keys")).status_code == 200
            await client.post("/age/599")
            assert (await client.get("/keys")).status_code == 200
            await client.post("/age/601")
            response = await client.get("/keys?tab=2")
            assert (response.status_code, response.headers["location"]) == (
                303,
                "/sudo?next=%2Fkeys%3Ftab%3D2",
            )
            await client.post("/in/ann")
            assert (await client.get("/keys")).status_code == 200

    async def test_a_navigation_is_redirected_to_sign_in_again(self) -> None:
        async with LiveClient(self.app(UserBackend(), redirect="/sudo")) as client:
            await client.post("/in/ann")
            await client.post("/age/601")
            page = await load(client, "/open")
            frame = page.join("4", redirect="http://testserver/keys")
            del frame[4]["url"]
            async with connect(client, page) as socket:
                await socket.send_frame(frame)
                reply = (await socket.receive_frame())[4]
        assert reply == {
            "status": "error",
            "response": {"redirect": {"to": "/sudo?next=%2Fkeys", "status": 302}},
        }

    async def test_without_a_redirect_it_is_a_status(self) -> None:
        app = self.app(UserBackend())
        assert await both_doors(app, None, "/keys") == ((403, None), ("error", {"reason": "unauthorized"}))
        async with LiveClient(app) as client:
            await client.post("/in/ann")
            await client.post("/age/601")
            assert (await client.get("/keys")).status_code == 403

    async def test_alone_it_requires_any_sign_in(self) -> None:
        assert await let_in(requires(max_auth_age=600)) == {"ann", "eve", "root", "boss"}

    @pytest.mark.parametrize("age", [0, -1, True, float("nan"), float("inf"), "600"])
    def test_invalid_ages(self, age: Any) -> None:
        with pytest.raises(ValueError, match="expected seconds since the sign-in, such as 600"):
            requires("authenticated", max_auth_age=age)


@dataclass(frozen=True)
class FakeIdentity:
    scopes: frozenset[str] = frozenset()
    signed_in_at: Any = None


class TestRequirement:
    @given(
        every=st.lists(st.sampled_from("abc")),
        some=st.none() | st.lists(st.sampled_from("abc"), min_size=1),
        limit=st.none() | st.integers(1, 1000),
        granted=st.frozensets(st.sampled_from("abc")),
        age=st.none() | st.integers(0, 2000).filter(lambda age: age % 10 != 0),
    )
    async def test_all_conditions_must_hold(
        self,
        every: list[str],
        some: list[str] | None,
        limit: int | None,
        granted: frozenset[str],
        age: int | None,
    ) -> None:
        limit = limit and limit * 10
        any_of = None if some is None else ConditionSet(tuple(some))
        requirement = Requirement(ConditionSet(tuple(every)), any_of, limit)
        fake = FakeIdentity(granted, None if age is None else time.time() - age)
        expected = (
            set(every) <= granted
            and (some is None or bool(set(some) & granted))
            and (limit is None or (age is not None and age < limit))
        )
        assert await requirement.holds(fake, None) is expected

    @pytest.mark.parametrize(
        ("signed_in_at", "held"),
        [
            (lambda now: now, True),
            (lambda now: now + 5, True),  # a worker whose clock is a little ahead
            (lambda now: now * 1000, False),  # milliseconds would be recent for ever
            (lambda now: float("nan"), False),
            (lambda now: float("inf"), False),
            (lambda now: str(now), False),
            (lambda now: None, False),
        ],
    )
    async def test_invalid_times(self, signed_in_at: Callable[[float], Any], held: bool) -> None:
        fake = FakeIdentity(signed_in_at=signed_in_at(time.time()))
        assert await Requirement(max_auth_age=600.0).holds(fake, None) is held


class TestErrors:
    @pytest.mark.parametrize("call", [{"any_of": []}, {"scopes": [], "any_of": ["a"]}, {"any_of": [""]}, {}])
    def test_no_condition(self, call: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="expected the name of a scope, a rule, or a list of them"):
            requires(**call)

    @pytest.mark.parametrize("given", [3, [None], b"admin", ["admin", 3], lambda identity: True, [["admin"]]])
    def test_neither_scope_nor_rule(self, given: Any) -> None:
        with pytest.raises(TypeError, match=r"expected the name of a scope such as 'admin', or a rule"):
            requires(given)
        with pytest.raises(TypeError, match="expected the name of a scope"):
            requires(any_of=given)

    def test_a_decorator_without_parentheses(self) -> None:
        with pytest.raises(TypeError, match="needs its parentheses"):

            @requires  # type: ignore[arg-type]
            class View(Shown): ...


class TestFresh:
    """A removed role takes effect at once, not only after a second."""

    @pytest.mark.parametrize("fresh", [True, False])
    async def test_a_view(self, fresh: bool) -> None:
        users = UserBackend()

        @requires("admin", fresh=fresh)
        class Admin(Shown):
            async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
                users.note(event)

        async with LiveClient(make_app(users, {"/admin": Admin})) as client:
            socket, page = await open_as(client, "root", "/admin")
            users.roles["root"] = ["authenticated"]
            await socket.send_frame(event(page, "5", "delete"))
            reply = (await socket.receive_frame())[4]
            assert ("redirect" in reply["response"]) is fresh
            assert users.done == ([] if fresh else ["delete"])
            await socket.close()


async def test_a_guarded_page_is_rechecked_at_its_join() -> None:
    """Load the page with the role and join it without."""
    users = UserBackend()
    app = make_app(users, {"/admin": guarded(requires(any_of=["admin"]))})
    async with LiveClient(app) as client:
        await client.post("/in/root")
        page = await load(client, "/admin")
        users.roles["root"] = ["authenticated"]
        async with connect(client, page) as socket:
            assert await join(socket, page) == ["error", {"reason": "unauthorized"}]
