"""The members and the latest messages of a chat room, independent of the web."""

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
    """Invalid name or message. The text explains it to the user."""


@dataclass(frozen=True, slots=True)
class Message:
    id: int
    author: str
    text: str
    at: datetime

    @property
    def tone(self) -> int:
        """Number of a colour, always the same for the same author."""
        return crc32(self.author.encode()) % TONES


class Room:
    """A chat room that keeps the latest messages."""

    def __init__(self, kept: int = KEPT_MESSAGES) -> None:
        self._ids = count(1)
        self._messages: deque[Message] = deque(maxlen=kept)
        self._members: set[str] = set()

    @property
    def messages(self) -> tuple[Message, ...]:
        return tuple(self._messages)

    @property
    def members(self) -> tuple[str, ...]:
        return tuple(sorted(self._members, key=str.casefold))

    def enter(self, name: str) -> str:
        """Add a member and return the normalised name. Raises `NotAccepted`."""
        tidy = " ".join(name.split())
        if not 0 < len(tidy) <= LONGEST_NAME:
            raise NotAccepted(f"A name has 1 to {LONGEST_NAME} characters.")
        if tidy.casefold() in {person.casefold() for person in self._members}:
            raise NotAccepted(f"The name {tidy} is already taken. Choose another name.")
        self._members.add(tidy)
        return tidy

    def leave(self, name: str) -> None:
        self._members.discard(name)

    def send(self, author: str, text: str) -> Message:
        """Add a message. Raises `NotAccepted` if it is empty or too long."""
        tidy = text.strip()
        if not 0 < len(tidy) <= LONGEST_MESSAGE:
            raise NotAccepted(f"A message has 1 to {LONGEST_MESSAGE} characters.")
        message = Message(next(self._ids), author, tidy, datetime.now(UTC))
        self._messages.append(message)
        return message
