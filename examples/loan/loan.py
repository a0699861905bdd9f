"""A chart that follows three sliders: SVG from a template, and not a line of JavaScript."""

from typing import Annotated, Any, TypedDict

from pydantic import BaseModel, Field, ValidationError

from examples.loan.schedule import HEIGHT, WIDTH, Bar, Loan, Scale, bars, scale_for
from pyview import LiveView, LiveViewSocket
from pyview.events import event


class Wish(BaseModel):
    """What somebody may ask for: what the sliders allow, whoever moves them."""

    amount: Annotated[int, Field(ge=10_000, le=1_000_000)] = 250_000
    rate: Annotated[float, Field(ge=0, le=15, allow_inf_nan=False)] = 3.5
    years: Annotated[int, Field(ge=1, le=40)] = 25


class LoanContext(TypedDict):
    wish: Wish
    loan: Loan
    scale: Scale
    bars: tuple[Bar, ...]
    width: int
    height: int


class LoanLiveView(LiveView[LoanContext]):
    async def mount(self, socket: LiveViewSocket[LoanContext], session: Any) -> None:
        socket.context = _context(Wish())

    @event
    async def move(self, socket: LiveViewSocket[LoanContext], payload: dict[str, Any]) -> None:
        try:
            socket.context = _context(Wish.model_validate(payload))
        except ValidationError:
            socket.put_flash("error", "That is more than the sliders allow.")


def _context(wish: Wish) -> LoanContext:
    loan = Loan(wish.amount, wish.rate, wish.years)
    scale = scale_for(loan.yearly)
    return {
        "wish": wish,
        "loan": loan,
        "scale": scale,
        "bars": bars(loan, scale),
        "width": WIDTH,
        "height": HEIGHT,
    }
