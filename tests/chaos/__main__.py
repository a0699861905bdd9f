"""Run the chaos suite and print its table: `python -m tests.chaos [SCENARIO...] [--clickers N]`."""

import argparse
import asyncio
import sys

from tests.chaos.report import Figures, table
from tests.chaos.scenarios import SCENARIOS, Size


def main() -> int:
    names = {scenario.__name__: scenario for scenario in SCENARIOS}
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(names))
    parser.add_argument("--clickers", type=int, default=Size.clickers, help="users who click (%(default)s)")
    options = parser.parse_args()
    unknown = [name for name in options.scenarios if name not in names]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}. There are: {', '.join(names)}")
    results: list[Figures] = []
    for name in options.scenarios or names:
        print(f"{name}: {names[name].__doc__}", file=sys.stderr, flush=True)
        results.append(asyncio.run(names[name](Size(clickers=options.clickers))))
    print(table(results))
    return 1 if any(figures.failures for figures in results) else 0


if __name__ == "__main__":
    sys.exit(main())
