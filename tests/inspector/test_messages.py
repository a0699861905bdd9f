"""What the inspector shows of the messages of a page."""

import logging

import pytest

from pyview.testing import LiveClient, ViewCrashed
from tests.inspector.pages import application, details, inspected, recorder_of


async def test_a_message_is_shown_with_payload_handler_and_sizes() -> None:
    async with inspected(application()) as (page, inspector):
        await page.push("add", {"step": "3"})
        shown = await details(inspector, 2)
        assert shown.find(".details h2").text == "2 · event 'add'"
        assert '"step": "3"' in shown.find(".payload").text
        assert shown.exists(".details a[href^='vscode://file/']", "Todo.add")
        assert "pages.py:" in shown.find(".details").text
        assert shown.find(".message[aria-current] .title").text == "event 'add'"


async def test_a_part_names_its_expression_and_the_names_that_changed() -> None:
    async with inspected(application()) as (page, inspector):
        await page.push("add")
        await page.push("finish", {"id": "2"})
        parts = (await details(inspector, 2)).find_all(".part")
        assert [each.text for each in parts] == ["{{ count }} todo.html:1 count changed"]
        parts = (await details(inspector, 3)).find_all(".part")
        assert [each.text for each in parts] == ["{% if item.done %} todo.html:2 items changed"]


async def test_names_that_changed_are_shown_before_and_after() -> None:
    async with inspected(application()) as (page, inspector):
        await page.push("add", {"step": "3"})
        changes = (await details(inspector, 2)).find_all(".change")
        assert [each.text for each in changes] == ["count 0 3", "self.seen 0 1"]


async def test_slow_handlers_and_large_diffs_are_marked() -> None:
    async with inspected(application()) as (page, inspector):
        await page.push("wait")
        await page.push("grow")
        await inspector.wait_for(lambda shown: shown.exists(".large"))
        marks = {row.find(".number").text: row.find(".marks").text for row in inspector.find_all(".message")}
        assert marks["2"] == "slow"
        assert "large" in marks["3"]


async def test_secrets_of_payload_and_state_are_hidden() -> None:
    async with inspected(application()) as (page, inspector):
        await page.push("pay", {"password": "hunter2-hunter2"})
        shown = await details(inspector, 2)
        assert "hunter2" not in shown.html
        await inspector.click("[phx-value-name=state]")
        assert "api_token" in inspector.find(".state").text
        assert "s3cret" not in inspector.html


async def test_the_messages_before_a_crash_stay_and_the_failure_is_shown() -> None:
    app = application()
    async with inspected(app) as (page, inspector):
        await page.push("add")
        with pytest.raises(ViewCrashed):
            await page.push("fail")
        shown = await details(inspector, 3)
        assert shown.find(".failure").text == "ValueError: out of milk"
        await page.settle()
        await inspector.wait_for(lambda shown: shown.exists(".message[phx-value-number='4']"))
        assert "joined 2 times" in inspector.find(".view").text
        [record] = recorder_of(app).views_of(recorder_of(app).pages[0])
        assert [each.title for each in record.messages] == ["join", "event 'add'", "event 'fail'", "join"]


async def test_nested_views_are_listed_and_chosen() -> None:
    async with inspected(application(), "/around") as (_, inspector):
        names = [each.text for each in inspector.find_all(".view .name")]
        assert names == ["Around", "Todo"]
        await inspector.click(".view[data-depth='1'] button")
        assert inspector.find(".message .title").text == "join"


async def test_the_state_is_a_tree_that_opens() -> None:
    async with inspected(application()) as (_, inspector):
        await inspector.click("[phx-value-name=state]")
        assert inspector.find(".state .name", "items").text == "items"
        await inspector.click("button[aria-label=items]")
        await inspector.click("button[aria-label='1']")
        assert "'milk'" in inspector.find(".state").text


async def test_the_inspector_does_not_record_itself() -> None:
    app = application()
    async with inspected(app) as (_, inspector):
        await inspector.click("[phx-value-name=state]")
        assert len(recorder_of(app).pages) == 1


async def test_a_page_of_which_nothing_is_known_says_so() -> None:
    app = application()
    async with LiveClient(app) as client:
        token = app.app_context.signatures.mint_inspector_token(("gone", "load"), "")
        inspector = await client.open(f"/live/inspector?token={token}")
        assert "reload the page" in inspector.text


async def test_the_log_has_no_messages_of_the_inspector(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "pyview.messages")
    async with inspected(application()) as (page, inspector):
        await page.push("add")
        await (await details(inspector, 2)).click("[phx-click=back]")
        await page.wait_for(lambda shown: shown.find("h1").text == "0")
    lines = [record.getMessage() for record in caplog.records if record.name == "pyview.messages"]
    assert {line.partition(":")[0] for line in lines} == {"Todo"}
    assert any("step back to before message 2" in line for line in lines)
