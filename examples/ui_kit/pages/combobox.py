"""Combobox."""

from typing import Any, Literal

from pydantic import BaseModel, Field, field_validator

from examples.ui_kit.customers import customer_name, customers_with
from examples.ui_kit.demo import About, DemoLiveView
from pyview import LiveViewSocket
from pyview.events import event
from pyview.forms import Form


class Order(BaseModel):
    customer: str = Field(description="Type a name or a number.")
    country: Literal[
        "Austria", "Belgium", "Côte d'Ivoire", "Denmark", "Estonia", "Finland", "Norway", "Österreich", "Perú"
    ]
    label: str = ""

    @field_validator("customer")
    @classmethod
    def exists(cls, value: str) -> str:
        if not customer_name(value):
            raise ValueError("There is no such customer.")
        return value


class ComboboxPage(DemoLiveView):
    about = About(
        title="Combobox",
        group="Inputs",
        summary="One of many choices: type to find it, in the browser or on the server.",
        pattern="combobox",
        when=(
            "Use it for more than about ten choices. For fewer use a select, `ui.input`.",
            "Up to 250 options are filtered in the browser. For more set `search`, an event that gets the typed text.",
            "The form gets the value of the chosen option, and the model checks it.",
        ),
        keys=(
            ("↓", "Opens the list, and goes to the next option."),
            ("↑", "Opens the list, and goes to the option before."),
            ("Alt+↓", "Opens the list."),
            ("Alt+↑", "Closes the list."),
            ("Enter", "Chooses the highlighted option."),
            ("Tab", "Chooses the highlighted option, and goes on."),
            ("Escape", "Closes the list, and shows what was chosen before."),
            ("Home", "After an arrow key: the first option."),
            ("End", "After an arrow key: the last option."),
        ),
    )

    def start(self) -> dict[str, Any]:
        return {
            "form": Form(Order),
            "found": [],
            "name": "",
            "labels": ["Gift", "Express", "Fragile"],
            "ticks": 0,
        }

    @event
    async def check(self, socket: LiveViewSocket[dict[str, Any]], form: Form[Order]) -> None:
        socket.context |= {"form": form, "name": customer_name(form["customer"].value)}

    @event
    async def search_customers(self, socket: LiveViewSocket[dict[str, Any]], text: str) -> None:
        socket.context["found"] = customers_with(text)

    @event
    async def create_label(self, socket: LiveViewSocket[dict[str, Any]], text: str) -> None:
        """Add a label, and choose it."""
        socket.context["labels"] = [*socket.context["labels"], text[:30]]
        sent = socket.context["form"].input or {"_target": []}
        socket.context["form"] = socket.context["form"].change({**sent, "label": text[:30]})

    @event
    async def tick(self, socket: LiveViewSocket[dict[str, Any]]) -> None:
        socket.context["ticks"] += 1
