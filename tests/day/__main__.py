"""Do in a clean environment what a new user does, and print how long each step takes: `python -m tests.day`.

It installs packages, so it needs a network. `make day` builds the wheel first.
"""

import argparse
import os
import re
import signal
import sys
import tempfile
from pathlib import Path
from secrets import token_hex
from time import monotonic

from playwright.sync_api import Browser, Error, expect, sync_playwright

from tests.browser.chromium import FLAGS, find_chromium
from tests.day.pages import (
    Site,
    create_product,
    expect_live,
    note_field,
    overlay,
    post_note,
    row,
    seconds_until,
    sign_in,
    sign_up,
    step_back,
)
from tests.day.place import Failed, Place, built_wheel
from tests.day.report import Report
from tests.day.server import Server, edit
from tests.ports import free_port
from tests.stores.valkey import running_valkey

_SECRET = "bm90IGZvciBhbnkgc2l0ZTogb25seSBmb3IgdGhpcyBkYXk="
_CLICK_LIMIT_MS = 30_000


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.day", description=__doc__)
    parser.add_argument("--folder", help="make the project here and keep it, or use the one that is here")
    options = parser.parse_args()
    report = Report()
    with tempfile.TemporaryDirectory(prefix="day", ignore_cleanup_errors=True) as temporary:
        place = Place(Path(options.folder or temporary).absolute())
        try:
            if not place.shop.exists():
                make_project(place, report)
            with sync_playwright() as playwright:
                expect.set_options(timeout=_CLICK_LIMIT_MS)
                chromium = find_chromium()
                environment: dict[str, str | float | bool] = {**os.environ, **chromium.environment}
                browser = playwright.chromium.launch(
                    executable_path=chromium.executable, args=FLAGS, env=environment, headless=True
                )
                develop(place, browser, report)
                deploy(place, browser, report)
                browser.close()
        except (Failed, AssertionError, Error) as error:
            print(error, file=sys.stderr)
            return 1
    print(f"{sum(seconds for _, seconds in report.times):8.2f} s  the whole day")
    return 0


def make_project(place: Place, report: Report) -> None:
    """Install the wheel, and generate a project that passes its own checks."""
    with report.step("make a virtual environment"):
        place.make_environment()
    with report.step("pip install the wheel"):
        place.install(f"{built_wheel()}[standard]")
    with report.step("pyview new app shop"):
        place.run("pyview", "new", "app", "shop", folder=place.folder)
    with report.step("pyview new auth"):
        place.run("pyview", "new", "auth")
    with report.step("pyview new crud Product name:str price:Decimal stock:int"):
        place.run("pyview", "new", "crud", "Product", "name:str", "price:Decimal", "stock:int")
    with report.step("install the project and its tools"):
        options = ("--find-links", str(built_wheel().parent))
        place.run("python", "-m", "pip", "install", "-q", *options, "-e", ".", "--group", "dev")
    for command in ("pytest -q", "ruff check .", "ruff format --check .", "mypy", "pyview check --deploy"):
        with report.step(command):
            place.run(*command.split())
    with report.step("migrate the database"):
        place.run("python", "-m", "shop.migrate")


def develop(place: Place, browser: Browser, report: Report) -> None:
    """Work on the project with `pyview dev`."""
    port, lamp = str(free_port()), f"Lamp {token_hex(3)}"
    begin = monotonic()
    server = Server(place, "pyview", "dev", "--port", port)
    try:
        site = Site(browser, server.address())
        page = site.visitor()
        report.note("pyview dev: first page is live", monotonic() - begin)
        with report.step("sign up in the browser"):
            sign_up(page)
        other = site.visitor()
        with report.step("the second browser signs in"):
            sign_in(other)
            other.goto("/products")
            expect_live(other)
        with report.step("create a product"):
            create_product(page, lamp)
        report.note("the second browser shows it", seconds_until(row(other, lamp), monotonic()))
        work_on_home(place, server, site, report)
    except BaseException:
        print(server.output, file=sys.stderr)
        server.kill()
        raise
    with report.step("Ctrl+C"):
        code = server.stop()
        assert code in (0, 130), server.output
        assert "Traceback" not in server.output, server.output


def work_on_home(place: Place, server: Server, site: Site, report: Report) -> None:
    """Break a handler and mend it, edit a template and Python, and step back in the inspector."""
    views = place.shop / "shop" / "views"
    page = site.visitor()
    post_note(page, "kept over all of this")
    note = page.locator(".notes li", has_text="kept over all of this")

    check = re.search(r" {4}async def check\(.*\n", (views / "home.py").read_text())
    assert check is not None
    broken = f'{check[0]}        raise RuntimeError("broken on purpose")\n'
    with report.step("break a handler: the new code serves"):
        lines = len(server.lines)
        edit(views / "home.py", check[0], broken)
        server.wait_for("home.py changed: restarted", after=lines)
        expect_live(page)
    begin = monotonic()
    note_field(page).fill("half a")
    report.note("the overlay shows its crash", seconds_until(overlay(page), begin))
    assert "broken on purpose" in overlay(page).inner_text()
    assert "home.py" in overlay(page).inner_text()
    begin = monotonic()
    edit(views / "home.py", broken, check[0])
    expect(overlay(page)).not_to_be_visible()
    report.note("mend it: the overlay goes", monotonic() - begin)
    expect(note).to_be_visible()

    begin = monotonic()
    edit(views / "home.html", "is running.", "runs today.")
    report.note("edit a template: the page shows it", seconds_until(page.get_by_text("runs today."), begin))
    expect(note).to_be_visible()

    note_field(page).fill("half a sentence")
    layout = place.shop / "shop" / "layout.py"
    begin = monotonic()
    edit(layout, 'Link("Home", "/")', 'Link("Start", "/")')
    seconds = seconds_until(page.get_by_role("link", name="Start"), begin)
    report.note("edit Python with half a form typed: the page shows it", seconds)
    expect(note_field(page)).to_have_value("half a sentence")
    expect(note).to_be_visible()

    post_note(page, "a mistake")
    with report.step("step back in the inspector"):
        step_back(page, "post")
        expect(page.locator(".notes li", has_text="a mistake")).to_have_count(0)
        expect(note).to_be_visible()


def deploy(place: Place, browser: Browser, report: Report) -> None:
    """Serve it with two workers and a real Valkey."""
    with running_valkey() as valkey:
        environment = {
            "PYVIEW_SECRET": _SECRET,
            "PYVIEW_REDIS_URL": valkey.url,
            "ALLOWED_HOSTS": "localhost",
            "SMTP_URL": "smtp://localhost:1",
            "PUBLIC_URL": "https://localhost",
        }
        begin = monotonic()
        port, table = str(free_port()), f"Table {token_hex(3)}"
        server = Server(place, "pyview", "run", "--workers", "2", "--port", port, **environment)
        try:
            server.address()
            site = Site(browser, f"http://localhost:{port}")
            page, other = site.visitor(), site.visitor()
            report.note("pyview run --workers 2: first page is live", monotonic() - begin)
            with report.step("sign in, at two workers"):
                sign_in(page)
                sign_in(other)
            other.goto("/products")
            expect_live(other)
            with report.step("create a product"):
                create_product(page, table)
            report.note("the second browser shows it", seconds_until(row(other, table), monotonic()))
        except BaseException:
            print(server.output, file=sys.stderr)
            server.kill()
            raise
        with report.step("SIGTERM: a graceful stop"):
            assert server.stop(signal.SIGTERM) == 0, server.output


if __name__ == "__main__":
    sys.exit(main())
