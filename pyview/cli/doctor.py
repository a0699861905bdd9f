"""`pyview doctor`: examine the interpreter, the dependencies, the settings and the application."""

import logging
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from pyview.cli.application import add_application
from pyview.cli.examinations.application import examine_application
from pyview.cli.examinations.diagnosis import Health
from pyview.cli.examinations.installation import examine_installation
from pyview.cli.examinations.settings import examine_settings


def configure(parser: ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_application(parser)


def run(options: Namespace) -> int:
    """Print each result as soon as it is known. Return 1 if something must be mended."""
    worst = Health.GOOD
    with _without_log():
        for results in (examine_installation(), examine_settings(os.environ), examine_application(options)):
            for result in results:
                sys.stdout.write(f"{result}\n")
                sys.stdout.flush()
                worst = Health.BAD if Health.BAD in (worst, result.health) else worst
    return 1 if worst is Health.BAD else 0


@contextmanager
def _without_log() -> Iterator[None]:
    # The stores and the checks log what a server's log should have. Here it would be said twice.
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
