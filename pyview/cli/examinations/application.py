"""Examine the application: it is found, imported and checked, and not started."""

from argparse import Namespace
from collections.abc import Iterator

from pyview.cli.application import loaded, located
from pyview.cli.check import NotAPyView, check
from pyview.cli.errors import CommandError
from pyview.cli.examinations.diagnosis import Diagnosis, bad, doubtful, good
from pyview.lint import lint
from pyview.tokens.secrets import SecretError


def examine_application(options: Namespace) -> Iterator[Diagnosis]:
    """Yield what is known of the application that `options` name, or that is found in the current folder."""
    try:
        target = located(options)
    except CommandError as error:
        # Without a name, the command is about the environment alone.
        yield doubtful("application", str(error)) if options.app is None else bad("application", str(error))
        return
    try:
        app = loaded(options)
        report = check(app, deploy=False)
    except (CommandError, NotAPyView, SecretError) as error:
        yield bad("application", str(error))
        return
    yield good("application", target)
    yield from (bad("application", finding.text) for finding in report.refusals)
    found = lint(app)
    if found:
        yield doubtful(
            "application", f"{len(found)} mistakes in views and templates: `pyview check` lists them"
        )
