"""Inputs with something beside them."""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, Field, SecretStr

from examples.ui_kit.demo import About, DemoLiveView
from pyview import LiveViewSocket
from pyview.events import event
from pyview.forms import Form


class Account(BaseModel):
    price: Annotated[Decimal, Field(ge=0, le=10_000)] | None = None
    address: str = Field(default="", max_length=60, description="Without the part before it.")
    seats: Annotated[int, Field(ge=1, le=20)] = 3
    secret: SecretStr | None = Field(default=None, title="Password", min_length=8)
    code: str = Field(default="", pattern="^[0-9]{6}$", description="Six digits, sent by e-mail.")
    colour: str = Field(default="#0b6b5d", pattern="^#[0-9a-f]{6}$")
    notes: str = Field(default="", max_length=1000)


class TextInputsPage(DemoLiveView):
    about = About(
        title="Text inputs",
        group="Inputs",
        summary="Prefixes, units, numbers with buttons, passwords, searches, codes, colours, growing texts.",
        pattern="spinbutton",
        when=(
            "Each takes a field of a form, or the name of an input and a `value`.",
            "A code is one input, so that it can be pasted, and phones fill it in.",
            "Use `ui.input` where nothing stands beside the input.",
        ),
        keys=(
            ("↑", "Number: larger by one step."),
            ("↓", "Number: smaller by one step."),
            ("Escape", "Search: clears the text."),
        ),
    )

    def start(self) -> dict[str, Any]:
        return {"form": Form(Account), "query": ""}

    @event
    async def check(self, socket: LiveViewSocket[dict[str, Any]], form: Form[Account]) -> None:
        socket.context["form"] = form

    @event
    async def find(self, socket: LiveViewSocket[dict[str, Any]], query: str = "") -> None:
        socket.context["query"] = query
