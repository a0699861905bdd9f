"""`pyview check`: check the settings, the views and the templates of an application without starting it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from inspect import isfunction
from pathlib import Path
from typing import Any

from starlette.routing import Mount

from pyview.app import PyView
from pyview.auth.findings import CheckMessage, Severity
from pyview.auth.middleware_order import provides_auth
from pyview.checks.application import check_app, check_sharing, stops
from pyview.checks.server import advice, descriptor_advice
from pyview.checks.templates import unusable_templates
from pyview.lint import Finding
from pyview.observability.descriptors import soft_limit


class NotAPyView(TypeError):
    """The object to check is no PyView and contains none."""

    def __init__(self, app: Any) -> None:
        advice = ". If the function returns the application, pass --factory" if isfunction(app) else ""
        kind = type(app).__qualname__
        super().__init__(f"expected a PyView, or an application with one mounted in it, got a {kind}{advice}")


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a check.

    `production` is True if the settings were checked as in production mode. `advice` are settings of the server that
    no check can see.
    """

    findings: tuple[CheckMessage, ...]
    production: bool
    advice: tuple[str, ...] = ()

    @property
    def refusals(self) -> tuple[CheckMessage, ...]:
        """The findings that stop the application from starting."""
        return tuple(finding for finding in self.findings if stops(finding, self.production))

    def lines(self) -> Iterator[str]:
        """Yield the report as text: one line for each finding, and one for the result."""
        for finding in self.findings:
            yield f"{finding.severity.value}: {finding.text}"
        for text in self.advice:
            yield f"advice: {text}"
        yield self._result()

    def _result(self) -> str:
        mode = "in production mode" if self.production else "in development"
        count = f"{len(self.findings)} finding{'' if len(self.findings) == 1 else 's'}"
        if self.refusals:
            return f"The application does not start {mode}: {len(self.refusals)} of {count} must be fixed."
        return f"The application starts {mode}; {count if self.findings else 'no problems found'}."


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


# --- output ---


def as_text(report: Report, found: Sequence[Finding]) -> Iterator[str]:
    """Yield the lines of the command: the findings in views and templates, then the report on the settings."""
    for finding in found:
        yield str(_with_relative_path(finding))
    if found:
        yield f"{len(found)} problem{'' if len(found) == 1 else 's'} in views and templates."
    yield from report.lines()


def as_json(report: Report, found: Sequence[Finding]) -> str:
    """Return the result as JSON.

    `{"findings": [{"file", "line", "rule", "text"}], "settings": [{"severity", "text"}], "advice": [text],
    "starts": bool}`
    """
    settings = [{"severity": one.severity.value, "text": one.text} for one in report.findings]
    result = {
        "findings": [asdict(one) for one in found],
        "settings": settings,
        "advice": report.advice,
        "starts": not report.refusals,
    }
    return json.dumps(result, indent=2)


def _with_relative_path(finding: Finding) -> Finding:
    """Return the finding with a path relative to the current folder, if its file is below that."""
    file = Path(finding.file)
    if file.is_absolute() and file.is_relative_to(Path.cwd()):
        return replace(finding, file=str(file.relative_to(Path.cwd())))
    return finding
