"""A board of cards in columns, independent of the web."""

from dataclasses import dataclass
from itertools import count

COLUMNS = ("Ideas", "Doing", "Done")
LONGEST = 120
MOST_CARDS = 60


class NotAccepted(ValueError):
    """Invalid card. The text explains it to the user."""


@dataclass(frozen=True, slots=True)
class Card:
    id: int
    text: str


class Board:
    """Cards by column: `columns[i]` are the cards of COLUMNS[i], from top to bottom."""

    def __init__(self, texts: tuple[tuple[str, ...], ...] = ((), (), ())) -> None:
        self._numbers = count(1)
        self.columns = [[Card(next(self._numbers), text) for text in column] for column in texts]

    def add(self, text: str) -> None:
        """Add a card at the top of the first column. Raises `NotAccepted`."""
        text = " ".join(text.split())
        if not text:
            raise NotAccepted("Write what is to be done.")
        if len(text) > LONGEST:
            raise NotAccepted(f"A card holds {LONGEST} characters; this has {len(text)}.")
        if sum(map(len, self.columns)) >= MOST_CARDS:
            raise NotAccepted("The board is full. Remove a card first.")
        self.columns[0].insert(0, Card(next(self._numbers), text))

    def move(self, card_id: int, column: int, position: int) -> bool:
        """Move a card into a column, before the card at `position`. Return False if one does not exist."""
        card = self.remove(card_id) if 0 <= column < len(COLUMNS) else None
        if card is None:
            return False
        self.columns[column].insert(max(position, 0), card)
        return True

    def remove(self, card_id: int) -> Card | None:
        """Remove a card and return it, or None if it does not exist."""
        for cards in self.columns:
            for card in cards:
                if card.id == card_id:
                    cards.remove(card)
                    return card
        return None

    def column_of(self, card_id: int) -> int | None:
        return next((i for i, cards in enumerate(self.columns) if any(c.id == card_id for c in cards)), None)
