"""Downloads in a real browser: the file is saved, and the page goes on."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect
from starlette.types import ASGIApp

from pyview import LiveView, LiveViewSocket, PyView, SecurityConfig
from pyview.template.live_template import LiveTemplate

Socket = LiveViewSocket[Any]


async def parts() -> AsyncIterator[bytes]:
    for _ in range(20):
        yield b"x" * 100_000


class Files(LiveView[Any]):
    template = LiveTemplate.from_string(
        '<p id="n">{{ n }}</p><button phx-click="small">small</button><button phx-click="large">large</button>'
        '<button phx-click="both">both</button>',
        "files.html",
    )

    async def mount(self, socket: Socket, session: Any) -> None:
        socket.context = {"n": 0}

    async def handle_event(self, event: str, payload: Any, socket: Socket) -> None:
        socket.context["n"] += 1
        if event in ("small", "both"):
            socket.download("<b>bold</b>", filename="Übersicht 1.html")
        if event in ("large", "both"):
            socket.download(parts, filename="large.bin")


def application(**limits: Any) -> PyView:
    policy = "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'"
    app = PyView(security=SecurityConfig(content_security_policy=policy, **limits))
    app.add_live_view("/", Files)
    return app


def test_a_file_is_saved_and_the_page_goes_on(
    page: Page, serve: Callable[[ASGIApp], str], tmp_path: Path
) -> None:
    page.goto(serve(application()))
    for number, (button, name, size) in enumerate(
        [
            ("small", "Übersicht 1.html", 11),
            ("large", "large.bin", 2_000_000),
            ("small", "Übersicht 1.html", 11),
        ],
        1,
    ):
        with page.expect_download() as saved:
            page.get_by_role("button", name=button).click()
        assert saved.value.suggested_filename == name
        target = tmp_path / f"{number}"
        saved.value.save_as(target)
        assert target.stat().st_size == size
        expect(page.locator("#n")).to_have_text(str(number))
    assert page.locator("[data-phx-main].phx-connected").count() == 1


def test_a_refused_file_leaves_the_page_alone(page: Page, serve: Callable[[ASGIApp], str]) -> None:
    page.goto(serve(application(download_max_age=0.0)))
    with page.expect_download() as refused:
        page.get_by_role("button", name="small").click()
    assert refused.value.failure()
    page.get_by_role("button", name="small").click()
    expect(page.locator("#n")).to_have_text("2")
    assert page.locator("[data-phx-main].phx-connected").count() == 1


def test_several_files_of_one_event_are_all_saved(page: Page, serve: Callable[[ASGIApp], str]) -> None:
    page.goto(serve(application()))
    names: list[str] = []
    page.on("download", lambda download: names.append(download.suggested_filename))
    page.get_by_role("button", name="both").click()
    with page.expect_download():  # the second, or a third for a browser that was faster
        page.get_by_role("button", name="small").click()
    expect(page.locator("#n")).to_have_text("2")
    assert set(names) == {"Übersicht 1.html", "large.bin"}
