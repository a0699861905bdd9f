"""The catalogue: books in a SQLite database in memory, which counts its queries."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

BOOKS = (
    ("Emma", "Jane Austen", 1815),
    ("Persuasion", "Jane Austen", 1817),
    ("Frankenstein", "Mary Shelley", 1818),
    ("Jane Eyre", "Charlotte Brontë", 1847),
    ("Moby-Dick", "Herman Melville", 1851),
    ("Middlemarch", "George Eliot", 1871),
    ("Daniel Deronda", "George Eliot", 1876),
    ("Dracula", "Bram Stoker", 1897),
)


@dataclass(frozen=True)
class Book:
    title: str
    author: str
    year: int


@dataclass(frozen=True)
class Author:
    name: str
    books: int


class Catalogue:
    """``queries`` is the number of queries since the start."""

    def __init__(self) -> None:
        self.queries = 0
        # Plain `def` callbacks run in worker threads, and all of them share this connection.
        self._database = sqlite3.connect(":memory:", check_same_thread=False)
        self._lock = Lock()
        with self._database as database:
            database.execute("create table books (title text, author text, year integer)")
            database.executemany("insert into books values (?, ?, ?)", BOOKS)

    @contextmanager
    def reader(self) -> Iterator["Reader"]:
        """Yield a reader for one callback."""
        with self._lock:
            yield Reader(self)

    def select(self, query: str, *values: str) -> Sequence[tuple[Any, ...]]:
        self.queries += 1
        return self._database.execute(query, values).fetchall()


class Reader:
    """Reads the catalogue during one callback of a view."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._select = catalogue.select

    def books(self, word: str) -> list[Book]:
        """Return the books with the word in their title or in the name of their author, oldest first."""
        query = "select title, author, year from books where instr(lower(title || ' ' || author), ?) order by year"
        return [Book(*row) for row in self._select(query, word.lower())]

    def authors(self) -> list[Author]:
        query = "select author, count(*) from books group by author order by author"
        return [Author(*row) for row in self._select(query)]
