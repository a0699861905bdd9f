"""The same rows as a list, in SQLite, and as data frames."""

import datetime
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

import polars as pl
from sqlalchemy import Engine, create_engine, insert
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.pool import StaticPool


class State(Enum):
    DONE = "done"
    OPEN = "open"
    SENT = "sent"


@dataclass(frozen=True)
class Good:
    """A row with a column of each kind."""

    id: int
    name: str | None
    pieces: int | None
    price: float | None
    day: datetime.date | None
    at: datetime.datetime | None
    sold: bool | None
    state: State | None


class Base(DeclarativeBase):
    pass


class GoodRecord(Base):
    """The same in a database. The names of the states are their values, so that their order is the same."""

    __tablename__ = "goods"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    pieces: Mapped[int | None]
    price: Mapped[float | None]
    day: Mapped[datetime.date | None]
    at: Mapped[datetime.datetime | None]
    sold: Mapped[bool | None]
    state: Mapped[State | None]


def memory_engine() -> Engine:
    """Return an engine of a database in memory that threads share."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    Base.metadata.create_all(engine)
    return engine


def fill(engine: Engine, rows: list[Good]) -> None:
    """Replace the rows of the database."""
    with engine.begin() as connection:
        connection.execute(GoodRecord.__table__.delete())  # type: ignore[attr-defined]
        if rows:
            connection.execute(insert(GoodRecord), [asdict(row) for row in rows])


def frame(rows: list[Good]) -> pl.DataFrame:
    """Return the rows as a frame of Polars."""
    schema: dict[str, Any] = {
        "id": pl.Int64,
        "name": pl.String,
        "pieces": pl.Int64,
        "price": pl.Float64,
        "day": pl.Date,
        "at": pl.Datetime,
        "sold": pl.Boolean,
        "state": pl.String,
    }
    found = [asdict(row) | {"state": row.state and row.state.value} for row in rows]
    return pl.DataFrame(found, schema=schema)
