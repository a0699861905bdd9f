"""An input called `user` does not silently become the signed-in user: the application does not start."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pyview import LiveView, PyView
from pyview.binding import SignatureError
from pyview.events import event
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient

FORM = """<h1>Hello</h1>
<form phx-submit="save">
  <label>Name <input type="text" name="NAME"></label>
</form>
<form phx-submit="other"><input name="title"></form>
"""


def app_with(source: str, **methods: Callable[..., Any]) -> PyView:
    traits = {"template": LiveTemplate.from_string(source, "page.html"), **methods}
    app = PyView()
    app.add_live_view("/", type("Page", (LiveView,), traits))
    return app


async def refusal_of(app: PyView) -> str:
    with pytest.raises(SignatureError) as refusal:
        async with LiveClient(app) as client:
            await client.get("/")
    return str(refusal.value)


async def starts(app: PyView) -> None:
    async with LiveClient(app) as client:
        assert (await client.get("/")).status_code == 200


def handler(parameters: str, *names: str) -> Callable[..., Any]:
    """Return a function with these parameters, decorated with `@event` for `names`."""
    found: dict[str, Any] = {"Any": Any}
    exec(f"async def method(self, {parameters}): ...", found)  # noqa: S102
    method: Callable[..., Any] = found["method"]
    return event(*names)(method) if names else method


@pytest.mark.parametrize("name", ["user", "url", "event", "session", "auth", "socket"])
@pytest.mark.parametrize("suffix", ["", "[name]"])
async def test_an_input_with_the_name_of_a_reserved_parameter(name: str, suffix: str) -> None:
    app = app_with(FORM.replace("NAME", f"{name}{suffix}"), save=handler(f"*, {name}, title=''", "save"))
    message = await refusal_of(app)
    assert message.startswith(f"method (<string>:1): parameter `{name}` is reserved for the ")
    assert "the event 'save' sends a value of that name, which would be lost (page.html:3)" in message
    assert f"or annotate the parameter, `{name}: Any`" in message


async def test_a_value_of_a_click() -> None:
    button = "<button phx-click='ban' class='x' phx-value-user='{{ 7 }}'>Ban</button>"
    assert "the event 'ban'" in await refusal_of(app_with(button, ban=handler("user", "ban")))


async def test_a_form_of_the_core_components() -> None:
    source = """{% import "pyview/components.html" as ui %}
    {% call ui.form(form, phx_change="check", phx_submit="save") %}<input name="user">{% endcall %}"""
    assert "the event 'save'" in await refusal_of(app_with(source, save=handler("user, form", "save")))


async def test_handle_event_gets_events_without_a_handler() -> None:
    source = FORM.replace("NAME", "user")
    assert "the event 'save'" in await refusal_of(
        app_with(source, handle_event=handler("event, socket, user"))
    )
    save = handler("socket, title=''", "save")
    await starts(app_with(source, save=save, handle_event=handler("event, socket, user")))


@pytest.mark.parametrize(
    "parameters",
    [
        "socket, user: Any",
        "payload, user",
        "event, payload, socket",
        "socket, params, user",
        "socket, title=''",
        "socket, url",
        "*args",
    ],
)
async def test_annotated_parameters_are_accepted(parameters: str) -> None:
    await starts(app_with(FORM.replace("NAME", "user"), save=handler(parameters, "save")))


@pytest.mark.parametrize(
    "source",
    [
        FORM.replace("NAME", "username"),
        FORM.replace("NAME", "account[user]"),
        FORM.replace('name="NAME"', 'data-name="user"'),
        FORM.replace("Hello", "<form phx-submit='later'><input name='user'></form>"),
        "<form phx-submit='save'>{% set name = 'user' %}<i name='user'></i></form>",
        "<input name='user'>",
        "<button phx-click='other' phx-value-username='x' phx-hook='user'></button>",
        "<p>user</p>",
    ],
)
async def test_pages_that_send_no_such_name(source: str) -> None:
    await starts(
        app_with(source, save=handler("socket, user", "save"), other=handler("socket, user", "other"))
    )


async def test_the_file_of_a_template_is_named(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(FORM.replace("NAME", "user"))
    template = LiveTemplate.from_file(page)
    app = PyView()
    app.add_live_view("/", type("Page", (LiveView,), {"template": template, "save": handler("user", "save")}))
    assert f"({page}:3)" in await refusal_of(app)


async def test_an_invalid_template_is_reported_by_the_page() -> None:
    class Page(LiveView[Any]):
        template = "missing.html"

        @event
        async def save(self, user) -> None: ...  # type: ignore[no-untyped-def]

    app = PyView()
    app.add_live_view("/", Page)
    async with LiveClient(app):
        pass
