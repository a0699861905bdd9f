"""Import of orders from a CSV file: every line is checked, and nothing is stored before the user has seen it."""

import csv
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError

from examples.back_office.data import CHANGED, PRODUCTS, Order, new_session, note
from examples.back_office.office import OfficeLiveView, Socket
from pyview.auth import requires
from pyview.downloads import csv_file
from pyview.events import event

MOST_LINES = 10_000
EXAMPLE = [{"customer": "Abbey Tea Room", "product": "Assam", "placed": "2026-11-28", "pieces": 12}]


class Line(BaseModel):
    customer: str = Field(min_length=1, max_length=80)
    product: Literal["Assam", "Darjeeling", "Earl Grey", "Sencha", "Oolong", "Rooibos"]
    placed: date
    pieces: int = Field(ge=1, le=1000)


@requires("import")
class ImportLiveView(OfficeLiveView):
    section = "Import"

    async def mount(self, socket: Socket, session: Any) -> None:
        file = socket.allow_upload("file", accept=[".csv"], max_file_size=2_000_000)
        socket.context = self.frame(socket, file=file, lines=[], problems=[])

    @event
    async def choose(self, socket: Socket) -> None:
        """Do nothing: the file is sent with the form."""

    @event
    async def remove(self, socket: Socket, ref: str) -> None:
        socket.cancel_upload("file", ref)

    @event
    async def check(self, socket: Socket) -> None:
        [found] = await socket.consume_uploaded_entries("file", lines_of) or [([], ["Choose a file first."])]
        socket.context["lines"], socket.context["problems"] = found

    @event
    async def store(self, socket: Socket) -> None:
        lines: list[Line] = socket.context["lines"]
        orders = [Order(**line.model_dump(), cents=line.pieces * PRODUCTS[line.product]) for line in lines]
        async with new_session.begin() as session:
            session.add_all(orders)
            note(session, socket.user.display_name, "imported", f"{len(orders)} orders")
        await socket.broadcast(CHANGED, [order.id for order in orders[-100:]])
        socket.context["lines"] = []
        socket.put_flash("info", f"{len(orders)} orders were imported.")

    @event
    async def example(self, socket: Socket) -> None:
        socket.download(csv_file(EXAMPLE), filename="orders-example.csv")


def lines_of(file: Any, entry: Any) -> tuple[list[Line], list[str]]:
    """Return the valid lines of a file, and what is wrong with the others."""
    lines, problems = [], []
    with open(file.path, newline="", encoding="utf-8-sig", errors="replace") as text:
        for number, row in enumerate(csv.DictReader(text), 2):
            if number > MOST_LINES + 1:
                problems.append(f"The file has more than {MOST_LINES} lines; the rest was left out.")
                break
            try:
                lines.append(Line.model_validate({str(name): value for name, value in row.items()}))
            except ValidationError as error:
                first = error.errors()[0]
                problems.append(f"Line {number}, {'.'.join(map(str, first['loc']))}: {first['msg']}")
    return lines, problems
