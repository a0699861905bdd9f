"""Presence on one worker: its lists and its diffs."""

import asyncio
import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyview.events.info_event import InfoEvent
from pyview.presence import DIFF_EVENT, Presence, PresenceDiff, Present
from pyview.presence.outbox import WORKERS
from pyview.pubsub.memory import MemoryPubSub
from pyview.wire.message import UnencodableValue, encoded
from tests.asgi import eventually


class View:
    def __init__(self) -> None:
        self.diffs: list[PresenceDiff] = []

    def deliver(self, event: InfoEvent) -> None:
        assert event.name == DIFF_EVENT
        self.diffs.append(event.payload)


@pytest.fixture
def presence() -> Presence:
    return Presence(MemoryPubSub())


def metas(users: dict[str, Present]) -> dict[str, list[dict[str, Any]]]:
    return {key: [dict(meta) for meta in present.metas] for key, present in users.items()}


async def a_turn() -> None:
    await asyncio.sleep(0)
    await asyncio.sleep(0)


async def test_a_tracked_view_is_listed_immediately(presence: Presence) -> None:
    presence.track(View(), "room", "ada", {"at": "door"})
    presence.track(View(), "room", 7)
    assert metas(presence.list("room")) == {"ada": [{"at": "door"}], "7": [{}]}
    assert presence.list("other") == {}
    assert (presence.get("room", 7), presence.get("room", "bob")) == (Present("7", ({},)), None)


async def test_many_tabs_of_one_user_are_one_entry(presence: Presence) -> None:
    one, two, watcher = View(), View(), View()
    presence.subscribe("room", watcher)
    presence.track(one, "room", "ada", {"tab": 1})
    await a_turn()
    presence.track(two, "room", "ada", {"tab": 2})
    assert metas(presence.list("room")) == {"ada": [{"tab": 1}, {"tab": 2}]}
    present = presence.get("room", "ada")
    assert present is not None
    assert present.meta == {"tab": 2}
    await a_turn()
    presence.drop(one)
    await a_turn()
    presence.drop(two)
    await a_turn()
    assert [(diff.joins, diff.leaves, diff.arrived, diff.left) for diff in watcher.diffs] == [
        ({"ada": ({"tab": 1},)}, {}, ("ada",), ()),
        ({"ada": ({"tab": 2},)}, {}, (), ()),
        ({}, {"ada": ({"tab": 1},)}, (), ()),
        ({}, {"ada": ({"tab": 2},)}, (), ("ada",)),
    ]


async def test_a_changed_meta_leaves_and_joins(presence: Presence) -> None:
    view = View()
    presence.subscribe("room", view)
    presence.track(view, "room", "ada", {"typing": False})
    await a_turn()
    presence.update(view, "room", "ada", {"typing": True})
    presence.track(view, "room", "ada", {"typing": True})
    await a_turn()
    changed = PresenceDiff("room", {"ada": ({"typing": True},)}, {"ada": ({"typing": False},)})
    assert view.diffs[1:] == [changed]
    with pytest.raises(LookupError, match=r"update\('room', 'bob'\) expected a key that this view tracks"):
        presence.update(view, "room", "bob", {})


async def test_one_turn_is_one_diff_without_entries_that_came_and_left(presence: Presence) -> None:
    view, views = View(), [View() for _ in range(10)]
    presence.subscribe("room", view)
    for number, each in enumerate(views):
        presence.track(each, "room", number)
    for each in views[:9]:
        presence.drop(each)
    await a_turn()
    assert view.diffs == [PresenceDiff("room", {"9": ({},)}, {}, ("9",))]
    presence.track(view, "room", "x")
    presence.untrack(view, "room")
    await a_turn()
    assert len(view.diffs) == 1


async def test_untracked_views_go_and_others_stay(presence: Presence) -> None:
    view, other = View(), View()
    for key in ("a", "b"):
        presence.track(view, "one", key)
        presence.track(view, "two", key)
        presence.track(other, "one", key)
    presence.untrack(view, "one", "a")
    presence.untrack(view, "one", "never")
    presence.untrack(View(), "one")
    assert {key: len(one.metas) for key, one in presence.list("one").items()} == {"a": 1, "b": 2}
    presence.untrack(view, "one")
    presence.untrack(view, "one")
    assert {key: len(one.metas) for key, one in presence.list("one").items()} == {"a": 1, "b": 1}
    assert list(presence.list("two")) == ["a", "b"]


async def test_users_are_listed_in_the_order_of_arrival(presence: Presence) -> None:
    first, second = View(), View()
    presence.track(first, "room", "zoe")
    presence.track(second, "room", "ada")
    presence.track(first, "room", "zoe", {"changed": True})
    assert list(presence.list("room")) == ["zoe", "ada"]


async def test_ended_views_get_no_diffs(presence: Presence) -> None:
    view, ended = View(), View()
    presence.subscribe("room", ended)
    presence.subscribe("room", view)
    presence.subscribe("room", view)
    presence.track(view, "room", "ada")
    presence.drop(ended)
    await a_turn()
    presence.unsubscribe("room", view)
    presence.unsubscribe("never", view)
    presence.drop(view)
    await a_turn()
    assert (len(ended.diffs), len(view.diffs)) == (0, 1)


