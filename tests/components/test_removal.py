"""Removal of components by the browser, and forged messages about it."""

from typing import Any

import pytest

from pyview.testing import Page, PageError, SocketClosed
from tests.components.conftest import Open
from tests.components.sample_components import Branch, Counter, Logged

SOURCE = "<p>{% if shown %}{{ live_component(Branch, id='b', name='b', leaves=2) }}{% endif %}</p>"


async def page_with_branch(open_page: Open, **names: Any) -> Page:
    page: Page = await open_page(SOURCE, Branch=Branch, shown=True)
    return page


def cids(page: Page) -> list[int]:
    return sorted(
        int(str(tag["data-phx-component"])) for tag in page._tab.state.soup.select("[data-phx-component]")
    )


def registry(page: Page) -> Any:
    return page.view.socket.components  # type: ignore[attr-defined]


async def test_a_removed_component_starts_again_when_it_is_placed_again(
    open_page: Open,
) -> None:
    page = await page_with_branch(open_page)
    assert cids(page) == [1, 2, 3]
    await page.push("set", {"shown": False})
    assert len([*registry(page)]) == 0
    await page.push("set", {"shown": True})
    assert cids(page) == [4, 5, 6]
    assert [each.text for each in page.find_all("i")] == ["b.0", "b.1"]


async def test_a_component_placed_again_before_its_removal_keeps_its_state(open_page: Open) -> None:
    page = await page_with_branch(open_page)
    await page.click("button")
    assert cids(page) == [1, 2, 3, 4]
    await page.send("cids_will_destroy", {"cids": [1, 2, 3, 4]})
    [frame] = await diffs_of(page, {"shown": False}, {"shown": True})
    component = frame["c"]["1"]
    assert component["r"] == 1
    assert component["s"][0].startswith('<div class="branch">')
    assert {*frame["c"]} == {"1", "2", "3", "4"}
    assert [each.text for each in page.find_all("i")] == ["b.0", "b.1", "b.2"]
    assert not any(instance.removal_pending for instance in registry(page))


async def diffs_of(page: Page, *contexts: dict[str, Any]) -> list[dict[str, Any]]:
    """Set contexts without the client's removal messages in between; return the last diff."""
    view, connection = page._tab.state.live()
    answers = []
    for context in contexts:
        payload = {"type": "hook", "event": "set", "value": context}
        pending = await connection.push(view.channel, "event", payload, None)
        await page._tab.state.answer(pending)
        diff = pending.response["diff"]
        view.update({key: value for key, value in diff.items() if key not in "ert"})
        page._tab.state.screen.changed()
        answers.append(diff)
    return answers[-1:]


async def test_nested_components_of_a_revived_component_are_removed(
    open_page: Open,
) -> None:
    page = await open_page(
        "<p>{% if shown %}{{ live_component(Branch, id='b', name='b', leaves=leaves) }}{% endif %}</p>",
        Branch=Branch,
        shown=True,
        leaves=2,
    )
    await page.send("cids_will_destroy", {"cids": [1, 2, 3]})
    await diffs_of(page, {"shown": False}, {"shown": True, "leaves": 1})
    assert [instance.cid for instance in registry(page) if instance.removal_pending] == [3]
    view, connection = page._tab.state.live()
    pending = await connection.push(view.channel, "cids_destroyed", {"cids": [1, 2, 3]})
    await page._tab.state.answer(pending)
    assert pending.response == {"cids": [3]}


async def test_cids_are_never_used_again(open_page: Open) -> None:
    page = await open_page("<p>{{ live_component(Counter, id=n) }}</p>", Counter=Counter, n=0)
    for n in range(1, 5):
        await page.push("set", {"n": n})
        assert cids(page) == [n + 1]
    assert len([*registry(page)]) == 1


async def ask(page: Page, message: str, payload: Any) -> Any:
    view, connection = page._tab.state.live()
    pending = await connection.push(view.channel, message, payload)
    await page._tab.state.answer(pending)
    return pending.response


STRANGE = [0, -1, 2, 2**60, -(2**60)]


