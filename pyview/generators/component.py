"""`pyview new component Badge`: a function component, or with --live a live component, and its test."""

import re
from argparse import ArgumentParser, Namespace
from pathlib import Path

from pyview.generators.errors import GeneratorError
from pyview.generators.names import Name
from pyview.generators.plan import Plan
from pyview.generators.project import Project
from pyview.generators.templates import render

# Names that the module of a component has already.
_TAKEN = frozenset({"Any", "ComponentSocket", "Literal", "LiveComponent", "Socket", "TypedDict", "component"})

_LOWEST = re.compile(r">=\s*3\.(\d+)")


def configure(parser: ArgumentParser) -> None:
    """Add the arguments of the generator."""
    parser.add_argument("name", help="such as Badge or price_tag")
    parser.add_argument(
        "--live", action="store_true", help="a live component: with state and events of its own"
    )


def plan(options: Namespace, folder: Path) -> Plan:
    """Plan a component for the project of `folder`. Raises `GeneratorError`."""
    name, project = Name.parse(options.name), Project.require(folder)
    if (name.pascal if options.live else name.snake) in _TAKEN:
        raise GeneratorError(f"{options.name!r} is a name that the module needs itself: choose another one")
    return _live(name, project) if options.live else _function(name, project)


def _function(name: Name, project: Project) -> Plan:
    plan, package = Plan(project.folder), project.package
    module = f"{package}/components/{name.snake}"
    if _has_template_strings(project):
        plan.create(f"{module}.py", render("component/tstring.py.tmpl", name=name))
    else:
        plan.create(f"{module}.py", render("component/function.py.tmpl", name=name))
        plan.create(f"{module}.html", render("component/function.html.tmpl", name=name))
    test = render("component/test_function.py.tmpl", name=name, package=package)
    plan.create(f"tests/test_{name.snake}.py", test)
    # The alias tells type checkers and ruff that the name is there for others.
    line = f"from {package}.components.{name.snake} import {name.snake} as {name.snake}"
    plan.insert_import(f"{package}/components/__init__.py", line)
    plan.next_steps("pytest", f'write {{{{ {name.snake}("Text") }}}} in the template of a page')
    return plan


def _live(name: Name, project: Project) -> Plan:
    plan, package = Plan(project.folder), project.package
    module = f"{package}/components/{name.snake}"
    plan.create(f"{module}.py", render("component/live.py.tmpl", name=name))
    plan.create(f"{module}.html", render("component/live.html.tmpl", name=name))
    test = render("component/test_live.py.tmpl", name=name, package=package)
    plan.create(f"tests/test_{name.snake}.py", test)
    plan.next_steps(
        "pytest",
        f"import it in the module of a page: from {package}.components.{name.snake} import "
        f"{name.pascal} as {name.pascal}",
        f'place it in its template: {{{{ live_component({name.pascal}, id="first", label="Apples") }}}}',
    )
    return plan


def _has_template_strings(project: Project) -> bool:
    """Return True if every Python that the project supports has template strings: 3.14 and newer."""
    lowest = _LOWEST.search(project.python)
    return lowest is not None and int(lowest[1]) >= 14
