"""Orders and the audit trail of the back office, in a database."""

import os
import random
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pyview.pubsub import MemoryPubSub

PRODUCTS = {
    "Assam": 890,
    "Darjeeling": 1250,
    "Earl Grey": 790,
    "Sencha": 1490,
    "Oolong": 1690,
    "Rooibos": 590,
}
"""Prices in cents."""
CUSTOMERS = ("Abbey Tea Room", "Bluebell Café", "Corner Bakery", "Dockside Hotel", "Elm House", "Fox & Hound")
STATES = ("open", "shipped", "cancelled")
CHANGED = "orders"
"""Topic of the ids of changed orders."""

pubsub = MemoryPubSub()


class Base(DeclarativeBase):
    pass


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[str]
    product: Mapped[str]
    placed: Mapped[date]
    pieces: Mapped[int]
    cents: Mapped[int]
    state: Mapped[str] = mapped_column(default="open")


class Entry(Base):
    """An entry of the audit trail: who did what, and when."""

    __tablename__ = "audit_trail"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    user: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]


_file = Path(tempfile.gettempdir()) / f"pyview-back-office-{os.getpid()}.db"
engine = create_async_engine(f"sqlite+aiosqlite:///{_file}")
new_session = async_sessionmaker(engine, expire_on_commit=False)


@asynccontextmanager
async def database(orders: int = 5000) -> AsyncIterator[None]:
    """Make a database with orders, always the same, and delete it at the end."""
    _file.unlink(missing_ok=True)
    dice = random.Random(7)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(insert(Order), [made_up(dice) for _ in range(orders)])
    try:
        yield
    finally:
        await engine.dispose()
        _file.unlink(missing_ok=True)


def made_up(dice: random.Random) -> dict[str, Any]:
    """Return an order of the last year."""
    product, pieces = dice.choice(list(PRODUCTS)), dice.randint(1, 40)
    return {
        "customer": dice.choice(CUSTOMERS),
        "product": product,
        "placed": date.today() - timedelta(days=int(365 * dice.random() ** 1.3)),
        "pieces": pieces,
        "cents": pieces * PRODUCTS[product],
        "state": dice.choices(STATES, (3, 16, 1))[0],
    }


def note(session: AsyncSession, user: str, action: str, subject: str) -> None:
    """Add an entry to the audit trail, in the transaction of the change that it describes."""
    session.add(Entry(at=datetime.now(UTC).replace(tzinfo=None), user=user, action=action, subject=subject))


def euros(cents: int) -> str:
    return f"{cents / 100:,.2f} €"
