"""Rules about handlers: events that they handle in `else`, and coroutines without `await`."""

import pytest

from pyview.lint import lint
from tests.lint.conftest import Make
from tests.lint.test_lint import rules


def view(body: str) -> str:
    lines = "\n        ".join(body.splitlines())
    signature = "async def handle_event(self, event, payload, socket)"
    return f"from pyview import LiveView\nclass V(LiveView):\n    {signature}:\n        {lines}\n"


BUTTONS = "<b phx-click='add'></b><b phx-click='sub'></b><b phx-click='mul'></b>"


@pytest.mark.parametrize(
    "body",
    [
        "if event == 'add':\n    pass\nelse:\n    socket.context['n'] = 1",
        "if event == 'add':\n    pass\nelif event == 'sub':\n    pass\nelse:\n    await self.other(payload)",
        "match event:\n    case 'add':\n        pass\n    case _:\n        socket.context['n'] = 1",
        "if event == 'add':\n    return\nsocket.context['n'] = 1",
        "if event == 'add':\n    return\nif event == 'sub':\n    return\nsocket.context['n'] = 1",
        "match event:\n    case 'add':\n        return\nsocket.context['n'] = 1",
        "if event == 'add':\n    await self.add()\nsocket.context['n'] += 1",
    ],
)
def test_a_handler_of_every_event(make: Make, body: str) -> None:
    assert rules(make(BUTTONS, view(body))) == []


@pytest.mark.parametrize(
    "body",
    [
        "if event == 'add':\n    pass\nelif event == 'sub':\n    pass",
        "if event == 'add':\n    pass\nelif event == 'sub':\n    pass\nelse:\n    raise ValueError",
        "if event == 'add':\n    pass\nelif event == 'sub':\n    pass\nelse:\n    return",
        "match event:\n    case 'add' | 'sub':\n        pass\n    case _:\n        pass",
        "socket.context['n'] = 0\nif event == 'add':\n    pass\nelif event == 'sub':\n    pass\nreturn",
    ],
)
def test_a_handler_that_ignores_other_events(make: Make, body: str) -> None:
    assert [one.text[:15] for one in lint(make(BUTTONS, view(body)))] == ['phx-click="mul"']


COMPONENT = """\
from pyview import LiveView
from pyview.components import LiveComponent
from pyview.events import BaseEventHandler, event
from pyview.template.live_template import LiveTemplate

class Star(LiveComponent):
    template = LiveTemplate.from_string("<p><b phx-click='EVENT'></b>{{ live_component(Dot, id=id ~ 'd') }}</p>")
    @event
    async def rate(self, socket): ...

class Dot(LiveComponent):
    template = LiveTemplate.from_string("<i phx-click='EVENT'></i>")

class ShopView(BaseEventHandler, LiveView):
    @event
    async def save(self, socket): ...
"""
STARS = "{{ live_component(Star, id='a') }}"


def test_an_event_without_a_target_goes_from_a_component_to_its_view(make: Make) -> None:
    found = lint(make(STARS + "<b phx-click='save'></b>", COMPONENT.replace("EVENT", "save")))
    assert [one for one in found if one.rule == "unknown-event"] == []


def test_an_event_that_only_the_component_handles(make: Make) -> None:
    found = lint(make(STARS + "<b phx-click='save'></b>", COMPONENT.replace("EVENT", "rate")))
    texts = [one.text for one in found if one.rule == "unknown-event"]
    assert (
        'phx-click="rate": the event goes to ShopView, because it has no target; to send it to Star, add '
        'phx-target="{{ myself }}"' in texts
    )
    assert 'phx-click="rate": ShopView does not handle it' in texts


def test_a_component_that_no_template_names_is_not_checked(make: Make) -> None:
    found = lint(
        make("<b phx-click='save'></b>{{ live_component(which, id='a') }}", COMPONENT.replace("EVENT", "x"))
    )
    assert found == []


AWAITS = """\
import asyncio
from pyview import LiveView, LiveViewSocket
from pyview.components import ComponentSocket, LiveComponent

class V(LiveView):
    async def mount(self, socket, session):
        STATEMENT

async def hook(s: LiveViewSocket[dict], c: ComponentSocket):
    HOOK
"""


@pytest.mark.parametrize(
    "statement",
    [
        "socket.push_patch('/')",
        "socket.push_event('a', {})",
        "socket.subscribe('a')",
        "socket.broadcast('a', 1)",
        "socket.redirect('/')",
        "socket.presence.track('a', 'b')",
        "self.socket.push_event('a', {})",
        "if session: socket.exec_js(None)",
    ],
)
def test_a_coroutine_of_a_socket_without_await(make: Make, statement: str) -> None:
    source = AWAITS.replace("STATEMENT", statement).replace("HOOK", "pass")
    found = [one for one in lint(make("", source)) if one.rule == "missing-await"]
    assert [one.line for one in found] == [7]
    call = statement.removeprefix("if session: ").partition("(")[0]
    assert found[0].text == f"{call}(...) does nothing without await: write await {call}(...)"


@pytest.mark.parametrize(
    "statement",
    [
        "await socket.push_patch('/')",
        "socket.put_flash('info', 'x')",
        "socket.schedule_info('x', 1)",
        "task = asyncio.ensure_future(socket.push_event('a', {}))",
        "asyncio.create_task(socket.push_event('a', {}))",
        "websocket.close()",
        "self.close()",
        "socket.stream('a', [])",
    ],
)
def test_calls_that_need_no_await(make: Make, statement: str) -> None:
    source = AWAITS.replace("STATEMENT", statement).replace("HOOK", "pass")
    assert [one for one in lint(make("", source)) if one.rule == "missing-await"] == []


@pytest.mark.parametrize("statement", ["s.push_event('a', {})", "c.send_parent('a')"])
def test_a_parameter_may_be_a_socket_by_its_annotation(make: Make, statement: str) -> None:
    source = AWAITS.replace("STATEMENT", "pass").replace("HOOK", statement)
    assert [(one.rule, one.line) for one in lint(make("", source))] == [("missing-await", 10)]
