"""A form that a pydantic model validates on the server while the user fills it in."""

from collections.abc import Mapping
from typing import Any, TypedDict, get_args

from examples.form.booking import HINTS, Booking, Workshop, check, texts_of
from pyview import LiveView, LiveViewSocket, js
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
    async def validate(self, socket: LiveViewSocket[FormContext], payload: object) -> None:
        values = texts_of(payload)
        errors = errors_of(check(values))
        socket.context["values"] = values
        socket.context["errors"] = {field: text for field, text in errors.items() if touched(field, values)}

    @event
    async def book(self, socket: LiveViewSocket[FormContext], payload: object) -> None:
        values = texts_of(payload)
        result = check(values)
        socket.context["values"] = values
        socket.context["errors"] = errors = errors_of(result)
        socket.context["booking"] = result if isinstance(result, Booking) else None
        if errors:
            first = next(field for field in HINTS if field in errors)
            await socket.exec_js(js.focus(f"#{first}"))

    @event
    async def again(self, socket: LiveViewSocket[FormContext]) -> None:
        socket.context = empty_form()


def empty_form() -> FormContext:
    return {"values": {}, "errors": {}, "booking": None, "workshops": get_args(Workshop)}


def errors_of(result: Booking | dict[str, str]) -> dict[str, str]:
    return {} if isinstance(result, Booking) else result


def touched(field: str, payload: Mapping[str, str]) -> bool:
    """Return True if the user has used the input. For an unused one the browser also sends ``_unused_<field>``."""
    return field in payload and f"_unused_{field}" not in payload
