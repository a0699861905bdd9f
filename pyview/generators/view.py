"""`pyview new view UserList`: a page with its route, menu entry and test; outside a project, the files of a view."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from pyview.generators.errors import GeneratorError
from pyview.generators.names import Name
from pyview.generators.plan import Plan
from pyview.generators.project import Project
from pyview.generators.templates import import_line, render

_TAKEN = frozenset({"live", "static"})  # addresses of PyView and of the application


def configure(parser: ArgumentParser) -> None:
    """Add the arguments of the generator."""
    parser.add_argument("name", help="such as UserList or user_list")
    parser.add_argument("--no-css", action="store_true", help="write no style sheet (outside a project)")


def plan(options: Namespace, folder: Path) -> Plan:
    """Plan a view for the project of `folder`, or files in `folder` itself. Raises `GeneratorError`."""
    name = Name.parse(options.name.removesuffix("LiveView") or options.name)
    project = Project.find(folder)
    if project is not None and name.kebab in _TAKEN:
        raise GeneratorError(
            f"the address /{name.kebab} is taken: choose another name, such as {name.kebab}-page"
        )
    return _plain(name, folder, css=not options.no_css) if project is None else _page(name, project)


def _plain(name: Name, folder: Path, *, css: bool) -> Plan:
    plan = Plan(folder)
    for suffix in (".py", ".html", ".css") if css else (".py", ".html"):
        plan.create(f"{name.snake}{suffix}", render(f"view/plain{suffix}.tmpl", name=name))
    return plan


def _page(name: Name, project: Project) -> Plan:
    plan, package, view = Plan(project.folder), project.package, f"{name.pascal}LiveView"
    for path, template in {
        f"{package}/views/{name.snake}.py": "view/project.py.tmpl",
        f"{package}/views/{name.snake}.html": "view/project.html.tmpl",
        f"tests/test_{name.snake}.py": "view/test.py.tmpl",
    }.items():
        plan.create(path, render(template, name=name, package=package))
    routes = f"{package}/routes.py"
    plan.insert_import(routes, import_line(f"{package}.views.{name.snake}", view))
    plan.append_to_function(routes, "add_routes", f'app.add_live_view("/{name.kebab}", {view})')
    plan.append_to_list(f"{package}/layout.py", "LINKS", f'Link("{name.title}", "/{name.kebab}")')
    plan.next_steps(f"pytest tests/test_{name.snake}.py", "pyview dev", f"# and open /{name.kebab}")
    return plan