class TestForgedMessages:
    @pytest.mark.parametrize("cid", STRANGE)
    async def test_events_for_unknown_components_change_nothing(self, open_page: Open, cid: int) -> None:
        page = await open_page("{{ live_component(Counter, id=1) }}", Counter=Counter)
        payload = {"type": "click", "event": "add", "value": {}, "cid": cid}
        assert await ask(page, "event", payload) == {}
        assert await ask(page, "event", {**payload, "event": "lv:clear-flash"}) == {}
        assert page.find("b").text == "0"

    @pytest.mark.parametrize("cid", ["1", 1.0, True, [1], {"cid": 1}, "", 10**30])
    async def test_an_invalid_cid_ends_the_socket(self, open_page: Open, cid: Any) -> None:
        page = await open_page("{{ live_component(Counter, id=1) }}", Counter=Counter)
        with pytest.raises((SocketClosed, PageError)):
            await ask(page, "event", {"type": "click", "event": "add", "value": {}, "cid": cid})
        assert page.close_code == 1003 or not page.connected

    @pytest.mark.parametrize("message", ["cids_will_destroy", "cids_destroyed"])
    @pytest.mark.parametrize(
        "payload", [None, [], {}, {"cids": None}, {"cids": "1"}, {"cids": ["1"]}, {"cids": [True]}]
    )
    async def test_invalid_lists_of_cids_end_the_socket(
        self, open_page: Open, message: str, payload: Any
    ) -> None:
        page = await open_page("{{ live_component(Counter, id=1) }}", Counter=Counter)
        with pytest.raises((SocketClosed, PageError)):
            await ask(page, message, payload)

    async def test_only_components_pending_removal_are_destroyed_and_only_once(self, open_page: Open) -> None:
        class Leaving(Logged): ...

        page = await open_page("<p>{{ live_component(Leaving, id=1) }}</p>", Leaving=Leaving)
        Leaving.log.clear()
        everything = {"cids": [1, 1, *STRANGE]}
        assert await ask(page, "cids_destroyed", everything) == {"cids": []}
        assert await ask(page, "cids_will_destroy", everything) == {}
        assert await ask(page, "cids_destroyed", everything) == {"cids": [1]}
        assert await ask(page, "cids_destroyed", everything) == {"cids": []}
        assert Leaving.log == [("disconnect", 0)]

    async def test_destroying_a_visible_component_affects_only_that_client(self, open_page: Open) -> None:
        page = await open_page(
            "<p>{{ n }}{{ live_component(Counter, id=1, label=n) }}</p>", Counter=Counter, n=1
        )
        await ask(page, "cids_will_destroy", {"cids": [1]})
        await ask(page, "cids_destroyed", {"cids": [1]})
        assert await ask(page, "event", {"type": "click", "event": "add", "value": {}, "cid": 1}) == {}
        await page.push("set", {"n": 2})
        assert cids(page) == [2]

    async def test_a_view_without_components_answers(self, open_page: Open) -> None:
        page = await open_page("<p></p>")
        assert await ask(page, "cids_will_destroy", {"cids": [1]}) == {}
        assert await ask(page, "cids_destroyed", {"cids": [1]}) == {"cids": []}
        assert await ask(page, "event", {"type": "click", "event": "add", "value": {}, "cid": 1}) == {}

    async def test_components_of_other_views_cannot_be_reached(self, open_page: Open) -> None:
        mine = await open_page("{{ live_component(Counter, id=1) }}", Counter=Counter)
        other = await open_page("{{ live_component(Counter, id=1) }}", Counter=Counter)
        await mine.click("button")
        assert (mine.find("b").text, other.find("b").text) == ("1", "0")

    async def test_the_number_of_components_in_a_view_is_limited(self, open_page: Open) -> None:
        with pytest.raises(
            RuntimeError, match=r"a view may have at most 3 live components \(SecurityConfig.max_components\)"
        ):
            await open_page(
                "<p>{% for n in range(4) %}{{ live_component(Counter, id=n) }}{% endfor %}</p>",
                Counter=Counter,
                options={"max_components": 3},
            )


async def test_statics_are_not_shared_with_a_component_pending_removal(open_page: Open) -> None:
    page = await open_page(
        "<p>{% for n in rows|keyed_by %}{{ live_component(Counter, id=n) }}{% endfor %}</p>",
        Counter=Counter,
        rows=[1],
    )
    [shared] = await diffs_of(page, {"rows": [1, 2]})
    assert shared["c"]["2"]["s"] == -1
    await ask(page, "cids_will_destroy", {"cids": [1]})
    [whole] = await diffs_of(page, {"rows": [1, 2, 3]})
    assert whole["c"]["3"]["s"][0].startswith("<div")
