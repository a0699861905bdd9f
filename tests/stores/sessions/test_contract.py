"""The contract of session stores; each test runs on each implementation."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from pyview.stores.sessions import KeyTaken, Record, SessionStore

OneMore = Callable[[], Awaitable[SessionStore]]
NOW = 1_800_000_000.123456
HOUR = 3600.0


def record(key: str = "a", user: str = "", **changes: object) -> Record:
    plain = Record(key, b"{}", user, NOW, NOW, NOW + 10 * HOUR, HOUR)
    return replace(plain, **changes)  # type: ignore[arg-type]


async def test_every_worker_loads_a_created_session(one_more: OneMore) -> None:
    one, two = await one_more(), await one_more()
    kept = record("é'\"*", "user:ü", data=b'{"a":"\\u00e9"}', idle_timeout=0.1 + 0.2)
    await one.create(kept)
    for store in (one, two):
        assert await store.load("é'\"*", NOW) == kept


async def test_unknown_keys_are_neither_loaded_nor_created(one_more: OneMore) -> None:
    store = await one_more()
    assert await store.load("a", NOW) is None
    assert not await store.save("a", b"{}", 1, NOW)
    assert not await store.save("a", b"{}", 0, NOW)
    assert not await store.touch("a", NOW)
    assert not await store.rotate("a", 1, record("b"))
    await store.delete("a")
    assert (await store.load("a", NOW), await store.load("b", NOW)) == (None, None)


async def test_a_key_that_is_taken_is_not_taken_over(one_more: OneMore) -> None:
    one, two = await one_more(), await one_more()
    await one.create(record("a", "victim"))
    await one.create(record("b", "attacker"))
    with pytest.raises(KeyTaken, match="new random id"):
        await two.create(record("a", "attacker"))
    with pytest.raises(KeyTaken, match="new random id"):
        await two.rotate("b", 1, record("a", "attacker"))
    assert await one.load("a", NOW) == record("a", "victim")
    assert await one.load("b", NOW) == record("b", "attacker")
    assert await two.list_user("attacker", NOW) == [record("b", "attacker")]


async def test_the_key_of_an_ended_session_may_be_used_again(one_more: OneMore) -> None:
    store = await one_more()
    await store.create(record("a", "one"))
    again = record("a", "two", last_seen_at=NOW + HOUR)
    await store.create(again)
    assert await store.load("a", NOW + HOUR) == again
    assert await store.list_user("one", NOW + HOUR) == []
    assert await store.delete_user("one") == []
    assert await store.load("a", NOW + HOUR) == again


async def test_save_compares_and_sets(one_more: OneMore) -> None:
    one, two = await one_more(), await one_more()
    await one.create(record("a", "u"))
    assert await one.save("a", b'{"n":1}', 1, NOW + 1)
    assert not await two.save("a", b'{"n":2}', 1, NOW + 2)
    saved = record("a", "u", data=b'{"n":1}', version=2, last_seen_at=NOW + 1)
    assert await two.load("a", NOW) == saved
    assert await two.save("a", b'{"n":3}', 2, NOW)
    assert await one.load("a", NOW) == replace(saved, data=b'{"n":3}', version=3)


async def test_a_deleted_session_is_not_resurrected(one_more: OneMore) -> None:
    one, two = await one_more(), await one_more()
    await one.create(record("a", "u"))
    await one.delete("a")
    await one.delete("a")
    assert not await two.save("a", b'{"n":1}', 1, NOW)
    assert not await two.touch("a", NOW)
    assert not await two.rotate("a", 1, record("b", "u"))
    assert (await one.load("a", NOW), await one.load("b", NOW)) == (None, None)
    assert await one.list_user("u", NOW) == []


async def test_rotation_moves_in_one_step(one_more: OneMore) -> None:
    one, two = await one_more(), await one_more()
    await one.create(record("a"))
    assert not await two.rotate("a", 2, record("b", "u"))
    assert await two.rotate("a", 1, record("b", "u", data=b'{"u":1}'))
    assert await one.load("a", NOW) is None
    assert await one.load("b", NOW) == record("b", "u", data=b'{"u":1}')
    assert not await one.rotate("a", 1, record("c", "u"))
    with pytest.raises(KeyTaken):
        await one.rotate("b", 1, record("b", "u"))
    assert not await one.save("a", b"{}", 1, NOW)
    assert await one.list_user("u", NOW) == [record("b", "u", data=b'{"u":1}')]


async def test_an_unused_session_ends(one_more: OneMore) -> None:
    store = await one_more()
    await store.create(record("a", "u"))
    last_moment, over = NOW + HOUR - 0.01, NOW + HOUR
    assert await store.load("a", last_moment)
    assert await store.list_user("u", last_moment)
    assert await store.load("a", over) is None
    assert await store.list_user("u", over) == []
    assert not await store.save("a", b"{}", 1, over)
    assert not await store.touch("a", over)
    assert not await store.rotate("a", 1, record("b", last_seen_at=over))


@pytest.mark.parametrize("use", ["touch", "save"])
async def test_use_extends_a_session_up_to_its_latest_end(one_more: OneMore, use: str) -> None:
    store = await one_more()
    await store.create(record("a"))
    now, version = NOW, 1
    while now < NOW + 9.5 * HOUR:
        now += HOUR / 2
        if use == "touch":
            assert await store.touch("a", now)
        else:
            assert await store.save("a", b"{}", version, now)
            version += 1
    assert (await store.load("a", NOW + 10 * HOUR - 0.01)) is not None
    assert await store.load("a", NOW + 10 * HOUR) is None


async def test_touch_keeps_the_version_and_never_moves_the_time_back(one_more: OneMore) -> None:
    one, two = await one_more(), await one_more()
    await one.create(record("a"))
    assert await one.touch("a", NOW + 5.5)
    assert await two.touch("a", NOW + 3)
    assert await two.load("a", NOW) == record("a", last_seen_at=NOW + 5.5)
    assert await two.save("a", b"{}", 1, NOW + 6)


async def test_the_sessions_of_a_user(one_more: OneMore) -> None:
    one, two = await one_more(), await one_more()
    for number, key in enumerate("abc"):
        await one.create(record(key, "u", last_seen_at=NOW + number))
    await one.create(record("d", "other"))
    await one.create(record("e"))
    await two.touch("a", NOW + 9)
    assert [found.key for found in await two.list_user("u", NOW)] == ["a", "c", "b"]
    assert await two.list_user("", NOW) == []
    assert await two.list_user("nobody", NOW) == []
    assert sorted(await two.delete_user("u", keep="c")) == ["a", "b"]
    assert [found.key for found in await one.list_user("u", NOW)] == ["c"]
    assert await one.delete_user("u") == ["c"]
    assert await one.delete_user("u") == []
    assert await one.delete_user("") == []
    assert await one.list_user("u", NOW) == []
    assert [await one.load(key, NOW) for key in "abc"] == [None] * 3
    assert await one.load("d", NOW)
    assert await one.load("e", NOW)


async def test_one_of_many_concurrent_saves_wins(one_more: OneMore) -> None:
    stores = [await one_more() for _ in range(2)]
    await stores[0].create(record("a"))
    for version in range(1, 6):
        saving = [stores[n % 2].save("a", b'{"n":%d}' % n, version, NOW) for n in range(20)]
        won = await asyncio.gather(*saving)
        assert won.count(True) == 1
        found = await stores[0].load("a", NOW)
        assert found is not None
        assert (found.data, found.version) == (b'{"n":%d}' % won.index(True), version + 1)


async def test_a_save_that_races_with_a_sign_out_fails(one_more: OneMore) -> None:
    one, two = await one_more(), await one_more()
    for number in range(20):
        old, new = f"old{number}", f"new{number}"
        await one.create(record(old, "u"))
        racing: list[Awaitable[object]] = [
            one.save(old, b'{"n":1}', 1, NOW),
            two.rotate(old, 1, record(new, "u")),
            one.delete(old),
            two.touch(old, NOW),
            two.save(old, b'{"n":2}', 1, NOW),
        ]
        saved, rotated, _, _, saved_too = await _in_turn(racing, number % 5)
        assert await one.load(old, NOW) is None
        assert (await two.load(new, NOW) is not None) == rotated
        assert sum([bool(saved), bool(rotated), bool(saved_too)]) <= 1


async def _in_turn(racing: list[Awaitable[object]], first: int) -> list[object]:
    """Start the calls from the `first` one on. Return the results in the order of the arguments."""
    answers = await asyncio.gather(*racing[first:], *racing[:first])
    split = len(racing) - first
    return [*answers[split:], *answers[:split]]


async def test_signing_out_everywhere_leaves_no_session_in_a_race(one_more: OneMore) -> None:
    one, two = await one_more(), await one_more()
    for number in range(10):
        user = f"user{number}"
        keys = [f"{user}-{n}" for n in range(5)]
        for key in keys:
            await one.create(record(key, user))
        rotations = [two.rotate(key, 1, record(f"{key}-new", user)) for key in keys]
        deleted, rotated = await asyncio.gather(one.delete_user(user), asyncio.gather(*rotations))
        # Each was deleted under its old key, or rotated before that and deleted under its new key.
        for key, moved in zip(keys, rotated, strict=True):
            assert (f"{key}-new" if moved else key) in deleted
        assert await two.list_user(user, NOW) == []
        assert [await one.load(key, NOW) for key in keys] == [None] * 5


@pytest.mark.parametrize(
    "changes",
    [{"key": ""}, {"expires_at": math.inf}, {"idle_timeout": math.nan}, {"last_seen_at": -math.inf}],
)
def test_a_record_without_a_key_or_an_end_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Record expected"):
        record(**changes)  # type: ignore[arg-type]
