"""Static checks of an application, for its own tests."""

from typing import Any

from pyview.lint import Finding, lint
from pyview.testing.errors import PageError


def check_app(app: Any) -> list[Finding]:
    """What `pyview check` finds in the views and templates of `app`."""
    return lint(app)


def assert_no_findings(app: Any) -> None:
    """Raises `PageError`, an `AssertionError`, that lists what `check_app` finds."""
    found = check_app(app)
    if found:
        raise PageError("\n".join([f"{len(found)} findings:", *map(str, found)]))
