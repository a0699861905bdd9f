"""The chat: a room, and the pages of those in it."""

import pytest

from examples.chat.room import LONGEST_MESSAGE, LONGEST_NAME, NotAccepted, Room


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
