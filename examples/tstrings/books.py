"""The books, and their orders."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Book:
    id: int
    title: str
    author: str
    year: int
    read: bool = False


BOOKS = (
    Book(1, "The Left Hand of Darkness", "Ursula K. Le Guin", 1969, read=True),
    Book(2, "Solaris", "Stanisław Lem", 1961),
    Book(3, "Kindred", "Octavia E. Butler", 1979),
    Book(4, "The Dispossessed", "Ursula K. Le Guin", 1974),
    Book(5, "Roadside Picnic", "Arkady and Boris Strugatsky", 1972),
    Book(6, "Invisible Cities", "Italo Calvino", 1972, read=True),
    Book(7, "The Cyberiad", "Stanisław Lem", 1965),
    Book(8, "Parable of the Sower", "Octavia E. Butler", 1993),
)
ORDERS = ("title", "author", "year")


def in_order(books: Iterable[Book], order: str, only_unread: bool) -> tuple[Book, ...]:
    """Return the books to show, sorted by one of `ORDERS`."""
    wanted = [book for book in books if not (only_unread and book.read)]
    return tuple(sorted(wanted, key=lambda book: getattr(book, order)))
