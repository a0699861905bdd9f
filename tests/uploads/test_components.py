"""Uploads in components, with the same name in each, and in template strings."""

from typing import Any

from pyview import LiveView, PyViewMeta
from pyview.components import ComponentSocket, LiveComponent
from pyview.template import TemplateView
from pyview.template.live_template import LiveTemplate
from pyview.testing import LiveClient
from pyview.uploads import UploadEntry, live_file_input
from tests.asgi import eventually
from tests.template.tstrings.pages import build
from tests.uploads.views import Stored, app_with, text


class Album(LiveComponent[dict[str, Any]]):
    template = LiveTemplate.from_string(
        """<form id="{{ name }}" phx-change="check" phx-submit="save" phx-target="{{ myself }}">
        {{ live_file_input(upload) }}
        {% for entry in upload.entries %}<i>{{ entry.name }} {{ entry.progress }}%</i>{% endfor %}
        {% for error in upload_errors(upload) %}<em>{{ error.code }}</em>{% endfor %}
        <button>Save</button> <b>{{ saved|join(", ") }}</b></form>""",
        "album.html",
    )

    async def mount(self, socket: ComponentSocket[dict[str, Any]], assigns: dict[str, Any]) -> None:
        upload = socket.allow_upload("photos", accept=[".txt"], max_entries=2, progress=self.came)
        socket.context = {"upload": upload, "saved": []}

    async def came(self, entry: UploadEntry, socket: ComponentSocket[dict[str, Any]]) -> None:
        socket.context["saved"] = [f"{entry.progress}%"]

    async def handle_event(self, event: str, payload: Any, socket: ComponentSocket[dict[str, Any]]) -> None:
        if event == "save":
            names = await socket.consume_uploaded_entries("photos", lambda meta, entry: entry.name)
            socket.context["saved"] = names


class Albums(LiveView[dict[str, Any]]):
    template = LiveTemplate.from_string(
        """<div>{{ live_component(Album, id="one", name="one") }}
        {% if both %}{{ live_component(Album, id="two", name="two") }}{% endif %}</div>""",
        "albums.html",
    )

    async def mount(self, socket: Any, session: Any) -> None:
        socket.context = {"both": True, "Album": Album}

    async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
        socket.context["both"] = False


async def test_each_component_has_its_own_uploads() -> None:
    async with LiveClient(app_with(Albums)) as client:
        page = await client.open("/")
        one = await page.choose("#one input", text("a.txt"))
        await page.choose("#two input", text("b.txt"), text("c.txt"))
        assert page.find("#one i").text == "a.txt 0%"
        assert [each.text for each in page.find_all("#two i")] == ["b.txt 0%", "c.txt 0%"]
        await one.send(percent=50)
        assert page.find("#one i").text == "a.txt 50%"
        assert page.find("#one b").text == "50%"
        await page.submit("#two")
        assert page.find("#two b").text == "b.txt, c.txt"
        await page.submit("#one")
        assert page.find("#one b").text == "a.txt"
        assert page.find_all("i") == []


async def test_a_removed_component_deletes_its_files(stored: Stored) -> None:
    async with LiveClient(app_with(Albums)) as client:
        page = await client.open("/")
        two = await page.choose("#two input", text("b.txt"))
        await two.send(percent=50)
        one = await page.choose("#one input", text("a.txt"))
        await one.send()
        assert len(stored()) == 2
        await page.push("close")
        cid = 2
        await page.send("cids_will_destroy", {"cids": [cid]})
        await page.send("cids_destroyed", {"cids": [cid]})
        await eventually(lambda: len(stored()) == 1)
        await page.submit("#one")
        assert page.find("#one b").text == "a.txt"


async def test_errors_belong_to_one_component() -> None:
    async with LiveClient(app_with(Albums)) as client:
        page = await client.open("/")
        await page.choose("#one input", *(text(f"{name}.txt") for name in "abc"))
        assert page.find("#one em").text == "too_many_files"
        assert not page.exists("#two em")


class TStringView(TemplateView, LiveView[dict[str, Any]]):
    """A page rendered by a template string."""

    async def mount(self, socket: Any, session: Any) -> None:
        socket.context = {"upload": socket.allow_upload("files", accept="any"), "saved": ""}

    def template(self, assigns: dict[str, Any], meta: PyViewMeta) -> Any:
        upload = assigns["upload"]
        names = ", ".join(f"{entry.name} {entry.progress}%" for entry in upload.entries)
        opening = '<form id="f" phx-change="check" phx-submit="save">'
        return build(
            opening,
            (live_file_input(upload),),
            "<i>",
            (names,),
            "</i><b>",
            (assigns["saved"],),
            "</b></form>",
        )

    async def handle_event(self, event: str, payload: Any, socket: Any) -> None:
        if event == "save":
            [socket.context["saved"]] = await socket.consume_uploaded_entries(
                "files", lambda meta, entry: entry.name
            )


async def test_template_strings_render_file_inputs() -> None:
    async with LiveClient(app_with(TStringView)) as client:
        page = await client.open("/")
        chosen = await page.choose("input", text("a.txt"))
        await chosen.send(percent=50)
        assert page.find("i").text == "a.txt 50%"
        await page.submit("#f")
        assert page.find("b").text == "a.txt"
