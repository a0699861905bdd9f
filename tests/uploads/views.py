"""Views with uploads for tests."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.template.live_template import LiveTemplate
from pyview.testing import LocalFile, Page
from pyview.uploads import UploadEntry

SECRET = "t3st-s3cret-of-at-least-thirty-two-bytes"
PAGE = """
<form id="form" phx-change="check" phx-submit="save">
  <div id="zone" phx-drop-target="{{ upload.ref }}">Drop here</div>
  {{ live_file_input(upload, class="file") }}
  <button>Save</button>
</form>
<ul>
{% for entry in upload.entries %}
  <li id="entry-{{ entry.ref }}">
    <b>{{ entry.name }}</b> <i>{{ entry.progress }}%</i> <u>{{ "done" if entry.done else "" }}</u>
    {% for error in upload_errors(upload, entry) %}<em>{{ error.code }}</em>{% endfor %}
    <button type="button" phx-click="cancel" phx-value-ref="{{ entry.ref }}">Cancel {{ entry.name }}</button>
  </li>
{% endfor %}
</ul>
{% for error in upload_errors(upload) %}<p class="error">{{ error.code }}</p>{% endfor %}
<ol>{% for name in saved %}<li>{{ name }}</li>{% endfor %}</ol>
<p id="log">{{ log|join(", ") }}</p>
"""
INPUT = "input[type=file]"
Socket = LiveViewSocket[dict[str, Any]]
Stored = Callable[[], list[Path]]
"""Returns the files that writers have stored."""


class Uploads(LiveView[dict[str, Any]]):
    """A view with the upload "files". Its submit stores their bytes in `kept`, by name."""

    template = LiveTemplate.from_string(PAGE, "uploads.html")
    rules: dict[str, Any] = {"accept": "any", "max_entries": 10}
    kept: dict[str, bytes]

    def __init_subclass__(cls) -> None:
        cls.kept = {}

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"upload": self.allow(socket), "saved": [], "log": []}

    def allow(self, socket: Socket) -> Any:
        return socket.allow_upload("files", **self.rules)

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        if event == "save":
            socket.context["saved"] += await socket.consume_uploaded_entries("files", self.keep)
        elif event == "cancel":
            socket.cancel_upload("files", payload["ref"])
        elif event == "crash":
            raise RuntimeError("raised for the test")

    def keep(self, meta: Any, entry: UploadEntry) -> str:
        self.kept[entry.name] = meta.path.read_bytes() if hasattr(meta, "path") else meta.data
        return entry.name


def view_with(**rules: Any) -> type[Uploads]:
    """Return a new view class with these rules for its upload."""
    return type("View", (Uploads,), {"rules": {**Uploads.rules, **rules}})


def app_with(view: type[LiveView[Any]], **limits: Any) -> PyView:
    app = PyView(secret=SECRET, security=SecurityConfig(**limits))
    app.add_live_view("/", view)
    app.add_live_view("/elsewhere", OtherPage)
    return app


class OtherPage(LiveView[Any]):
    template = LiveTemplate.from_string("<p>elsewhere</p>", "elsewhere.html")


def text(name: str = "a.txt", size: int = 200_000, **more: Any) -> LocalFile:
    """Return a file whose bytes depend on their positions."""
    pattern = bytes(range(251))
    return LocalFile(name, (pattern * (size // 251 + 1))[:size], "text/plain", **more)


@contextmanager
def temporary_files(monkeypatch: Any, folder: Path) -> Iterator[Callable[[], list[Path]]]:
    """Return a function that lists the temporary files; check at the end that there are none."""
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield lambda: list(folder.glob("pyview-upload-*"))
    assert list(folder.iterdir()) == []


def progress(page: Page) -> list[str]:
    return [one.text for one in page.find_all("ul i")]


def errors(page: Page) -> list[str]:
    return [one.text for one in page.find_all("em, .error")]
