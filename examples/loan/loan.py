"""A chart that follows three sliders: SVG from a template, without JavaScript."""

from typing import Annotated, Any, TypedDict

from pydantic import BaseModel, Field, ValidationError

from examples.loan.schedule import HEIGHT, WIDTH, Bar, Loan, Scale, bars, scale_for
from pyview import LiveView, LiveViewSocket
from pyview.events import event


class LoanRequest(BaseModel):
    """Values of the sliders, validated: a client may send anything."""

    amount: Annotated[int, Field(ge=10_000, le=1_000_000)] = 250_000
    rate: Annotated[float, Field(ge=0, le=15, allow_inf_nan=False)] = 3.5
    years: Annotated[int, Field(ge=1, le=40)] = 25


class LoanContext(TypedDict):
    request: LoanRequest
    loan: Loan
    scale: Scale
    bars: tuple[Bar, ...]
    width: int
    height: int


class LoanLiveView(LiveView[LoanContext]):
    async def mount(self, socket: LiveViewSocket[LoanContext], session: Any) -> None:
        socket.context = _context(LoanRequest())

    @event
    async def move(self, socket: LiveViewSocket[LoanContext], payload: dict[str, Any]) -> None:
        try:
            socket.context = _context(LoanRequest.model_validate(payload))
        except ValidationError:
            socket.put_flash("error", "That is more than the sliders allow.")


def _context(request: LoanRequest) -> LoanContext:
    loan = Loan(request.amount, request.rate, request.years)
    scale = scale_for(loan.yearly)
    return {
        "request": request,
        "loan": loan,
        "scale": scale,
        "bars": bars(loan, scale),
        "width": WIDTH,
        "height": HEIGHT,
    }
