"""Login throttling: limits for failed sign-ins, none for successful ones and other users."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from pyview.auth.throttle import LoginThrottle, TooManyAttempts
from pyview.auth.throttle_sqlite import SQLiteCounters
from tests.asgi import eventually, http_scope, poll, shift_time
from tests.stores.fixtures import own_valkey, valkey
from tests.stores.valkey import ValkeyProcess

__all__ = ["own_valkey", "valkey"]

PASSWORDS = {"ada": "lovelace", "grace": "hopper"}
WRONG = "w"


class Harness:
    """A sign-in route behind a throttle. `checked` counts the checked passwords."""

    def __init__(self, throttle: LoginThrottle) -> None:
        self.throttle = throttle
        self.checked = 0
        self.app = Starlette(routes=[Route("/login", self.login, methods=["POST"])])

    async def login(self, request: Request) -> PlainTextResponse:
        form = await request.form()
        attempt = await self.throttle.attempt(request, form.get("username"))
        self.checked += 1
        await asyncio.sleep(0)  # where a hash is computed, in a thread
        if PASSWORDS.get(str(form.get("username"))) != form.get("password"):
            return PlainTextResponse("wrong", 401)
        await attempt.succeeded()
        return PlainTextResponse("welcome")

    async def try_(self, name: str, password: str = WRONG, address: str = "192.0.2.1") -> httpx.Response:
        transport = httpx.ASGITransport(self.app, client=(address, 50000))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            forged = {"x-forwarded-for": f"10.0.0.{self.checked % 250}"}
            data = {"username": name, "password": password}
            return await client.post("/login", data=data, headers=forged)

    async def codes(self, times: int, name: str, **more: str) -> list[int]:
        return [(await self.try_(name, **more)).status_code for _ in range(times)]


@pytest.fixture(params=["memory", "file", "server"])
def storage(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str | None]:
    if request.param == "memory":
        yield "memory://"
        return
    if request.param == "file":
        monkeypatch.setenv("PYVIEW_STATE", str(tmp_path / "state.db"))
        yield None
        return
    server: ValkeyProcess = request.getfixturevalue("valkey")
    # On a busy machine a hundred connections at once take longer than the two seconds that are the default.
    yield f"{server.url}?socket_timeout=60&socket_connect_timeout=60"
    with server.client() as client:
        client.flushall()


@pytest.fixture
def harness(storage: str | None) -> Harness:
    return Harness(LoginThrottle(storage))


async def test_five_failures_of_an_account_then_a_pause(harness: Harness) -> None:
    assert await harness.codes(7, "ada") == [401] * 5 + [429, 429]
    assert harness.checked == 5
    refused = await harness.try_("ada", "lovelace")
    assert refused.status_code == 429, "the right password is not even looked at"
    assert 895 <= int(refused.headers["retry-after"]) <= 900
    assert refused.headers["cache-control"] == "no-store"
    await harness.throttle.close()


async def test_other_users_are_not_limited(harness: Harness) -> None:
    await harness.codes(6, "ada")
    assert await harness.codes(1, "grace", password="hopper") == [200]
    assert await harness.codes(1, "ada", password="lovelace", address="192.0.2.2") == [200]
    await harness.throttle.close()


async def test_concurrent_attempts_are_limited_too(harness: Harness) -> None:
    answers = await asyncio.gather(*(harness.try_("ada") for _ in range(100)))
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 95
    assert harness.checked == 5
    await harness.throttle.close()


async def test_unknown_accounts_get_the_same_answers(harness: Harness) -> None:
    known = [await harness.try_("ada") for _ in range(6)]
    unknown = [await harness.try_("nobody") for _ in range(6)]
    assert [(one.status_code, one.text) for one in known] == [(one.status_code, one.text) for one in unknown]
    await harness.throttle.close()


async def test_many_names_from_one_address(harness: Harness) -> None:
    codes = [(await harness.try_(f"user{number}")).status_code for number in range(52)]
    assert codes == [401] * 50 + [429, 429]
    assert await harness.codes(1, "grace", password="hopper") == [429]
    assert await harness.codes(1, "grace", password="hopper", address="192.0.2.2") == [200]
    await harness.throttle.close()


async def test_successful_sign_ins_do_not_count(harness: Harness) -> None:
    assert await harness.codes(80, "grace", password="hopper") == [200] * 80
    await harness.throttle.close()


async def test_attempts_at_a_blocked_account_do_not_block_the_address(harness: Harness) -> None:
    await harness.codes(70, "ada")
    assert await harness.codes(1, "grace", password="hopper") == [200]
    await harness.throttle.close()


async def test_success_resets_the_failures_of_the_account(harness: Harness) -> None:
    assert await harness.codes(4, "ada") == [401] * 4
    assert await harness.codes(1, "ada", password="lovelace") == [200]
    assert await harness.codes(6, "ada") == [401] * 5 + [429]
    await harness.throttle.close()


async def test_the_limit_ends_with_the_window(storage: str | None) -> None:
    harness = Harness(LoginThrottle(storage, per_account=1, window=2))
    assert await harness.codes(2, "ada") == [401, 429]

    async def accepted() -> bool:
        return await harness.codes(1, "ada", password="lovelace") == [200]

    await poll(accepted, interval=0.1)
    await harness.throttle.close()


@pytest.mark.parametrize("shared", ["file", "server"])
async def test_several_workers_count_together_in_what_they_share(
    shared: str, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shared == "file":
        monkeypatch.setenv("PYVIEW_STATE", str(tmp_path / "state.db"))
    else:
        monkeypatch.setenv("PYVIEW_REDIS_URL", request.getfixturevalue("valkey").url)
    workers = [Harness(LoginThrottle()) for _ in range(2)]
    answers = await asyncio.gather(
        *(worker.try_("shared", address="192.0.2.9") for _ in range(10) for worker in workers)
    )
    assert sorted(answer.status_code for answer in answers) == [401] * 5 + [429] * 15
    for worker in workers:
        await worker.throttle.close()


async def test_without_its_file_no_sign_in_is_possible(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("PYVIEW_STATE", str(tmp_path / "missing" / "state.db"))
    harness = Harness(LoginThrottle())
    assert (await harness.try_("ada", "lovelace")).status_code == 503
    assert "cannot be counted" in caplog.text
    (tmp_path / "missing").mkdir()
    assert (await harness.try_("ada", "lovelace")).status_code == 200
    await harness.throttle.close()


async def test_a_late_success_saves_up_no_attempts(tmp_path: Path) -> None:
    """An attempt that is taken back after the end of its window must not allow one more in the next."""
    now = [1000.0]
    counters = SQLiteCounters(tmp_path / "state.db", clock=lambda: now[0])
    assert await counters.incr("a", 10) == 1
    now[0] += 11
    assert await counters.incr("a", 10, -1) == 0
    assert [await counters.incr("a", 10) for _ in range(2)] == [1, 2]
    assert await counters.get_expiry("a") == 1021.0
    assert (await counters.reset(), await counters.get("a")) == (1, 0)
    await counters.aclose()


SAME = [
    ("ada", "192.0.2.1", "ADA ", "192.0.2.1"),
    ("ﬁona", "192.0.2.1", "Fiona", "192.0.2.1"),
    ("ada", "2001:db8:1:2::1", "ada", "2001:db8:1:2:ffff::9"),
    ("ada", "192.0.2.1", "ada", "::ffff:192.0.2.1"),
]
DIFFERENT = [
    ("ada", "192.0.2.1", "ada2", "192.0.2.1"),
    ("ada", "2001:db8:1:2::1", "ada", "2001:db8:1:3::1"),
    ("ada", "192.0.2.1", "ada", "192.0.2.2"),
]


@pytest.mark.parametrize(("name", "address", "other", "place"), SAME)
async def test_the_same_account_in_another_spelling(name: str, address: str, other: str, place: str) -> None:
    harness = Harness(LoginThrottle(per_account=1))
    assert await harness.codes(1, name, address=address) == [401]
    assert await harness.codes(1, other, address=place) == [429]


@pytest.mark.parametrize(("name", "address", "other", "place"), DIFFERENT)
async def test_other_accounts_and_networks(name: str, address: str, other: str, place: str) -> None:
    harness = Harness(LoginThrottle(per_account=1))
    assert await harness.codes(1, name, address=address) == [401]
    assert await harness.codes(1, other, address=place) == [401]


@pytest.mark.parametrize("client", [None, ("", 0), ("unix:/run/app", 0)])
@pytest.mark.parametrize("name", [None, 7, "", "x" * 100_000, "\ud800"])
async def test_any_account_name_and_address(client: object, name: object) -> None:
    connection = HTTPConnection(http_scope("/login", client=client))
    throttle = LoginThrottle(per_account=1)
    await throttle.attempt(connection, name)
    with pytest.raises(TooManyAttempts) as caught:
        await throttle.attempt(connection, name)
    assert caught.value.retry_after > 0


async def test_without_its_server_no_sign_in_is_possible(
    own_valkey: ValkeyProcess, caplog: pytest.LogCaptureFixture
) -> None:
    harness = Harness(LoginThrottle(own_valkey.url))
    assert await harness.codes(1, "ada", password="lovelace") == [200]
    own_valkey.kill()
    with caplog.at_level(logging.INFO, "pyview.security"):
        refused = await harness.try_("ada", "lovelace")
    assert refused.status_code == 503
    assert refused.headers["retry-after"]
    assert "cannot be counted" in caplog.text
    own_valkey.start()
    assert await harness.codes(1, "ada", password="lovelace") == [200]
    await harness.throttle.close()


async def test_a_user_of_the_server_with_the_documented_rights_can_count(own_valkey: ValkeyProcess) -> None:
    with own_valkey.client() as admin:
        commands, names = ["+@all", "-@dangerous"], ["pyview:*"]
        admin.acl_setuser("web", enabled=True, passwords=["+hunter2"], commands=commands, keys=names)
        path = own_valkey.url.removeprefix("unix://")
        harness = Harness(LoginThrottle(f"unix://web:hunter2@{path}"))
        assert await harness.codes(6, "ann") == [401] * 5 + [429]
        await harness.throttle.close()


async def test_it_is_in_the_audit_trail_without_the_name(caplog: pytest.LogCaptureFixture) -> None:
    harness = Harness(LoginThrottle(per_account=1))
    with caplog.at_level(logging.INFO, "pyview.security"):
        await harness.codes(2, "s3cret-typed-into-the-wrong-field")
    (record,) = caplog.records
    assert record.__dict__["event"] == "auth.rate_limited"
    assert record.__dict__["client"] == "192.0.2.1"
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize("limits", [{"per_account": 0}, {"per_address": -1}, {"window": 0}])
def test_invalid_limits(limits: Any) -> None:
    with pytest.raises(ValueError, match="positive"):
        LoginThrottle(**limits)


def numbered() -> Callable[[], str]:
    numbers = count()
    return lambda: f"user{next(numbers)}"


async def test_memory_is_freed_after_the_window(monkeypatch: pytest.MonkeyPatch) -> None:
    throttle = LoginThrottle(per_address=100_000, window=1)
    connection, name = HTTPConnection(http_scope("/login", client=("192.0.2.1", 1))), numbered()
    for _ in range(500):
        await throttle.attempt(connection, name())
    shift_time(monkeypatch, 2)
    with suppress(TooManyAttempts):
        await throttle.attempt(connection, name())
    await eventually(lambda: len(throttle._storage.storage) <= 2)  # type: ignore[attr-defined]
