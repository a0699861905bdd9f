"""The texts of small numbers, made once: pages are full of them, and every open page keeps the texts that it shows."""

from typing import Final

SMALL: Final = 1024

_TEXTS: Final = tuple(map(str, range(SMALL)))


def number_text(number: int) -> str:
    """The decimal text of an `int`; of a small one that is not negative, always the same object."""
    return _TEXTS[number] if 0 <= number < SMALL else repr(number)
