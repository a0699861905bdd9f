"""Take the pictures of the documentation in a real browser: `make pictures` writes `docs/images/`.

Each is taken in the light and in the dark theme, as `name.webp` and `name-dark.webp`. They show the code of README.md
and of the documentation, and an example of the gallery, as they are now, so each change of them is seen here.
"""

import base64
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Final, Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright
from starlette.types import ASGIApp

from scripts import tutorial_pictures as tutorial
from scripts.stamps import ROOT
from tests.browser.chromium import FLAGS, find_chromium
from tests.browser.server import serving
from tests.docs.pages import blocks

FOLDER = ROOT / "docs" / "images"
LARGEST = 100_000  # bytes
LIVE = "[data-phx-main].phx-connected"


def counter(page: Page) -> None:
    for shown in ("1", "2", "3"):
        page.get_by_role("button", name="+").click()
        expect(page.get_by_role("heading")).to_have_text(shown)
    page.mouse.move(0, 0)


# A handler with a mistake: an empty basket has no last item.
BROKEN = {
    "basket.py": """from pyview import LiveView, PyView
from pyview.events import event


class BasketLiveView(LiveView):
    async def mount(self, socket, session):
        socket.context = {"items": []}

    @event
    async def remove_last(self, socket):
        last = socket.context["items"][-1]
        socket.context["items"].remove(last)


app = PyView(debug=True)
app.add_live_view("/", BasketLiveView)
""",
    "basket.html": """<h1>Basket</h1>
<p>{{ items | length }} items</p>
<button phx-click="remove_last">Remove the last one</button>
""",
}


def written_app(files: Mapping[str, str], module: str, folder: Path) -> ASGIApp:
    """Write the files of an application, and return it."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    app: ASGIApp = import_module(module).app
    return app


def overlay(page: Page) -> None:
    page.get_by_role("button", name="Remove the last one").click()
    expect(page.get_by_role("dialog", name="Failure")).to_be_visible()
    expect(page.locator(LIVE)).to_be_attached()
    expect(page.locator("[data-pyview-loading]")).to_have_count(0)


# A list of things to do, which the inspector shows.
TODO = {
    "todo.py": """from pyview import LiveView, PyView
from pyview.events import event


class TodoLiveView(LiveView):
    async def mount(self, socket, session):
        socket.context = {"items": ["Water the plants"], "done": 0}

    @event
    async def add(self, socket, title: str):
        socket.context["items"] = [*socket.context["items"], title]

    @event
    async def finish(self, socket):
        socket.context["items"] = socket.context["items"][1:]
        socket.context["done"] += 1


app = PyView(development=True)
app.add_live_view("/", TodoLiveView)
""",
    "todo.html": """<h1>To do</h1>
<ul>{% for item in items %}<li>{{ item }}</li>{% endfor %}</ul>
<p>{{ done }} done</p>
<p>
  <button phx-click="add" phx-value-title="Call Grace">Add</button>
  <button phx-click="finish">Finish the first</button>
