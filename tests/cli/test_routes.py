"""Output of `pyview routes`."""

import json
from pathlib import Path

import pytest

from pyview.cli.main import main

SHOP = '''
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from pyview import LiveView, PyView
from pyview.auth import public, requires
from pyview.events import event


class HomeView(LiveView):
    """The start page."""


@public
class SignInView(LiveView):
    """The sign-in."""


def is_owner(identity, view):
    return True


@requires(["admin", is_owner], redirect="/sign-in")
class OrdersView(LiveView):
    @requires("cashier")
    @event
    async def refund(self, socket): ...

    @event
    async def show(self, socket): ...


app = PyView()
app.add_live_view("/", HomeView)
app.add_live_view("/sign-in", SignInView)
members = app.live_session("members", requires="member")
members.add_live_view("/orders/{order:int}", OrdersView, action="edit")
app.routes.append(Route("/robots.txt", lambda request: PlainTextResponse("")))
site = Starlette(routes=[Mount("/shop", app)])
empty = PyView()
'''


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A name of its own for each test: the interpreter imports a module once.
    (tmp_path / f"shop_{tmp_path.name}.py").write_text(SHOP)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)


def routes(capsys: pytest.CaptureFixture[str], *options: str, app: str = "app") -> str:
    assert main(["routes", f"shop_{Path.cwd().name}:{app}", *options]) == 0
    return capsys.readouterr().out


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    heading, home, sign_in, orders, last = routes(capsys).splitlines()
    assert heading.split() == ["ADDRESS", "VIEW", "GUARD", "GROUP"]
    module = f"shop_{Path.cwd().name}"
    assert home.split() == ["/", f"{module}.HomeView", "-"]
    assert sign_in.split() == ["/sign-in", f"{module}.SignInView", "public"]
    assert orders.split("  ")[0] == "/orders/{order:int}"
    assert f"{module}.OrdersView (edit)  member, admin, is_owner()  members" in orders
    assert last.startswith("1 of 3 without a guard")


def test_events_with_requirements_of_their_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert "  event refund: cashier\n" in routes(capsys, "--events")
    assert "event show" not in routes(capsys, "--events")


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    home, _, orders = json.loads(routes(capsys, "--format", "json"))
    assert (home["address"], home["guard"], home["events"]) == ("/", "", {})
    assert (orders["guard"], orders["group"]) == ("member, admin, is_owner()", "members")
    assert orders["events"] == {"refund": "cashier"}


def test_a_mounted_application(capsys: pytest.CaptureFixture[str]) -> None:
    assert "\n/shop/orders/{order:int} " in routes(capsys, app="site")


def test_other_routes(capsys: pytest.CaptureFixture[str]) -> None:
    assert "/robots.txt" not in routes(capsys)
    every = routes(capsys, "--all")
    assert "/robots.txt" in every
    assert "/live/websocket" in every


def test_an_application_without_views(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["routes", f"shop_{Path.cwd().name}:empty"]) == 2
    assert "the application has no live views" in capsys.readouterr().err
