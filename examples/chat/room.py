"""The room itself: who is here and what was said last, and nothing about the web."""

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from zlib import crc32

KEPT_MESSAGES = 50
LONGEST_NAME = 24
LONGEST_MESSAGE = 500
TONES = 6


class NotAccepted(ValueError):
    """A name or a message that the room does not take; says why, in words for its author."""


@dataclass(frozen=True, slots=True)
class Message:
    id: int
    author: str
    text: str
    at: datetime

    @property
    def tone(self) -> int:
        """One of a few colours, always the same one for the same author."""
        return crc32(self.author.encode()) % TONES


class Room:
    """A chat room that remembers the last few messages."""

    def __init__(self, kept: int = KEPT_MESSAGES) -> None:
        self._ids = count(1)
        self._messages: deque[Message] = deque(maxlen=kept)
        self._people: set[str] = set()

    @property
    def messages(self) -> tuple[Message, ...]:
        return tuple(self._messages)

    @property
    def people(self) -> tuple[str, ...]:
        return tuple(sorted(self._people, key=str.casefold))

    def enter(self, name: str) -> str:
        """Take a place under this name, tidied; NotAccepted if that cannot be."""
        tidy = " ".join(name.split())
        if not 0 < len(tidy) <= LONGEST_NAME:
            raise NotAccepted(f"A name has 1 to {LONGEST_NAME} characters.")
        if tidy.casefold() in {person.casefold() for person in self._people}:
            raise NotAccepted(f"There is a {tidy} here already. Choose another name.")
        self._people.add(tidy)
        return tidy

    def leave(self, name: str) -> None:
        self._people.discard(name)

    def say(self, author: str, text: str) -> Message:
        """Add a message; NotAccepted if it is empty or too long."""
        tidy = text.strip()
        if not 0 < len(tidy) <= LONGEST_MESSAGE:
            raise NotAccepted(f"A message has 1 to {LONGEST_MESSAGE} characters.")
        message = Message(next(self._ids), author, tidy, datetime.now(UTC))
        self._messages.append(message)
        return message
