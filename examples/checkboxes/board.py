"""A thousand shared checkboxes, independent of the web."""

from dataclasses import dataclass

SIZE = 1000


@dataclass(frozen=True, slots=True)
class Box:
    number: int
    checked: bool


class Board:
    """The current boxes. A box is immutable and is replaced when it is toggled."""

    def __init__(self) -> None:
        self.boxes = [Box(number, checked=False) for number in range(SIZE)]

    @property
    def checked(self) -> int:
        return sum(box.checked for box in self.boxes)

    def toggle(self, number: int) -> bool:
        """Toggle a box. Return False if there is no box with this number."""
        if not 0 <= number < SIZE:
            return False
        self.boxes[number] = Box(number, not self.boxes[number].checked)
        return True

    def clear(self) -> None:
        self.boxes[:] = [Box(number, checked=False) for number in range(SIZE)]
