"""`pyview check`: what is wrong with an application, before it is deployed.

Finds an application by the name that servers know it by, such as `shop:app`.

What was found, as lines for people and as JSON for programs.
"""

import importlib
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import reduce
from inspect import isfunction
from pathlib import Path
from typing import Any

from starlette.routing import Mount

from pyview.app import PyView
from pyview.auth.findings import CheckMessage, Severity
from pyview.auth.middleware_order import provides_auth
from pyview.checks.authentication import check_app, check_sharing, stops
from pyview.checks.server import advice
from pyview.checks.templates import unusable_templates
from pyview.lint import Finding


class NotAPyView(TypeError):
    """There is no PyView to check."""

    def __init__(self, app: Any) -> None:
        advice = "; pass --factory for a function that makes one" if isfunction(app) else ""
        kind = type(app).__qualname__
        super().__init__(f"expected a PyView, or an application with one mounted in it, got a {kind}{advice}")


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, and whether the application would start.

    `production`: whether it was judged as in production mode. `advice`: what cannot be told from here.
    """

    findings: tuple[CheckMessage, ...]
    production: bool
    advice: tuple[str, ...] = ()

    @property
    def refusals(self) -> tuple[CheckMessage, ...]:
        """The findings with which the application does not start."""
        return tuple(finding for finding in self.findings if stops(finding, self.production))

    def lines(self) -> Iterator[str]:
        """The report as text: a line for each finding, and one that sums up."""
        for finding in self.findings:
            yield f"{finding.severity.value}: {finding.text}"
        for text in self.advice:
            yield f"advice: {text}"
        yield self._sum()

    def _sum(self) -> str:
        mode = "in production mode" if self.production else "in development"
        if self.refusals:
            return f"It does not start {mode}: {len(self.refusals)} of {_count(self.findings)} must be put right."
        return f"It starts {mode}; {_count(self.findings) if self.findings else 'nothing found'}."


def check(app: Any, *, production: bool | None = None, deploy: bool = True) -> Report:
    """Everything that is wrong with `app`, a PyView or an application in which some are mounted.

    `production`: as if `PYVIEW_ENV=production`; None means as `app` itself is configured. Without `deploy`, what only
    matters in production is left out in development, and so is advice. Raises `NotAPyView` where there is none.
    """
    apps = list(_live_apps(app, authenticated=False))
    if not apps:
        raise NotAPyView(app)
    judged = any(found.production for found, _ in apps) if production is None else production
    findings = [finding for found, scope in apps for finding in _findings(found, scope)]
    if deploy or judged:
        findings += [finding for found, _ in apps for finding in check_sharing(found)]
    shown = dict.fromkeys(finding for finding in findings if deploy or judged or _matters_now(finding))
    advised = dict.fromkeys(advice(found.security) for found, _ in apps) if deploy else ()
    return Report(tuple(shown), judged, tuple(advised))


def _findings(app: PyView, scope: dict[str, Any]) -> Iterator[CheckMessage]:
    yield from check_app(app, scope)
    yield from unusable_templates(app.live_routes, app.view_templates)


def _matters_now(finding: CheckMessage) -> bool:
    return finding.severity is not Severity.DEPLOYMENT


def _live_apps(app: Any, authenticated: bool) -> Iterator[tuple[PyView, dict[str, Any]]]:
    """Every PyView in `app`, with what the scope of a request would hold from the applications around it."""
    if isinstance(app, PyView):
        yield app, {"auth": None} if authenticated else {}
    inside = authenticated or any(map(provides_auth, getattr(app, "user_middleware", ())))
    for route in getattr(app, "routes", ()):
        if isinstance(route, Mount):
            yield from _live_apps(route.app, inside)


def _count(findings: tuple[CheckMessage, ...]) -> str:
    return f"{len(findings)} finding{'' if len(findings) == 1 else 's'}"


class CannotLoad(Exception):
    """There is no application under this name."""


def load(name: str, folder: Path, factory: bool = False) -> Any:
    """The object `app` of module `shop` in `folder`, for `shop:app`; with `factory`, what calling it returns.

    Raises `CannotLoad`, and whatever importing the module raises.
    """
    module_name, separator, attribute = name.partition(":")
    if not (module_name and separator and attribute):
        raise CannotLoad(f"expected module:app, such as shop:app for `app` in shop.py, got {name!r}")
    found = _attribute(_module(module_name, folder), attribute, name)
    return found() if factory else found


def _module(name: str, folder: Path) -> Any:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # the module is there; something that it imports is not
        raise CannotLoad(f"there is no module {name!r} in {folder} or on Python's path") from None


def _attribute(module: Any, attribute: str, name: str) -> Any:
    try:
        return reduce(getattr, attribute.split("."), module)
    except AttributeError:
        raise CannotLoad(f"{name!r}: {module.__name__} has no {attribute!r}") from None


def as_text(report: Report, found: Sequence[Finding]) -> Iterator[str]:
    """First what `found` says of views and templates, then whether the application starts."""
    for finding in found:
        yield str(_nearby(finding))
    if found:
        yield f"{len(found)} {'place looks' if len(found) == 1 else 'places look'} wrong in views and templates."
    yield from report.lines()


def as_json(report: Report, found: Sequence[Finding]) -> str:
    """`{"findings": [{"file", "line", "rule", "text"}], "settings": [{"severity", "text"}], "advice": [text],
    "starts": bool}`"""
    settings = [{"severity": one.severity.value, "text": one.text} for one in report.findings]
    said = {
        "findings": [asdict(one) for one in found],
        "settings": settings,
        "advice": report.advice,
        "starts": not report.refusals,
    }
    return json.dumps(said, indent=2)


def _nearby(finding: Finding) -> Finding:
    """The same, its file as seen from here."""
    file = Path(finding.file)
    if file.is_absolute() and file.is_relative_to(Path.cwd()):
        return replace(finding, file=str(file.relative_to(Path.cwd())))
    return finding
