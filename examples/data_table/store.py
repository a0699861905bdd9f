"""Ten thousand orders in a SQLite file that is deleted when the application stops."""

import asyncio
import datetime
import enum
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine, create_engine, insert
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

NUMBER = 10_000
FIRST_DAY = datetime.date(2024, 1, 1)
NAMES = ("Ada Lovelace", "Grace Hopper", "Mary Shelley", "Alan Turing", "Emmy Noether", "Katherine Johnson")
GOODS = (
    "Copper kettle",
    "Oolong, 100 g",
    "Tea towel",
    "Porcelain cup",
    "Sencha, 250 g",
    "Bamboo whisk",
    "Honey jar",
)
TOWNS = ("Oslo", "Kyōto", "São Paulo", "Kraków", "Lagos", "Montréal")


class Status(enum.Enum):
    OPEN = "open"
    PAID = "paid"
    SENT = "sent"


class Base(DeclarativeBase):
    pass


class Order(Base):
    """An order of the shop."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    placed: Mapped[datetime.date] = mapped_column(index=True)
    customer: Mapped[str]
    town: Mapped[str]
    article: Mapped[str]
    pieces: Mapped[int]
    total: Mapped[float]
    status: Mapped[Status]
    gift: Mapped[bool]
    note: Mapped[str | None]


class Store:
    """The database. `session` makes sessions while it is open."""

    def __init__(self) -> None:
        self.session: sessionmaker[Any] = sessionmaker()

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Create the orders, and delete them at the end."""
        with TemporaryDirectory(prefix="pyview-orders-", ignore_cleanup_errors=True) as folder:
            engine = create_engine(f"sqlite:///{Path(folder) / 'orders.db'}")
            await asyncio.to_thread(fill, engine)
            self.session.configure(bind=engine)
            yield
            engine.dispose()


def fill(engine: Engine) -> None:
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(Order), orders(Random(7)))


def orders(random: Random) -> list[dict[str, Any]]:
    """Return the orders, the same each time."""
    return [_order(random, number) for number in range(1, NUMBER + 1)]


def _order(random: Random, number: int) -> dict[str, Any]:
    pieces = random.randint(1, 12)
    return {
        "id": number,
        "placed": FIRST_DAY + datetime.timedelta(days=number * 700 // NUMBER),
        "customer": random.choice(NAMES),
        "town": random.choice(TOWNS),
        "article": random.choice(GOODS),
        "pieces": pieces,
        "total": round(pieces * random.uniform(3, 40), 2),
        "status": random.choice(tuple(Status)),
        "gift": random.random() < 0.2,
        "note": "Ring twice." if random.random() < 0.05 else None,
    }


STORE = Store()
