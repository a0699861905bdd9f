"""Tables, and the database with them."""

import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column, relationship


class Base(MappedAsDataclass, DeclarativeBase):
    pass


class Account(Base):
    """A registered account. ``key`` is the name in lower case, so that names are unique regardless of case.

    The id is random, so that it is never used twice, as numbers are when a row or a whole database was deleted.
    """

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(init=False, default_factory=uuid4, primary_key=True)
    name: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    role: Mapped[str] = mapped_column(default="member")
    suspended: Mapped[bool] = mapped_column(default=False)


class Device(Base):
    """One sign-in in one browser. The session contains only its id. Times are Unix times.

    ``session_key`` is the key that revokes the session, "" until the browser has sent the session for the first time.
    """

    __tablename__ = "devices"

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str]
    address: Mapped[str]
    session_key: Mapped[str] = mapped_column(default="")
    signed_in_at: Mapped[float] = mapped_column(default_factory=time.time)
    seen_at: Mapped[float] = mapped_column(default_factory=time.time)
    account: Mapped[Account] = relationship(init=False, lazy="raise")


class Database:
    """The database at ``url``; without one, a temporary file."""

    def __init__(self, url: str | None) -> None:
        self.temporary = url is None
        self._url = url
        self._sessions = async_sessionmaker[AsyncSession](expire_on_commit=False)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        with TemporaryDirectory() as folder:
            engine = create_async_engine(self._url or f"sqlite+aiosqlite:///{folder}/accounts.db")
            self._sessions.configure(bind=engine)
            try:
                async with engine.begin() as connection:
                    await connection.run_sync(Base.metadata.create_all)
                yield
            finally:
                await engine.dispose()

    def begin(self) -> AbstractAsyncContextManager[AsyncSession]:
        """Return a transaction: committed at the end of its block, rolled back if the block raises."""
        return self._sessions.begin()
