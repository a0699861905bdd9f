"""Which values may end with the request: those that can be closed, entered, awaited or used up."""

import asyncio
import datetime
import decimal
import enum
import functools
import io
import pathlib
import threading
import uuid
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from pyview.transport.request_bound import MOST_OBJECTS, request_bound


class Color(enum.Enum):
    RED = 1


class Model(BaseModel):
    names: list[str] = ["a"]


@dataclass(frozen=True, slots=True)
class Candle:
    open: float
    close: float
    more: Any = None


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    books: Mapped[list["Book"]] = relationship(back_populates="author")


class Book(Base):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author] = relationship(back_populates="books")


@pytest.mark.parametrize(
    "value",
    [
        None,
        {"a": [1, 2.5, "x", b"y", {True}, frozenset({1}), (1, 2)]},
        Model(),
        Candle(1, 2, Candle(3, 4, Model())),
        Color.RED,
        decimal.Decimal(1),
        uuid.UUID(int=1),
        datetime.datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Berlin")),
        pathlib.Path("a"),
        functools.partial(print, 1),
        [].append,
        lambda: 1,
        Model,
        threading,
    ],
    ids=repr,
)
def test_data_does_not_end(value: Any) -> None:
    assert request_bound([{"held": [value]}]) is None


def closing_over(value: Any) -> Callable[[], Any]:
    return lambda: value


@pytest.mark.parametrize(
    "wrap",
    [
        lambda value: value,
        lambda value: Candle(1, 2, [{"in": value}]),
        closing_over,
        lambda value: functools.partial(print, value),
        lambda value: lambda held=value: held,
        lambda value: [value].append,
    ],
)
def test_what_can_end_is_found_wherever_it_is(wrap: Callable[[Any], Any]) -> None:
    for value in (io.BytesIO(), threading.Lock(), asyncio.Lock(), iter([1]), weakref.ref(Color)):
        assert request_bound([{"held": wrap(value)}]) == (
            f"an object of the class {type(value).__module__}.{type(value).__qualname__}"
        )


def test_a_cycle_ends_the_search_and_a_large_state_too() -> None:
    cycle: list[Any] = []
    cycle.append([cycle])
    assert request_bound([cycle]) is None
    assert request_bound([[[] for _ in range(MOST_OBJECTS)]]) == f"more than {MOST_OBJECTS} objects"


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as opened:
        opened.add(Author(books=[Book(), Book()]))
        opened.commit()
        yield opened
    engine.dispose()


def test_rows_of_sqlalchemy_end_as_long_as_they_are_attached(session: Session) -> None:
    [author] = session.scalars(select(Author)).all()
    rows = session.execute(select(Book.id, Book.author_id)).all()
    mappings = session.execute(select(Book.id)).mappings().all()
    assert [book.author for book in author.books] == [author, author]
    assert request_bound([rows]) is None
    assert request_bound([mappings]) is None
    for value in (author, author.books, session):
        assert request_bound([{"held": value}]) == "an object of the class sqlalchemy.orm.session.Session"
    session.close()
    assert request_bound([{"held": author}]) is None
    assert request_bound([{"held": author.books}]) is None
