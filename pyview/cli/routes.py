"""`pyview routes`: list the addresses of an application, with the view, the guard and the group of each."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Final

from pyview.cli.application import add_application, loaded
from pyview.cli.errors import CommandError
from pyview.cli.route_rows import RouteRow, route_rows

_HEADINGS: Final = ("ADDRESS", "VIEW", "GUARD", "GROUP")
_NO_GUARD: Final = "-"


def configure(parser: ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_application(parser)
    parser.add_argument("--all", action="store_true", help="also list routes that are no live views")
    parser.add_argument(
        "--events", action="store_true", help="also list events with requirements of their own"
    )
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="the output format (default: text)"
    )


def run(options: Namespace) -> int:
    """Print the routes. Raises `CommandError` for an application without any."""
    rows = list(route_rows(loaded(options), every=options.all))
    if not rows:
        advice = "" if options.all else "; `--all` lists the other routes"
        raise CommandError(
            f"the application has no live views{advice}. app.add_live_view('/', HomeView) adds one"
        )
    lines = [_as_json(rows)] if options.format == "json" else _as_table(rows, events=options.events)
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 0


def _as_json(rows: Sequence[RouteRow]) -> str:
    """Return a JSON list of `{"address", "view", "guard", "group", "events": {name: guard}}`."""
    return json.dumps([asdict(row) for row in rows], indent=2)


def _as_table(rows: Sequence[RouteRow], *, events: bool) -> Iterator[str]:
    cells = [_HEADINGS, *((row.address, row.view, row.guard or _NO_GUARD, row.group) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    texts = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]
    yield texts[0]
    for row, text in zip(rows, texts[1:], strict=True):
        yield text
        for name, guard in row.events.items() if events else ():
            yield f"  event {name}: {guard}"
    open_pages = sum(not row.guard for row in rows)
    if open_pages:
        yield f"{open_pages} of {len(rows)} without a guard ({_NO_GUARD}): every visitor may see them."
