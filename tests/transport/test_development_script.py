"""The script for developers: only an application in debug mode names it, and only that serves it."""

from typing import Any

import pytest
from jinja2 import DictLoader

from pyview import LiveView, PyView, SecurityConfig
from pyview.testing import LiveClient
from pyview.transport.assets import ClientAssets
from tests.frames import connect, join, load

SCRIPT = ClientAssets().development_script
PRODUCTION = {
    "production": True,
    "secret": "a secret of this test, which is long enough",
    "security": SecurityConfig(allowed_hosts=("testserver",)),
}


def application(**options: Any) -> PyView:
    app = PyView(templates=DictLoader({"plain.html": "<p>plain</p>"}), **options)
    app.add_live_view("/", type("Plain", (LiveView,), {"template": "plain.html"}))
    return app


@pytest.mark.parametrize(
    ("options", "status"),
    [({}, 404), (PRODUCTION, 404), ({"debug": True}, 200), ({"development": True}, 200)],
)
async def test_only_an_application_in_debug_mode_serves_and_names_it(
    options: dict[str, Any], status: int
) -> None:
    async with LiveClient(application(**options)) as client:
        response = await client.get(f"/live/assets/{SCRIPT}")
        assert response.status_code == status
        page = await load(client, "/")
        async with connect(client, page) as socket:
            _, answer = await join(socket, page)
    named = answer.get("development")
    assert (named["script"] if named else None) == (SCRIPT if status == 200 else None)


async def test_each_start_of_an_application_has_another_boot() -> None:
    boots = set()
    for _ in range(2):
        async with LiveClient(application(debug=True)) as client:
            for _ in range(2):
                page = await load(client, "/")
                async with connect(client, page) as socket:
                    _, answer = await join(socket, page)
                    boots.add(answer["development"]["boot"])
    assert len(boots) == 2
