"""A form that is checked while it is filled in: by one pydantic model, on the server."""

from collections.abc import Mapping
from typing import Any, TypedDict, get_args

from examples.form.booking import Booking, Workshop, check
from pyview import LiveView, LiveViewSocket
from pyview.events import event


class FormContext(TypedDict):
    values: Mapping[str, str]
    errors: Mapping[str, str]
    booking: Booking | None
    workshops: tuple[str, ...]


class FormLiveView(LiveView[FormContext]):
    async def mount(self, socket: LiveViewSocket[FormContext], session: Any) -> None:
        socket.context = empty_form()

    @event
    async def validate(self, socket: LiveViewSocket[FormContext], payload: dict[str, str]) -> None:
        errors = errors_of(check(payload))
        socket.context["values"] = payload
        socket.context["errors"] = {field: text for field, text in errors.items() if touched(field, payload)}

    @event
    async def book(self, socket: LiveViewSocket[FormContext], payload: dict[str, str]) -> None:
        result = check(payload)
        socket.context["values"] = payload
        socket.context["errors"] = errors_of(result)
        socket.context["booking"] = result if isinstance(result, Booking) else None

    @event
    async def again(self, socket: LiveViewSocket[FormContext]) -> None:
        socket.context = empty_form()


def empty_form() -> FormContext:
    return {"values": {}, "errors": {}, "booking": None, "workshops": get_args(Workshop)}


def errors_of(result: Booking | dict[str, str]) -> dict[str, str]:
    return {} if isinstance(result, Booking) else result


def touched(field: str, payload: Mapping[str, str]) -> bool:
    """The browser marks each input that nobody has used yet with a companion named ``_unused_<field>``."""
    return field in payload and f"_unused_{field}" not in payload
