"""The books on the list."""

from typing import NamedTuple


class Title(NamedTuple):
    id: str
    name: str
    author: str
    year: int


BOOKS = (
    Title("frankenstein", "Frankenstein", "Mary Shelley", 1818),
    Title("middlemarch", "Middlemarch", "George Eliot", 1871),
    Title("dracula", "Dracula", "Bram Stoker", 1897),
    Title("awakening", "The Awakening", "Kate Chopin", 1899),
    Title("howards-end", "Howards End", "E. M. Forster", 1910),
    Title("mrs-dalloway", "Mrs Dalloway", "Virginia Woolf", 1925),
)