</p>
""",
}


def inspector(page: Page) -> None:
    page.get_by_role("button", name="Inspect").click()
    frame = page.frame_locator("iframe[title=Inspector]")
    for name in ("Add", "Finish the first"):
        page.get_by_role("button", name=name).click()
    frame.locator(".message[phx-value-number='3']").click()
    expect(frame.locator(".part").first).to_be_visible()


def board(page: Page) -> None:
    page.get_by_label("What is to be done").fill("Show it to a colleague")


def readme_app(folder: Path) -> ASGIApp:
    """Return the counter of README.md, from the files that a reader would write."""
    for block in blocks(ROOT / "README.md"):
        if (block.file_name or "").startswith("counter."):
            (folder / str(block.file_name)).write_text(block.code, encoding="utf-8")
    app: ASGIApp = import_module("counter").app
    return app


def gallery(folder: Path) -> ASGIApp:
    app: ASGIApp = import_module("examples.gallery").app
    return app


def example(name: str, folder: Path) -> ASGIApp:
    """Return an example that runs alone."""
    app: ASGIApp = import_module(f"examples.{name}.app").app
    return app


def signed_in(page: Page) -> None:
    page.get_by_label("User name").fill("ada")
    page.get_by_label("Password").fill("tea time")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#orders-rows tr")).to_have_count(25)


def reports(page: Page) -> None:
    signed_in(page)
    page.get_by_role("link", name="Reports").click()
    expect(page.locator("#months")).to_be_visible()
    page.mouse.move(0, 0)


def answered(page: Page) -> None:
    page.get_by_role("button", name="How do I download a file?").click()
    expect(page.locator(".pv-streamed pre")).to_contain_text("class Order")
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


# The browser writes WebP: without loss at quality 1, which is smaller for flat colours, else with some.
ENCODE = """async (png) => {
  const picture = new Image();
  picture.src = `data:image/png;base64,${png}`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = picture.width;
  canvas.height = picture.height;
  canvas.getContext("2d").drawImage(picture, 0, 0);
  const encoded = [1, 0.8].map((quality) => canvas.toDataURL("image/webp", quality));
  return encoded.sort((one, other) => one.length - other.length)[0].split(",")[1];
}"""


@dataclass(frozen=True)
class Picture:
    """A picture: how the application is made in an empty folder, what is opened, how large, and what is done there."""

    name: str
    app: Callable[[Path], ASGIApp]
    size: tuple[int, int]
    prepare: Callable[[Page], None]
    path: str = "/"
    live: str = LIVE
    """A selector: the page is ready when it has such an element."""


PICTURES: Final = (
    Picture("counter", readme_app, (720, 320), counter),
    Picture("overlay", partial(written_app, BROKEN, "basket"), (1000, 600), overlay),
    Picture("inspector", partial(written_app, TODO, "todo"), (1180, 900), inspector),
    Picture("example", gallery, (1280, 640), board, path="/kanban/"),
    Picture("office", partial(example, "back_office"), (1280, 640), signed_in),
    Picture("reports", partial(example, "back_office"), (1280, 720), reports),
    Picture("operations", partial(example, "operations"), (1280, 720), tutorial.nothing),
    Picture("assistant", partial(example, "assistant"), (1000, 640), answered),
    Picture("tutorial-1", partial(tutorial.step, 1), (720, 200), tutorial.nothing),
    Picture(
        "tutorial-2", partial(tutorial.step, 2), (720, 320), tutorial.vote(*["Taco truck"] * 2, "Noodle bar")
    ),
    Picture("tutorial-3", partial(tutorial.step, 3), (720, 440), tutorial.suggest_twice),
    Picture("tutorial-4", partial(tutorial.step, 4), (720, 480), tutorial.restart),
    Picture(
        "tutorial-5",
        partial(tutorial.two_windows, 5),
        (1000, 440),
        tutorial.vote_in_one_window,
        path="/windows",
        live="iframe",
    ),
    Picture("tutorial-6", partial(tutorial.step, 6), (720, 340), tutorial.nothing),
    Picture("tutorial-7", tutorial.tests, (720, 280), tutorial.nothing, live="pre"),
    Picture("tutorial-8", tutorial.routes, (720, 190), tutorial.nothing, live="pre"),
)
SCHEMES: Final[dict[Literal["light", "dark"], str]] = {"light": "", "dark": "-dark"}


def take(browser: Browser, url: str, picture: Picture, scheme: Literal["light", "dark"]) -> None:
    """Open a page, prepare it, and write a picture of it."""
    width, height = picture.size
    page = browser.new_page(
        viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
    )
    page.goto(f"{url}{picture.path}")
    page.locator(picture.live).first.wait_for(state="attached")
    picture.prepare(page)
    png = page.screenshot(animations="disabled")
    page.close()
    write(browser, png, FOLDER / f"{picture.name}{SCHEMES[scheme]}.webp")


def write(browser: Browser, png: bytes, target: Path) -> None:
    blank = browser.new_page()
    content = base64.b64decode(blank.evaluate(ENCODE, base64.b64encode(png).decode()))
    blank.close()
    if len(content) > LARGEST:
        raise SystemExit(f"{target}: {len(content)} bytes, more than {LARGEST}")
    target.write_bytes(content)
    print(f"{target.relative_to(ROOT)}: {len(content)} bytes")


def main(*names: str) -> None:
    """Take all pictures, or those with these names."""
    # Before the applications are imported, which warn without it.
    os.environ.setdefault("PYVIEW_SECRET", os.urandom(32).hex())
    FOLDER.mkdir(parents=True, exist_ok=True)
    chromium = find_chromium()
    environment: dict[str, str | float | bool] = {**os.environ, **chromium.environment}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.executable, args=FLAGS, env=environment)
        for picture in PICTURES:
            if names and picture.name not in names:
                continue
            for scheme in SCHEMES:
                with empty_folder() as folder, serving(picture.app(folder)) as url:
                    take(browser, url, picture, scheme)
        browser.close()


@contextmanager
def empty_folder() -> Iterator[Path]:
    """Work in a new folder, import modules from it, and forget them afterwards."""
    # Pages show the paths of files below the working directory without it.
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        sys.path.insert(0, folder)
        try:
            yield Path(folder)
        finally:
            sys.path.remove(folder)
            for name, module in list(sys.modules.items()):
                # The gallery gives the examples a document of its own, and the next picture is of one alone.
                is_example = name.partition(".")[0] == "examples"
                if is_example or str(getattr(module, "__file__", "")).startswith(folder):
                    del sys.modules[name]


if __name__ == "__main__":
    main(*sys.argv[1:])
