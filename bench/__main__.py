"""Command line: choose workloads, run them one after the other, print the table."""

import argparse
import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import orjson
import uvloop

from bench import report
from bench.arena import QUICK, Arena, Plan
from bench.goals import GOALS
from bench.machine import choose_cores, pin, raise_file_limit
from bench.rows import Row
from bench.workloads.events import components, counter, frozen, guarded, table
from bench.workloads.fanout import ticker
from bench.workloads.first_pages import crawled_page, first_page, first_page_table
from bench.workloads.idle import crowd, idle
from bench.workloads.joins import joins
from bench.workloads.latency import latency
from bench.workloads.protocols import protocols
from bench.workloads.streams import stream

WORKLOADS: dict[str, Callable[[Arena], Awaitable[list[Row]]]] = {
    "counter": counter,
    "guarded": guarded,
    "components": components,
    "table": table,
    "frozen": frozen,
    "stream": stream,
    "ticker": ticker,
    "latency": latency,
    "first_page": first_page,
    "first_page_table": first_page_table,
    "crawled_page": crawled_page,
    "joins": joins,
    "idle": idle,
    "crowd": crowd,
    "protocols": protocols,
}
WITHOUT_OLD = frozenset({"protocols"})
"""Workloads that compare two servers of this checkout only."""

TIMEOUT = 240.0
"""Seconds that one workload may take."""


def main(arguments: Sequence[str]) -> None:
    options = parser().parse_args(arguments)
    plan = replace(
        QUICK if options.quick else Plan(), **({"rounds": options.rounds} if options.rounds else {})
    )
    cores = choose_cores()
    old = options.compare and checkout_of(options.compare)
    arena = Arena(plan, cores, old, options.calibrate)
    pin(cores.generator)
    raise_file_limit()
    print(report.heading(plan, cores), end="\n\n")
    names = options.only or [name for name in WORKLOADS if not (old and name in WITHOUT_OLD)]
    try:
        rows = uvloop.run(run(arena, names))
    except (RuntimeError, ConnectionError, TimeoutError) as error:
        sys.exit(f"bench: {type(error).__name__}: {error}")
    goals = {} if old or options.calibrate else GOALS
    if old:
        print(report.changes(rows, old.name))
    else:
        print(report.table(rows, goals), report.remarks(rows, goals), sep="\n\n")
    if options.json:
        options.json.write_bytes(orjson.dumps(report.as_json(rows, plan, goals), option=orjson.OPT_INDENT_2))


def checkout_of(path: Path) -> Path:
    """Return the absolute path of another checkout. Exits with an explanation if it cannot be measured."""
    python = path / ".venv/bin/python"
    if not python.exists():
        sys.exit(
            f"bench: expected a checkout with its environment, got {path}: {python} does not exist. Make one with "
            f"`git worktree add {path} REVISION` and `make -C {path} setup`."
        )
    return path.absolute()


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about a minute: fewer and shorter rounds")
    parser.add_argument("--only", action="append", choices=WORKLOADS, help="this workload; may be repeated")
    parser.add_argument("--rounds", type=int, help="how many times the two servers take turns")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured there as well")
    parser.add_argument(
        "--compare",
        type=Path,
        metavar="OLD",
        help="another checkout instead of the bare server, in turns; print the rows that differ beyond noise",
    )
    parser.add_argument(
        "--calibrate",
        action="store_true",
        help="compare the bare server with itself: how far is 1.00 missed?",
    )
    return parser


async def run(arena: Arena, names: Sequence[str]) -> list[Row]:
    rows: list[Row] = []
    for name in names:
        print(f"{name} ...", file=sys.stderr, flush=True)
        async with asyncio.timeout(TIMEOUT):
            rows += await WORKLOADS[name](arena)
    return rows


if __name__ == "__main__":
    main(sys.argv[1:])
