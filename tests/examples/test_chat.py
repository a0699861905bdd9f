"""The chat: a room, and the pages of those in it."""

import pytest

from examples.chat.app import app
from examples.chat.room import LONGEST_MESSAGE, LONGEST_NAME, NotAccepted, Room
from pyview.testing import LiveClient, Page


def test_a_name_is_tidied_and_taken_once() -> None:
    room = Room()
    assert room.enter("  Ada   Lovelace ") == "Ada Lovelace"
    with pytest.raises(NotAccepted, match="here already"):
        room.enter("ada lovelace")
    room.leave("Ada Lovelace")
    assert room.enter("ada lovelace") == "ada lovelace"


@pytest.mark.parametrize("name", ["", "   ", "x" * (LONGEST_NAME + 1)])
def test_a_name_of_no_use_is_refused(name: str) -> None:
    with pytest.raises(NotAccepted):
        Room().enter(name)


@pytest.mark.parametrize("text", ["", " \n ", "x" * (LONGEST_MESSAGE + 1)])
def test_a_message_of_no_use_is_refused(text: str) -> None:
    with pytest.raises(NotAccepted):
        Room().say("Ada", text)


def test_the_room_remembers_only_the_last_messages() -> None:
    room = Room(kept=2)
    for text in ("one", "two", "three"):
        room.say("Ada", text)
    assert [message.text for message in room.messages] == ["two", "three"]


async def enter(client: LiveClient, name: str) -> Page:
    page = await client.open("/")
    await page.submit("form", {"name": name})
    await page.settle()
    return page


async def test_what_one_says_everybody_reads() -> None:
    async with LiveClient(app) as client:
        ada, grace, guest = await enter(client, "Ada"), await enter(client, "Grace"), await client.open("/")
        await ada.submit("form", {"text": "Hello <b>Grace</b>"})
        for page in (ada, grace, guest):
            await page.settle()
            assert page.find_all(".message .bubble")[-1].text.endswith("Hello <b>Grace</b>")
        assert ada.exists(".message.own")
        assert not grace.exists(".message.own")


async def test_everybody_sees_who_comes_and_goes() -> None:
    async with LiveClient(app) as client:
        ada = await enter(client, "Ada")
        assert ada.has_text("Ada is here")
        grace = await enter(client, "Grace")
        await ada.settle()
        assert ada.has_text("Ada, Grace are here")
        await grace.close()
        await ada.wait_for(lambda page: page.has_text("Ada is here"))


async def test_a_guest_becomes_a_member_and_a_guest_again() -> None:
    async with LiveClient(app) as client:
        page = await enter(client, "Ada")
        assert page.find(".flash.info").text.startswith("Welcome, Ada.")
        await page.click("button", "Leave")
        await page.settle()
        assert page.exists("#name")
        assert page.has_text("Nobody is here yet")


async def test_a_refusal_is_told_until_it_is_dismissed() -> None:
    async with LiveClient(app) as client:
        await enter(client, "Ada")
        page = await enter(client, "ada")
        assert page.find(".flash.error").text.startswith("There is a ada here already.")
        await page.click(".flash button")
        assert not page.exists(".flash")


async def test_the_field_is_a_new_one_after_each_message() -> None:
    async with LiveClient(app) as client:
        page = await enter(client, "Ada")
        await page.submit("form", {"text": "One"})
        assert page.exists("#message-1")
        assert page.value("#message-1") == ""


async def test_a_guest_says_nothing_whatever_the_browser_sends() -> None:
    async with LiveClient(app) as client:
        page = await client.open("/")
        before = len(page.find_all(".message .bubble"))
        await page.push("say", {"text": "Let me in"})
        await page.settle()
        assert len(page.find_all(".message .bubble")) == before
