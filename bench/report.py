"""The results as a table and as JSON."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from statistics import median
from typing import Any

from bench.arena import Plan
from bench.goals import Goal
from bench.machine import Cores
from bench.rows import Row

HEADINGS = (
    "", "ours", "bare", "ratio", "rounds", "CPU us", "CPU ratio", "target", "", "Phoenix", "PyView 0.9"
)  # fmt: skip
PACKAGES = ("starlette", "uvicorn", "uvloop", "websockets", "orjson", "picows")
NO_GOAL = Goal()

Goals = Mapping[str, Goal]
"""By the key of a row; empty when the bare server is compared with itself."""


def heading(plan: Plan, cores: Cores) -> str:
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return "\n".join(
        [
            f"Python {platform.python_version()}, {versions}",
            f"{cores}; {plan.rounds} rounds in turns, medians; permessage-deflate off",
        ]
    )


def table(rows: Sequence[Row], goals: Goals) -> str:
    """Return the table of all rows, with their targets and the results of other frameworks."""
    return _aligned([HEADINGS, *(_cells(row, goals.get(row.key, NO_GOAL)) for row in rows)])


def changes(rows: Sequence[Row], old: str) -> str:
    """Return the table of all rows beside those of another checkout, with the ones that moved."""
    moved = [row.title for row in rows if row.change]
    remark = f"Moved beyond noise: {'; '.join(moved)}." if moved else "No row moved beyond noise."
    return _aligned([("", "new", old, *HEADINGS[3:7], "moved"), *map(_changed, rows)]) + f"\n\n{remark}"


def _changed(row: Row) -> tuple[str, ...]:
    return (*_measured(row), row.change)


def _aligned(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(_line(line, widths) for line in lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *rest = (
        cell.ljust(width) if column == 0 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join([first, *rest]).rstrip()


def _measured(row: Row) -> tuple[str, ...]:
    return (
        row.title,
        _figure(row.ours, row.unit),
        "-" if row.bare is None else _figure(row.bare, row.unit),
        "-" if row.ratio is None else f"{row.ratio:.2f}",
        f"{min(row.ratios):.2f}-{max(row.ratios):.2f}" if row.ratios else "",
        "{:.1f} / {:.1f}".format(*row.cpu_microseconds) if row.cpu_microseconds else "",
        f"{median(row.cpu_ratios):.2f}" if row.cpu_ratios else "",
    )


def _cells(row: Row, goal: Goal) -> tuple[str, ...]:
    return (
        *_measured(row),
        str(goal) + ("" if goal.of_ratio or not str(goal) else row.unit),
        {True: "ok", False: "MISSED", None: ""}[goal.judge(row)],
        _reference(goal.phoenix),
        _reference(goal.pyview),
    )


def _figure(value: float, unit: str) -> str:
    return f"{value:,.1f}{unit}" if value < 100 else f"{value:,.0f}{unit}"


def _reference(value: float | None) -> str:
    return "" if value is None else f"{value:,g}"


def remarks(rows: Sequence[Row], goals: Goals) -> str:
    """Return the missed targets, and rows where the load generator may be the reason."""
    return "\n".join([_missed(rows, goals), *_loads(rows)])


def _missed(rows: Sequence[Row], goals: Goals) -> str:
    missed = [row.title for row in rows if goals.get(row.key, NO_GOAL).judge(row) is False]
    return f"Missed: {'; '.join(missed)}." if missed else "No target of these rows was missed."


def _loads(rows: Sequence[Row]) -> list[str]:
    """Report a load generator that was busier than the server: it would have measured itself."""
    return [_load(row, row.server_share, row.generator_share) for row in rows if row.generator_share]


def _load(row: Row, server: float | None, generator: float | None) -> str:
    doubt = "" if server and server > 0.9 else " (other work on the machine, or the generator, was the limit)"
    left_out = f"; {row.left_out} disturbed rounds left out" if row.left_out else ""
    return f"{row.title}: server {server:.0%} of its core, load generator {generator:.0%}{doubt}{left_out}"


def as_json(rows: Sequence[Row], plan: Plan, goals: Goals) -> dict[str, Any]:
    """Return all results with their goals."""
    return {
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PACKAGES},
        "plan": asdict(plan),
        "rows": [asdict(row) | {"reached": goals.get(row.key, NO_GOAL).judge(row)} for row in rows],
    }
