"""The engine or session factory of a SQL source: sync ones in worker threads, async ones on the event loop."""

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import SingletonThreadPool

from pyview.threads import in_thread

T = TypeVar("T")


class Binding(Protocol):
    """Runs functions of a session, each in a session of its own."""

    async def run(self, function: Callable[[Session], T]) -> T: ...
    def partitions(
        self, statement: Callable[[Session], Any], size: int, as_entities: bool
    ) -> AsyncGenerator[Sequence[Any]]: ...


def binding_of(bind: Any) -> Binding:
    """Return the binding of an engine, a session factory or a session, sync or async.

    Raises `TypeError` for anything else, `ValueError` for an engine that cannot be used from several threads.
    """
    if isinstance(bind, AsyncSession):
        bind = bind.bind
    elif isinstance(bind, Session):
        bind = bind.get_bind().engine
    if isinstance(bind, AsyncEngine):
        return AsyncBinding(lambda: AsyncSession(bind))
    if isinstance(bind, async_sessionmaker):
        return AsyncBinding(bind)
    if isinstance(bind, Engine):
        _check_threads(bind)
        return ThreadBinding(lambda: Session(bind))
    if isinstance(bind, sessionmaker):
        return ThreadBinding(bind)
    raise TypeError(
        f"data_table(..., bind={bind!r:.80}): expected the engine, the session factory or a session of SQLAlchemy, "
        "sync or async"
    )


def _check_threads(engine: Engine) -> None:
    if isinstance(engine.pool, SingletonThreadPool):
        raise ValueError(
            "this engine has a database in memory for each thread: create it with poolclass=StaticPool and "
            'connect_args={"check_same_thread": False}'
        )


class ThreadBinding:
    """Sync sessions, each in a worker thread."""

    def __init__(self, make: Callable[[], Session]) -> None:
        self._make = make

    async def run(self, function: Callable[[Session], T]) -> T:
        """Return what the function returns for a new session."""
        return await in_thread(self._run, function)

    def _run(self, function: Callable[[Session], T]) -> T:
        with self._make() as session:
            return function(session)

    async def partitions(
        self, statement: Callable[[Session], Any], size: int, as_entities: bool
    ) -> AsyncGenerator[Sequence[Any]]:
        """Yield the rows of a statement, `size` at once, without holding more of them."""
        session = await in_thread(self._make)
        try:
            parts = await in_thread(_parts, session, statement, size, as_entities)
            while (rows := await in_thread(next, parts, None)) is not None:
                yield rows
        finally:
            await in_thread(session.close)


def _parts(session: Session, statement: Callable[[Session], Any], size: int, as_entities: bool) -> Any:
    result = session.execute(statement(session), execution_options={"yield_per": size})
    return (result.scalars() if as_entities else result.mappings()).partitions(size)


class AsyncBinding:
    """Async sessions, on the event loop."""

    def __init__(self, make: Callable[[], AsyncSession]) -> None:
        self._make = make

    async def run(self, function: Callable[[Session], T]) -> T:
        """Return what the function returns for the sync side of a new session."""
        async with self._make() as session:
            return await session.run_sync(function)

    async def partitions(
        self, statement: Callable[[Session], Any], size: int, as_entities: bool
    ) -> AsyncGenerator[Sequence[Any]]:
        """Yield the rows of a statement, `size` at once, without holding more of them."""
        async with self._make() as session:
            made = statement(session.sync_session)
            result = await session.stream(made, execution_options={"yield_per": size})
            async for rows in (result.scalars() if as_entities else result.mappings()).partitions(size):
                yield rows
