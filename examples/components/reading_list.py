"""A reading list made of live components: books, stars in each book, and a panel around the summary."""

from random import shuffle
from typing import Any, TypedDict

from examples.components.book import Book
from examples.components.books import BOOKS, Title
from examples.components.panel import Panel
from examples.components.stars import Stars
from pyview import LiveView, LiveViewSocket
from pyview.events import event

__all__ = ["Book", "Panel", "ReadingListView"]


class ReadingList(TypedDict):
    books: tuple[Title, ...]
    removed: tuple[Title, ...]
    stars: dict[str, int]
    average: float


Socket = LiveViewSocket[ReadingList]


class ReadingListView(LiveView[ReadingList]):
    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"books": BOOKS, "removed": (), "stars": {}, "average": 0.0}

    @event
    async def rated(self, socket: Socket, book: str, stars: int) -> None:
        """Handle the rating that a `Stars` component sends with ``send_parent``."""
        others = {one: n for one, n in socket.context["stars"].items() if one != book}
        show_stars(socket, {**others, book: stars} if stars else others)

    @event
    async def removed(self, socket: Socket, book: str) -> None:
        """Handle the message of a `Book` component whose button was clicked."""
        context = socket.context
        context["removed"] += tuple(title for title in context["books"] if title.id == book)
        context["books"] = tuple(title for title in context["books"] if title.id != book)
        await self.rated(socket, book, 0)

    @event
    async def restore(self, socket: Socket) -> None:
        context = socket.context
        context["books"], context["removed"] = (*context["books"], *context["removed"]), ()

    @event
    async def mix(self, socket: Socket) -> None:
        books = list(socket.context["books"])
        shuffle(books)
        socket.context["books"] = tuple(books)

    @event
    async def clear(self, socket: Socket) -> None:
        for book in socket.context["stars"]:
            await socket.send_update(Stars, id=book, chosen=0)
        show_stars(socket, {})


def show_stars(socket: Socket, stars: dict[str, int]) -> None:
    socket.context["stars"] = stars
    socket.context["average"] = sum(stars.values()) / len(stars) if stars else 0.0
