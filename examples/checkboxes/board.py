"""A thousand boxes that everybody shares, and nothing about the web."""

from dataclasses import dataclass

SIZE = 1000


@dataclass(frozen=True, slots=True)
class Box:
    number: int
    checked: bool


class Board:
    """The boxes as they are now. They never change; a new one takes an old one's place."""

    def __init__(self) -> None:
        self.boxes = [Box(number, checked=False) for number in range(SIZE)]

    @property
    def checked(self) -> int:
        return sum(box.checked for box in self.boxes)

    def toggle(self, number: int) -> bool:
        """Turn a box over; whether there is one of that number."""
        if not 0 <= number < SIZE:
            return False
        self.boxes[number] = Box(number, not self.boxes[number].checked)
        return True

    def clear(self) -> None:
        self.boxes[:] = [Box(number, checked=False) for number in range(SIZE)]
