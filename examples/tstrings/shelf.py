# future-tstrings
"""A bookshelf with a template string: keyed rows that move without being sent again, and function components."""

from dataclasses import dataclass, replace
from string.templatelib import Template
from typing import Any, Literal

from examples.tstrings.books import BOOKS, ORDERS, Book, in_order
from pyview import LiveView, LiveViewSocket, PyViewMeta, Slot, component, each
from pyview.events import AutoEventDispatch, event
from pyview.template import TemplateView


@dataclass(frozen=True, slots=True)
class Shelf:
    books: tuple[Book, ...] = BOOKS
    order: str = "title"
    only_unread: bool = False


@component
def button(children: Slot, kind: Literal["", "quiet"] = "", **rest: Any) -> Template:
    return t"<button class={['button', kind]} {rest}>{children}</button>"


@component
def tag(text: str, status: Literal["paid", "packed"]) -> Template:
    return t"<span class={['tag', status]}>{text}</span>"


class ShelfLiveView(AutoEventDispatch, TemplateView, LiveView[Shelf]):
    async def mount(self, socket: LiveViewSocket[Shelf], session: dict[str, Any]) -> None:
        socket.context = Shelf()

    @event
    async def sort(self, socket: LiveViewSocket[Shelf], order: str) -> None:
        if order in ORDERS:
            socket.context = replace(socket.context, order=order)

    @event
    async def toggle(self, socket: LiveViewSocket[Shelf], book_id: int) -> None:
        books = (
            replace(book, read=not book.read) if book.id == book_id else book for book in socket.context.books
        )
        socket.context = replace(socket.context, books=tuple(books))

    @event
    async def filter(self, socket: LiveViewSocket[Shelf]) -> None:
        socket.context = replace(socket.context, only_unread=not socket.context.only_unread)

    def template(self, assigns: Shelf, meta: PyViewMeta) -> Template:
        shown = in_order(assigns.books, assigns.order, assigns.only_unread)
        unread = sum(not book.read for book in assigns.books)
        orders = [
            button(order.title(), kind="quiet", phx_click=self.sort, phx_value_order=order,
                   aria_pressed=order == assigns.order)
            for order in ORDERS
        ]  # fmt: skip
        toggle = str(self.toggle)
        return t"""<section class="sheet">
          <header class="split">
            <div>
              <h1>Bookshelf</h1>
              <p class="hint" role="status">{unread} of {len(assigns.books)} still to read</p>
            </div>
            <div class="wrap">{orders}
              {button("Unread only", phx_click=self.filter, aria_pressed=assigns.only_unread)}
            </div>
          </header>
          <table class="shelf">
            <tbody>{each(shown, lambda book: book_row(book, toggle), key="id")}</tbody>
          </table>
          {None if shown else EMPTY}
        </section>"""


def book_row(book: Book, toggle: str) -> Template:
    status = tag("read", "paid") if book.read else tag("to read", "packed")
    again = "Read again" if book.read else "Done"
    return t"""<tr class={ {"read": book.read} }>
      <th scope="row">{book.title}<small>{book.author}, {book.year}</small></th>
      <td>{status}</td>
      <td>{button(again, kind="quiet", phx_click=toggle, phx_value_book_id=book.id)}</td>
    </tr>"""


EMPTY = t'<p class="empty">All read. Time to write one.</p>'
