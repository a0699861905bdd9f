"""Apply every rule to every view and component of an application."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from starlette.routing import Mount

from pyview.keeping.contexts import context_type
from pyview.lint.context_names import names_without_value
from pyview.lint.elements import element_findings
from pyview.lint.events import unknown_events, unused_handlers
from pyview.lint.finding import Finding
from pyview.lint.links import wrong_links
from pyview.lint.modules import Modules, missing_awaits
from pyview.lint.routes import LintApp, unreachable_routes
from pyview.lint.template_files import ParsedTemplate
from pyview.lint.template_users import LiveApp, TemplateUser, find_template_users
from pyview.lint.types import Types, unknown_loop_names, unprintable_values
from pyview.lint.unclosed_elements import unclosed_elements
from pyview.lint.unsafe import unsafe_places

_IGNORED = re.compile(r"pyview: ignore(?:\[([\w, -]+)\])?")


def lint(app: Any) -> list[Finding]:
    """Return the mistakes in the views and templates of `app`, ordered by file and line.

    `app` is a PyView, or an application with some mounted in it. Only what is certain is reported: attributes, events
    and names that are known only when a page is rendered are left alone.
    """
    lint_app, modules = LintApp(app), Modules()
    # A set: views that share a file or a base class give the same finding.
    found = {finding for live_app in _live_apps(app) for finding in _findings(live_app, lint_app, modules)}
    return sorted(finding for finding in found if not _is_ignored(finding))


def _live_apps(app: Any) -> Iterator[LiveApp]:
    if hasattr(app, "view_templates"):
        yield app
    for route in getattr(app, "routes", ()):
        if isinstance(route, Mount):
            yield from _live_apps(route.app)


def _findings(app: LiveApp, lint_app: LintApp, modules: Modules) -> Iterator[Finding]:
    errors, users = find_template_users(app)
    yield from errors
    yield from unreachable_routes(app.routes)
    # Several views may share one template file: look at each file once.
    for source in dict.fromkeys(source for user in users for source in user.sources):
        types = _types(source, users)
        yield from element_findings(source)
        yield from unsafe_places(source, types)
        yield from unprintable_values(source, types)
        yield from unknown_loop_names(source)
    yield from unused_handlers(users, modules)
    for user in users:
        yield from unknown_events(user, users)
        yield from names_without_value(user, app, modules)
        yield from unclosed_elements(user)
        yield from (finding for templates in user.all_templates for finding in templates.errors)
    for module in modules.of(user.cls for user in users):
        yield from missing_awaits(module)
    yield from wrong_links(users, lint_app, app.routes, modules)


def _types(source: ParsedTemplate, users: Sequence[TemplateUser]) -> Types:
    """Return the types of names in a file; none are known if classes with different contexts share the file."""
    # Only the own template of a class sees just its context. An included file or a layout may get other names
    # too, so its types stay unknown.
    contexts = [
        context_type(user.cls) if user.templates and user.templates.own.is_same_text(source) else None
        for user in users
        if any(each.is_same_text(source) for each in user.sources)
    ]
    same = contexts and all(context is contexts[0] for context in contexts)
    return Types(source.tree, contexts[0] if same else None)


def _is_ignored(finding: Finding) -> bool:
    """Return True if the line of the finding, or the line before it, ignores the rule."""
    path = Path(finding.file)
    lines = path.read_text(errors="replace").splitlines() if path.is_file() else []
    return any(_ignores(line, finding.rule) for line in lines[max(0, finding.line - 2) : finding.line])


def _ignores(line: str, rule: str) -> bool:
    found = _IGNORED.search(line)
    return found is not None and (found[1] is None or rule in re.split(r"[, ]+", found[1]))