async def test_no_state_of_ended_views_remains(presence: Presence) -> None:
    for number in range(100):
        view = View()
        presence.subscribe(f"room {number}", view)
        presence.track(view, f"room {number}", "ada")
        await a_turn()
        presence.drop(view)
    await a_turn()
    await a_turn()
    parts = [part for part in vars(presence).values() if type(part).__module__.startswith("pyview.presence.")]
    kept = [value for part in (presence, *parts) for value in vars(part).values()]
    known = [value for value in kept if isinstance(value, dict | set)]
    assert len(known) > 10
    assert not any(known)


async def test_a_meta_is_read_only_and_copied(presence: Presence) -> None:
    meta: dict[str, Any] = {"name": "Ada", "seen": [1, {"a": 2}]}
    presence.track(View(), "room", "ada", meta)
    meta["name"] = "Eve"
    found = presence.list("room")["ada"].meta
    assert found["name"] == "Ada"
    with pytest.raises(TypeError):
        found["name"] = "Eve"  # type: ignore[index]
    with pytest.raises(TypeError):
        found["seen"][1]["a"] = 3
    assert json.loads(orjson.dumps(encoded(presence.list("room"), "test"))) == {
        "ada": {"key": "ada", "metas": [{"name": "Ada", "seen": [1, {"a": 2}]}]}
    }


async def test_an_invalid_meta_is_refused_immediately(presence: Presence) -> None:
    with pytest.raises(UnencodableValue, match="a presence's meta needs JSON data"):
        presence.track(View(), "room", "ada", {"socket": object()})
    with pytest.raises(TypeError, match="must be a mapping"):
        presence.track(View(), "room", "ada", ["Ada"])  # type: ignore[arg-type]
    assert presence.list("room") == {}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["track", "untrack", "drop", "turn"]),
        st.integers(0, 2),
        st.sampled_from("ab"),
        st.integers(0, 1),
    ),
    max_size=30,
)


@given(STEPS)
def test_the_diffs_lead_to_the_list(steps: list[tuple[str, int, str, int]]) -> None:
    asyncio.run(_diffs_lead_to_list(steps))


async def _diffs_lead_to_list(steps: list[tuple[str, int, str, int]]) -> None:
    presence, watcher = Presence(MemoryPubSub()), View()
    views = [View(), View(), View()]
    presence.subscribe("room", watcher)
    for step, view, key, meta in steps:
        if step == "track":
            presence.track(views[view], "room", key, {"n": meta})
        elif step == "untrack":
            presence.untrack(views[view], "room", key)
        elif step == "drop":
            presence.drop(views[view])
        else:
            await a_turn()
    await a_turn()
    followed: dict[str, list[dict[str, int]]] = {}
    for diff in watcher.diffs:
        before = set(followed)
        for key, ended in diff.leaves.items():
            for each in ended:
                followed[key].remove(dict(each))
        for key, came in diff.joins.items():
            followed.setdefault(key, []).extend(dict(each) for each in came)
        followed = {key: left for key, left in followed.items() if left}
        assert set(diff.arrived) == set(followed) - before
        assert set(diff.left) == before - set(followed)
    listed = {
        key: sorted(each["n"] for each in present.metas) for key, present in presence.list("room").items()
    }
    assert {key: sorted(each["n"] for each in left) for key, left in followed.items()} == listed
    await presence.close()


class Unavailable(MemoryPubSub):
    """Fails to send the goodbye of a worker. `asked` counts its requests for the entries of the others."""

    asked = 0

    async def broadcast(self, topic: str, message: Any, *, keep: float = 0.0) -> None:
        if isinstance(message, dict) and message.get("kind") == "bye":
            raise OSError("no connection")
        self.asked += isinstance(message, dict) and message.get("kind") == "ask"
        await super().broadcast(topic, message)


class Listener:
    def deliver(self, event: InfoEvent) -> None: ...


async def test_presence_starts_again_after_a_goodbye_that_failed() -> None:
    pubsub = Unavailable()
    await pubsub.subscribe(WORKERS, Listener())
    presence = Presence(pubsub)
    for _ in range(2):
        presence.track(View(), "room", "ada", {})
        await a_turn()
        with pytest.raises(OSError, match="no connection"):
            await presence.close()
    assert pubsub.asked == 2


async def test_a_single_worker_sends_no_messages() -> None:
    pubsub = Unavailable()
    presence = Presence(pubsub, 0.01)
    presence.track(View(), "room", "ada", {})
    await asyncio.sleep(0.05)
    await presence.close()
    assert pubsub.asked == 0


async def test_changes_while_views_render_the_last_diff_are_one_diff() -> None:
    rendered = asyncio.Event()

    async def served() -> None:
        await rendered.wait()

    presence, watcher = Presence(MemoryPubSub(), served=served), View()
    presence.subscribe("room", watcher)
    for number in range(10):
        presence.track(View(), "room", number)
        await a_turn()
    assert len(watcher.diffs) == 1
    rendered.set()
    # On a busy machine the views have rendered for so long that a pause follows.
    await eventually(lambda: len(watcher.diffs) > 1)
    assert [len(diff.arrived) for diff in watcher.diffs] == [1, 9]
    await presence.close()
