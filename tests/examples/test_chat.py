"""Tests of the chat room and its pages."""

import pytest

from examples.chat.app import app
from examples.chat.room import LONGEST_MESSAGE, LONGEST_NAME, NotAccepted, Room
from pyview.testing import LiveClient, Page


def test_names_are_normalised_and_unique() -> None:
    room = Room()
    assert room.enter("  Ada   Lovelace ") == "Ada Lovelace"
    with pytest.raises(NotAccepted, match="already taken"):
        room.enter("ada lovelace")
    room.leave("Ada Lovelace")
    assert room.enter("ada lovelace") == "ada lovelace"


@pytest.mark.parametrize("name", ["", "   ", "x" * (LONGEST_NAME + 1)])
def test_invalid_names_are_refused(name: str) -> None:
    with pytest.raises(NotAccepted):
        Room().enter(name)


@pytest.mark.parametrize("text", ["", " \n ", "x" * (LONGEST_MESSAGE + 1)])
def test_invalid_messages_are_refused(text: str) -> None:
    with pytest.raises(NotAccepted):
        Room().send("Ada", text)


def test_the_room_keeps_only_the_latest_messages() -> None:
    room = Room(kept=2)
    for text in ("one", "two", "three"):
        room.send("Ada", text)
    assert [message.text for message in room.messages] == ["two", "three"]


async def enter(client: LiveClient, name: str) -> Page:
    page = await client.open("/")
    await page.submit("form", {"name": name})
    await page.settle()
    return page


async def test_a_message_reaches_all_pages() -> None:
    async with LiveClient(app) as client:
        ada, grace, guest = await enter(client, "Ada"), await enter(client, "Grace"), await client.open("/")
        await ada.submit("form", {"text": "Hello <b>Grace</b>"})
        for page in (ada, grace, guest):
            await page.settle()
            assert page.find_all(".message .bubble")[-1].text.endswith("Hello <b>Grace</b>")
        assert ada.exists(".message.own")
        assert not grace.exists(".message.own")


async def test_all_pages_show_members_that_enter_and_leave() -> None:
    async with LiveClient(app) as client:
        ada = await enter(client, "Ada")
        assert ada.has_text("Ada is here")
        grace = await enter(client, "Grace")
        await ada.settle()
        assert ada.has_text("Ada, Grace are here")
        await grace.close()
        await ada.wait_for(lambda page: page.has_text("Ada is here"))


async def test_a_guest_can_enter_and_leave() -> None:
    async with LiveClient(app) as client:
        page = await enter(client, "Ada")
        assert page.find(".flash.info").text.startswith("Welcome, Ada.")
        await page.click("button", "Leave")
        await page.settle()
        assert page.exists("#name")
        assert page.has_text("The room is empty")


async def test_an_error_is_shown_until_it_is_dismissed() -> None:
    async with LiveClient(app) as client:
        await enter(client, "Ada")
        page = await enter(client, "ada")
        assert page.find(".flash.error").text.startswith("The name ada is already taken.")
        await page.click(".flash button")
        assert not page.exists(".flash")


async def test_the_input_is_a_new_one_after_each_message() -> None:
    async with LiveClient(app) as client:
        page = await enter(client, "Ada")
        await page.submit("form", {"text": "One"})
        assert page.exists("#message-1")
        assert page.value("#message-1") == ""


async def test_a_guest_cannot_send_messages() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        before = len(page.find_all(".message .bubble"))
        await page.push("send", {"text": "Let me in"})
        await page.settle()
        assert len(page.find_all(".message .bubble")) == before
