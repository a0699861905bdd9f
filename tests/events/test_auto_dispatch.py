"""AutoEventDispatch: a method that is also the name of its event."""

import json
from types import SimpleNamespace
from typing import Any

import jinja2
import pytest

from pyview.binding import Resources
from pyview.events import (
    AutoEventDispatch,
    BaseEventHandler,
    EventReference,
    event,
    event_caller,
    event_references,
)

SOCKET = SimpleNamespace(context={})


class Counter(AutoEventDispatch):
    step = 1

    @event
    async def increment(self, event: Any, payload: Any, socket: Any) -> Any:
        """Add one."""
        return self.step, event

    @event("user-clicked-save", "save")
    def on_save(self, socket: Any) -> str:
        return "saved"

    def template(self) -> str:
        return (
            f'<button phx-click="{self.increment}">+</button><button phx-click="{self.on_save}">save</button>'
        )


class Derived(Counter):
    step = 2

    async def increment(self, event: Any, payload: Any, socket: Any) -> Any:
        return "derived", await super().increment(event, payload, socket)


@pytest.mark.parametrize("view", [Counter(), Derived()])
def test_a_reference_is_the_name_of_the_event(view: Counter) -> None:
    markup = '<button phx-click="increment">+</button><button phx-click="user-clicked-save">save</button>'
    assert view.template() == markup
    assert str(view.increment) == "increment"
    assert isinstance(view.on_save, EventReference)
    assert json.dumps([view.on_save]) == '["user-clicked-save"]'


async def test_a_reference_is_still_the_method() -> None:
    assert await Counter().increment("e", {}, SOCKET) == (1, "e")
    assert await Derived().increment("e", {}, SOCKET) == ("derived", (2, "e"))
    assert Counter.on_save(Counter(), SOCKET) == "saved"
    assert Counter.on_save == "user-clicked-save"  # type: ignore[comparison-overlap]


async def test_events_reach_the_methods() -> None:
    resources = Resources(session={})
    call = event_caller(Derived)
    assert await call(Derived(), "increment", {}, SOCKET, resources) == ("derived", (2, "increment"))
    assert await call(Derived(), "save", {}, SOCKET, resources) == "saved"


def test_references_for_a_template() -> None:
    references = event_references(Counter())
    assert references == {"increment": "increment", "on_save": "user-clicked-save"}
    template = jinja2.Environment(autoescape=True).from_string('<b phx-click="{{ on_save }}"></b>')
    assert template.render(references) == '<b phx-click="user-clicked-save"></b>'


def test_a_method_of_a_plain_mixin_is_a_reference_as_well() -> None:
    class Saving:
        @event
        def save(self) -> str:
            return "saved"

    class View(AutoEventDispatch, Saving): ...

    assert event_references(View()) == {"save": "save"}
    assert View().save() == "saved"


def test_a_name_is_escaped_like_any_text() -> None:
    class View(AutoEventDispatch):
        @event('"><script>')
        def save(self) -> None: ...

    template = jinja2.Environment(autoescape=True).from_string("{{ save }}")
    assert template.render(event_references(View())) == "&#34;&gt;&lt;script&gt;"


def test_other_views_have_no_references() -> None:
    class View(BaseEventHandler):
        @event
        def save(self) -> None: ...

    assert event_references(View()) == {}
    assert callable(View().save)
    assert not isinstance(View().save, str)
