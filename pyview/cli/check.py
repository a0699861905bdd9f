"""`pyview check`: check the settings, the views and the templates of an application without starting it."""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from inspect import isfunction
from typing import Any

from starlette.routing import Mount

from pyview.app import PyView
from pyview.auth.findings import CheckMessage, Severity
from pyview.auth.middleware_order import provides_auth
from pyview.checks.application import check_app, check_sharing
from pyview.checks.server import advice, descriptor_advice
from pyview.checks.templates import unusable_templates
from pyview.cli.application import add_application, loaded
from pyview.cli.errors import CommandError
from pyview.cli.findings import FORMATS, formatted
from pyview.cli.report import Report
from pyview.lint import lint
from pyview.observability.descriptors import soft_limit
from pyview.tokens.secrets import SecretError


class NotAPyView(TypeError):
    """The object to check is no PyView and contains none."""

    def __init__(self, app: Any) -> None:
        advice = ". If the function returns the application, pass --factory" if isfunction(app) else ""
        kind = type(app).__qualname__
        super().__init__(f"expected a PyView, or an application with one mounted in it, got a {kind}{advice}")


def configure(parser: ArgumentParser) -> None:
    """Add the arguments of the command."""
    add_application(parser)
    parser.add_argument("--deploy", action="store_true", help="also report what matters only in production")
    parser.add_argument("--production", action="store_true", help="check as with PYVIEW_ENV=production")
    parser.add_argument(
        "--format", choices=tuple(FORMATS), default="text", help="the output format (default: text)"
    )


def run(options: Namespace) -> int:
    """Print the findings. Return 1 if there are some, or if the application would not start."""
    if options.production:
        os.environ["PYVIEW_ENV"] = (
            "production"  # before the import, because the application's code may read it
        )
    try:
        app = loaded(options)
        report = check(app, production=True if options.production else None, deploy=options.deploy)
    except NotAPyView as error:
        raise CommandError(str(error)) from None
    except SecretError as error:
        # The import of the application raises it: a wrong secret is a finding, and no reason for a traceback.
        report = Report((CheckMessage(Severity.ERROR, str(error)),), options.production)
        app = None
    found = [] if app is None else lint(app)
    for line in formatted(options.format, report, found):
        sys.stdout.write(f"{line}\n")
    return 1 if report.refusals or found else 0


def check(app: Any, *, production: bool | None = None, deploy: bool = True) -> Report:
    """Check the settings of `app`, a PyView or an application in which some are mounted.

    `production` True checks as with `PYVIEW_ENV=production`; None takes the mode of `app`. Without `deploy`, findings
    that matter only in production are left out in development, and so is the advice. Raises `NotAPyView` if there is
    no PyView in `app`.
    """
    apps = list(_live_apps(app, authenticated=False))
    if not apps:
        raise NotAPyView(app)
    production = any(live.production for live, _ in apps) if production is None else production
    findings: list[CheckMessage] = []
    for live, scope in apps:
        findings += check_app(live, scope)
        findings += unusable_templates(live.live_routes, live.view_templates)
    if deploy or production:
        findings += [finding for live, _ in apps for finding in check_sharing(live)]
    else:
        findings = [finding for finding in findings if finding.severity is not Severity.DEPLOYMENT]
    advised = dict.fromkeys(_advice([live for live, _ in apps])) if deploy else ()
    # Several mounted applications may give the same finding: it is reported once, in its first place.
    return Report(tuple(dict.fromkeys(findings)), production, tuple(advised))


def _advice(apps: Sequence[PyView]) -> Iterator[str]:
    yield from (advice(live.security) for live in apps)
    files = descriptor_advice(soft_limit())
    if files is not None:
        yield files


def _live_apps(app: Any, authenticated: bool) -> Iterator[tuple[PyView, dict[str, Any]]]:
    """Yield every PyView in `app`, with the keys that the applications around it put into the scope of a request."""
    if isinstance(app, PyView):
        # Starlette's AuthenticationMiddleware puts `auth` into the scope; the check looks only for the key.
        yield app, {"auth": None} if authenticated else {}
    inside = authenticated or any(map(provides_auth, getattr(app, "user_middleware", ())))
    for route in getattr(app, "routes", ()):
        if isinstance(route, Mount):
            yield from _live_apps(route.app, inside)
