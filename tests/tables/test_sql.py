"""Tables of a database: what a select may be, sessions, and that its conditions hold for everything."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, ForeignKey, create_engine, event, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from sqlalchemy.pool import NullPool

from pyview.tables import Changed, TableSource, data_table
from pyview.tables.query import Sort
from pyview.tables.sources.source import Count, Criteria, Request
from pyview.tables.sources.sql import SQLSource


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Book(Base):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey(Author.id))
    title: Mapped[str]
    pages: Mapped[int | None]


class Loan(Base):
    __tablename__ = "loans"

    reader: Mapped[str] = mapped_column(primary_key=True)
    book: Mapped[int] = mapped_column(primary_key=True)
    days: Mapped[int]


FIRST = Request(Criteria(), 0, 10)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.db"


@pytest.fixture
def engine(path: Path) -> Iterator[Engine]:
    made = create_engine(f"sqlite:///{path}", poolclass=NullPool)
    Base.metadata.create_all(made)
    with Session(made) as session:
        session.add_all(Author(id=n, name=name) for n, name in enumerate(("Austen", "Eliot"), 1))
        session.add_all(
            Book(id=n, author_id=n % 2 + 1, title=f"Book {n}", pages=n * 10) for n in range(1, 31)
        )
        session.add_all(Loan(reader=reader, book=n, days=n) for reader in ("a,b", "c*") for n in range(1, 6))
        session.commit()
    yield made
    made.dispose()


@pytest.fixture
def statements(engine: Engine) -> list[str]:
    seen: list[str] = []

    def note(*call: Any) -> None:
        seen.append(call[2])

    event.listen(engine, "before_cursor_execute", note)
    return seen


async def keys_of(source: TableSource, request: Request = FIRST) -> list[str]:
    return [source.key(row) for row in (await source.window(request)).rows]


async def test_only_a_page_of_rows_is_asked_for(engine: Engine, statements: list[str]) -> None:
    source = SQLSource(select(Book), engine)
    window = await source.window(Request(Criteria(), 10, 10, count_to=20))
    assert len(window.rows) == 10
    assert window.count == Count(20, exact=False)
    assert len(statements) == 2
    assert all("LIMIT" in one for one in statements)


async def test_a_page_that_is_not_full_is_not_counted(engine: Engine, statements: list[str]) -> None:
    window = await SQLSource(select(Book), engine).window(Request(Criteria(), 20, 25))
    assert (len(window.rows), window.count, len(statements)) == (10, None, 1)


async def test_a_join_of_columns_is_searched_sorted_and_totalled(engine: Engine) -> None:
    joined = select(Book.id, Book.title, Author.name.label("author"), Book.pages).join(Author)
    source = SQLSource(joined, engine)
    criteria = Criteria("eliot", ("author",), sort=(Sort("pages", True),))
    window = await source.window(Request(criteria, 0, 3, totals=(("pages", "sum"), ("pages", "mean"))))
    assert [row["title"] for row in window.rows] == ["Book 29", "Book 27", "Book 25"]
    assert window.totals == (sum(n * 10 for n in range(1, 30, 2)), 150)


async def test_groups_and_limits_of_the_select_hold(engine: Engine) -> None:
    counted = select(Book.author_id, func.count().label("books")).group_by(Book.author_id)
    assert await keys_of(SQLSource(counted, engine, key="author_id")) == ["1", "2"]
    limited = SQLSource(select(Book).order_by(Book.id.desc()).limit(3), engine)
    assert await keys_of(limited) == ["28", "29", "30"]
    assert list(await limited.find(["1", "30"])) == ["30"]


async def test_a_key_of_several_columns_comes_back_from_its_text(engine: Engine) -> None:
    source = SQLSource(select(Loan), engine)
    keys = await keys_of(source)
    assert keys[0] == "a%2Cb,1"
    found = await source.find([*keys[:3], "a,b,1", "x", "a%2Cb,one"])
    assert list(found) == keys[:3]


async def test_the_conditions_of_the_select_hold_for_every_way_to_a_row(engine: Engine) -> None:
    mine = SQLSource(select(Book).where(Book.author_id == 1), engine)
    assert "1" not in await keys_of(mine)
    assert list(await mine.find(["1", "2"])) == ["2"]
    assert "1" not in await mine.keys(Criteria())
    assert 1 not in [row.id async for batch in mine.batches(Criteria(), 4) for row in batch]
    everything = Criteria("book", ("title",))
    assert (await mine.window(Request(everything, 0, 100, group="author_id"))).groups[0].value == 1


@pytest.mark.parametrize("key", ["", "x", "1; drop table books", "99999999999999999999", "1" * 5000, "\x00"])
async def test_a_key_that_is_none_finds_nothing(engine: Engine, key: str) -> None:
    assert await SQLSource(select(Book), engine).find([key]) == {}


async def test_one_update_stores_a_value_unless_it_has_changed(engine: Engine) -> None:
    source = SQLSource(select(Book), engine)
    assert (await source.save("1", "pages", 10, 11)).pages == 11
    with pytest.raises(Changed) as caught:
        await source.save("1", "pages", 10, 12)
    assert caught.value.row.pages == 11
    await source.save("1", "pages", 11, None)
    assert (await source.save("1", "pages", None, 5)).pages == 5
    with pytest.raises(Changed, match="changed") as caught:
        await source.save("999", "pages", 1, 2)
    assert caught.value.row is None


async def test_of_two_edits_at_once_one_is_told(engine: Engine) -> None:
    source = SQLSource(select(Book), engine)
    results = await asyncio.gather(
        *(source.save("2", "title", "Book 2", f"Edit {n}") for n in range(4)), return_exceptions=True
    )
    assert sum(isinstance(one, Changed) for one in results) == 3


async def test_a_column_of_a_joined_table_is_not_stored(engine: Engine) -> None:
    source = SQLSource(select(Book.id, Author.name).join(Author), engine)
    with pytest.raises(TypeError, match="give save="):
        await source.save("1", "name", "Eliot", "X")


async def test_a_row_that_leaves_the_select_by_its_edit_is_gone(engine: Engine) -> None:
    source = SQLSource(select(Book).where(Book.pages < 100), engine)
    with pytest.raises(Changed) as caught:
        await source.save("1", "pages", 10, 500)
    assert caught.value.row is None


# Sessions


async def test_an_async_engine_and_an_async_factory_are_binds(path: Path, engine: Engine) -> None:
    made = create_async_engine(f"sqlite+aiosqlite:///{path}", poolclass=NullPool)
    for bind in (made, async_sessionmaker(made), AsyncSession(made)):
        source = SQLSource(select(Book), bind)
        assert await keys_of(source) == [str(n) for n in range(1, 11)]
        assert len([row async for batch in source.batches(Criteria(), 7) for row in batch]) == 30
    assert (await source.save("1", "pages", 10, 12)).pages == 12
    await made.dispose()


async def test_a_session_and_a_factory_are_binds(engine: Engine) -> None:
    with Session(engine) as session:
        source = SQLSource(select(Book), session)
    assert len(await keys_of(source)) == 10
    assert len(await keys_of(SQLSource(select(Book), sessionmaker(engine)))) == 10


async def test_a_download_does_not_hold_all_rows(engine: Engine) -> None:
    sizes = [len(batch) async for batch in SQLSource(select(Book), engine).batches(Criteria(), 8)]
    assert sizes == [8, 8, 8, 6]


async def test_a_download_that_ends_early_closes_its_session(engine: Engine) -> None:
    batches: Any = SQLSource(select(Book), engine).batches(Criteria(), 8)
    assert len(await anext(batches)) == 8
    await batches.aclose()
    with engine.begin() as connection:  # SQLite would be locked
        connection.execute(update(Book).values(pages=1))


@pytest.mark.parametrize(
    ("statement", "bind", "message"),
    [
        (select(Book.title), "engine", "rows of this select are identified by no column"),
        (select(Book), None, "expected the engine, the session factory or a session"),
        (select(Book), "memory", "poolclass=StaticPool"),
    ],
)
async def test_mistakes_are_errors_that_say_what_to_do(
    engine: Engine, statement: Any, bind: Any, message: str
) -> None:
    memory = create_engine("sqlite://")
    made = {"engine": engine, "memory": memory}.get(bind)

    class Socket:
        identity = None

    with pytest.raises((TypeError, ValueError), match=message):
        await data_table(Socket(), "books", statement, bind=made)  # type: ignore[arg-type]
    memory.dispose()
