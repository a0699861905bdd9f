"""A page from a database. It is mounted once, so it costs one set of queries and not two.

The view has no trick for that: it does nothing in ``mount`` and ``handle_params`` that only a joined view can do. The
reader of the catalogue is closed when its callback returns, and the context holds the books themselves.
"""

from collections.abc import Iterator
from typing import Annotated, TypedDict

from examples.library.catalogue import Author, Book, Catalogue, Reader
from pyview import Depends, LiveView, LiveViewSocket
from pyview.events import event

CATALOGUE = Catalogue()


def reader() -> Iterator[Reader]:
    with CATALOGUE.reader() as opened:
        yield opened


OpenReader = Annotated[Reader, Depends(reader)]
"""Parameter of a callback: a reader that is closed when the callback returns."""


class LibraryContext(TypedDict):
    word: str
    authors: list[Author]
    books: list[Book]
    queries: int


class LibraryLiveView(LiveView[LibraryContext]):
    def mount(self, socket: LiveViewSocket[LibraryContext], catalogue: OpenReader) -> None:
        socket.context = {"word": "", "authors": catalogue.authors(), "books": [], "queries": 0}

    def handle_params(
        self, socket: LiveViewSocket[LibraryContext], catalogue: OpenReader, q: str = ""
    ) -> None:
        socket.context |= {"word": q, "books": catalogue.books(q), "queries": CATALOGUE.queries}

    @event
    async def search(self, socket: LiveViewSocket[LibraryContext], q: str = "") -> None:
        await socket.push_patch(params={"q": q} if q else {}, replace=True)
