"""Names of a context without a type, if the code of the view writes all of them."""

import pytest

from pyview.lint import lint
from tests.lint.conftest import Make

VIEW = """\
from typing import Any
from pyview import LiveView, is_connected

class Base(LiveView):
    pass

class ShopView(Base):
    async def mount(self, socket, session):
        if is_connected(socket):
            await socket.subscribe("x")
        socket.context = {"known": 1, "other": socket.session}
        BODY

    async def handle_info(self, event, socket):
        socket.context["later"] = socket.context["other"]
        await socket.push_patch("/")

class Helper:
    def fill(self, socket):
        socket.context["filled"] = 1
"""


def unknown(make: Make, template: str, body: str = "pass", view: str = VIEW) -> list[str]:
    app = make("<i></i>\n" + template, view.replace("BODY", body))
    found = lint(app)
    assert all((one.rule, one.line) == ("unknown-name", 2) for one in found)
    return [one.text for one in found]


def test_a_name_that_the_code_does_not_write(make: Make) -> None:
    assert unknown(make, "{{ knwon }}{{ later }}") == [
        "the context of ShopView has no 'knwon'; did you mean 'known'?"
    ]


@pytest.mark.parametrize(
    "body",
    [
        "socket.context |= {'more': 1}",
        "socket.context.update({'more': 1})",
        "socket.context.update(more=1)",
        "socket.context['more'] = 1",
        "socket.context.setdefault('more', 1)",
        "socket.context = dict(known=1, more=2)",
        "socket.context: Any = {'more': 2}",
    ],
)
def test_every_way_to_write_names(make: Make, body: str) -> None:
    assert unknown(make, "{{ more }}{{ known }}{{ other }}{{ later }}", body) == []
    assert len(unknown(make, "{{ nothing }}", body)) == 1


@pytest.mark.parametrize(
    "body",
    [
        "helper(socket)",
        "context = socket.context",
        "fill(socket.context)",
        "socket.context[session] = 1",
        "socket.context = load()",
        "socket.context = {**session}",
        "socket.context.update(**session)",
        "socket.context.update(session)",
        "socket.context |= session",
        "await socket.assign_new('more', load)",
        "socket.assign_async('more', load)",
        "self.socket = socket",
        "self.socket.context = {}",
        "del socket.context[session]",
        "method = socket.context.update",
    ],
)
def test_nothing_is_reported_if_other_code_may_write_names(make: Make, body: str) -> None:
    assert unknown(make, "{{ more }}", body) == []


@pytest.mark.parametrize("base", ["LiveView[dict]", "LiveView[dict[str, Any]]", "LiveView[Any]"])
def test_a_dict_type_declares_no_names(make: Make, base: str) -> None:
    assert len(unknown(make, "{{ nothing }}", view=VIEW.replace("(LiveView)", f"({base})"))) == 1


def test_other_types_and_views_without_a_context_are_not_checked(make: Make) -> None:
    other = VIEW.replace("(LiveView)", "(LiveView[Helper])").replace(
        "class Base", "class Helper: ...\nclass Base"
    )
    assert unknown(make, "{{ nothing }}", view=other) == []
    assert unknown(make, "{{ nothing }}", view="from pyview import LiveView\nclass V(LiveView): ...\n") == []


def test_a_base_class_may_write_names(make: Make) -> None:
    base = "(LiveView):\n    async def handle_params(self, url, params, socket):\n        STATEMENT"
    view = VIEW.replace("(LiveView):\n    pass", base)
    assert unknown(make, "{{ more }}", view=view.replace("STATEMENT", "socket.context['more'] = 1")) == []
    assert (
        len(unknown(make, "{{ nothing }}", view=view.replace("STATEMENT", "socket.context['more'] = 1"))) == 1
    )
    assert unknown(make, "{{ nothing }}", view=view.replace("STATEMENT", "self.fill(socket)")) == []


def test_a_callback_from_another_module_may_write_names(make: Make) -> None:
    view = VIEW.replace("(LiveView):\n    pass", "(LiveView):\n    handle_params = print")
    assert unknown(make, "{{ nothing }}", view=view) == []
