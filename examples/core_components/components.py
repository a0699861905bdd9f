"""A page with every core component."""

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypedDict

from pydantic import BaseModel, EmailStr, Field, HttpUrl, SecretStr

from pyview import AsyncResult, LiveView, LiveViewSocket
from pyview.events import event
from pyview.forms import Form
from pyview.stream import Stream


class Sample(BaseModel):
    """A model with a field of each type."""

    title: str = Field(min_length=2, max_length=40, description="Two characters at least.")
    email: EmailStr
    website: HttpUrl | None = None
    secret: SecretStr
    amount: int = Field(default=3, ge=1, le=9)
    day: date = date(2026, 6, 1)
    size: Literal["Small", "Medium", "Large"] = "Medium"
    notes: str = ""
    agree: bool = False


@dataclass(frozen=True, slots=True)
class Tea:
    id: int
    name: str
    grams: int


TEAS = (Tea(1, "Assam", 250), Tea(2, "Sencha", 100), Tea(3, "Rooibos", 500))


class ComponentsContext(TypedDict):
    form: Form[Sample]
    teas: list[Tea]
    arrivals: Stream[Tea]
    next: int
    dialog_open: bool
    method: str
    forecast: AsyncResult[str]


class ComponentsLiveView(LiveView[ComponentsContext]):
    async def mount(self, socket: LiveViewSocket[ComponentsContext], session: Any) -> None:
        socket.context = {
            "form": Form(Sample),
            "teas": list(TEAS),
            "arrivals": Stream([], name="arrivals"),
            "next": 4,
            "dialog_open": False,
            "method": "",
            "forecast": AsyncResult(),
        }

    async def handle_params(self, socket: LiveViewSocket[ComponentsContext], method: str = "") -> None:
        socket.context["method"] = method[:10]

    @event
    async def check(self, socket: LiveViewSocket[ComponentsContext], form: Form[Sample]) -> None:
        socket.context["form"] = form

    @event
    async def save(self, socket: LiveViewSocket[ComponentsContext], form: Form[Sample]) -> None:
        socket.context["form"] = form
        if form.valid:
            socket.put_flash("info", f"“{form.value.title}” is saved.")

    @event
    async def warn(self, socket: LiveViewSocket[ComponentsContext]) -> None:
        socket.put_flash("error", "This is what an error looks like.")

    @event
    async def rotate(self, socket: LiveViewSocket[ComponentsContext]) -> None:
        socket.context["teas"] = [socket.context["teas"][-1], *socket.context["teas"][:-1]]

    @event
    async def remove(self, socket: LiveViewSocket[ComponentsContext], id: int) -> None:
        socket.context["teas"] = [tea for tea in socket.context["teas"] if tea.id != id]

    @event
    async def add_tea(self, socket: LiveViewSocket[ComponentsContext]) -> None:
        number = socket.context["next"]
        socket.context["next"] += 1
        socket.context["arrivals"].insert(Tea(number, f"Tea number {number}", 50 * number), at=0, limit=5)

    @event
    async def open_dialog(self, socket: LiveViewSocket[ComponentsContext]) -> None:
        socket.context["dialog_open"] = True

    @event
    async def close_dialog(self, socket: LiveViewSocket[ComponentsContext]) -> None:
        socket.context["dialog_open"] = False

    @event
    async def load_forecast(self, socket: LiveViewSocket[ComponentsContext]) -> None:
        socket.assign_async("forecast", forecast)


async def forecast() -> str:
    await asyncio.sleep(0.5)
    return "Mild, with a chance of scones."
