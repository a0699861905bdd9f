"""`pyview new crud Product name:str price:Decimal`: a table with its migration, list, form and tests."""

import re
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any, Final

from pyview.generators.columns import LONGEST, Field, parse_fields
from pyview.generators.database import add_database, add_migration, add_model, own_imports
from pyview.generators.errors import GeneratorError
from pyview.generators.formatting import call
from pyview.generators.names import Name
from pyview.generators.plan import Plan
from pyview.generators.project import Project
from pyview.generators.templates import render_tree

_IRREGULAR: Final = {"person": "people", "child": "children", "man": "men", "woman": "women", "mouse": "mice"}
# Names in the modules with the model.
_TAKEN: Final = frozenset(
    {
        "Annotated",
        "Any",
        "Base",
        "BaseModel",
        "Changed",
        "ColumnElement",
        "Decimal",
        "Enum",
        "Final",
        "Form",
        "Found",
        "Gone",
        "Id",
        "InfoEvent",
        "Input",
        "Line",
        "Literal",
        "LiveClient",
        "LiveViewSocket",
        "Mapped",
        "Page",
        "PageError",
        "Query",
        "Search",
        "Sequence",
        "Socket",
        "Sort",
        "StrEnum",
        "String",
        "Text",
        "TypedDict",
        "UtcDateTime",
    }
)
# Ids and names of the page, which the prefix of the form must not have.
_IDS: Final = frozenset({"content", "dialog", "flash", "list", "main", "menu"})


def configure(parser: ArgumentParser) -> None:
    """Add the arguments of the generator."""
    parser.add_argument("model", help="the class of one row, such as Product")
    parser.add_argument(
        "fields",
        nargs="*",
        metavar="NAME:TYPE",
        help="str, text, int, float, Decimal, bool, date, datetime, 'enum(draft,live)'; optional with ? at the end",
    )
    parser.add_argument(
        "--plural", metavar="NAME", help="the name of the table and of the page, such as people"
    )


def plan(options: Namespace, folder: Path) -> Plan:
    """Plan a table and its pages for the project of `folder`. Raises `GeneratorError`."""
    project = Project.require(folder)
    name, fields = _model(options.model), parse_fields(options.fields, _model(options.model).pascal)
    plural = Name.parse(options.plural) if options.plural else _plural(name)
    _check_is_new(project, name, plural)
    values = _values(project, name, plural, fields)
    plan = Plan(project.folder)
    add_database(plan, project)
    names = {"package": project.package, "plural": plural.snake, "test_plural": f"test_{plural.snake}"}
    for path, text in render_tree("crud", names, **values):
        plan.create(path, text)
    package = project.package
    add_migration(
        plan, project, "migrations/table.py.tmpl", f"create_{plural.snake}", plural=plural.snake, **values
    )
    add_model(plan, project, f"{package}.{plural.snake}.model", name.pascal)
    _add_pages(plan, package, plural)
    plan.next_steps(
        "uv sync",
        "uv run alembic upgrade head",
        "uv run pytest",
        "uv run pyview dev",
        f"open /{plural.kebab}",
    )
    return plan


def _model(text: str) -> Name:
    name = Name.parse(text)
    if len(name.pascal) > LONGEST:
        raise GeneratorError(f"expected a name of at most {LONGEST} characters, got {text!r}")
    if name.pascal in _TAKEN:
        raise GeneratorError(
            f"the generated code uses the name {name.pascal}: choose another one, such as Shop{name.pascal}"
        )
    return name


def _plural(name: Name) -> Name:
    """Return the plural of the last word."""
    word = name.words[-1]
    if word in _IRREGULAR:
        plural = _IRREGULAR[word]
    elif re.search(r"[^aeiou]y$", word):
        plural = f"{word[:-1]}ies"
    else:
        plural = f"{word}es" if re.search(r"(s|x|z|ch|sh)$", word) else f"{word}s"
    return Name((*name.words[:-1], plural))


def _check_is_new(project: Project, name: Name, plural: Name) -> None:
    """Raises `GeneratorError` if there is something of this name."""
    package = project.folder / project.package
    for path in (
        package / plural.snake,
        package / f"{plural.snake}.py",
        package / "views" / f"{plural.snake}.py",
    ):
        if path.exists():
            raise GeneratorError(
                f"{path.relative_to(project.folder)} exists already: choose another model, or --plural; nothing was "
                "written"
            )
    models = package / "models.py"
    if models.is_file() and re.search(rf"\b{name.pascal}\b", models.read_text(encoding="utf-8")):
        raise GeneratorError(
            f"{models.relative_to(project.folder)} has a model {name.pascal}; nothing was written"
        )


def _values(project: Project, name: Name, plural: Name, fields: list[Field]) -> dict[str, Any]:
    """Return the values of the templates."""
    sortable = [field for field in fields if field.is_sortable]
    kinds = {field.kind.lower() for field in fields}
    return {
        "model": name.pascal,
        "View": plural.pascal,
        "word": " ".join(name.words),
        "words": " ".join(plural.words),
        "titles": plural.title,
        "path": f"/{plural.kebab}",
        "prefix": f"{name.snake}_item" if name.snake in _IDS else name.snake,
        "fields": fields,
        "kinds": {kind: kind in kinds for kind in ("date", "datetime", "decimal", "enum")},
        "enums": [field.enum for field in fields if field.choices],
        "form_types": sorted({"Integer", *(field.form_type for field in fields)} - {""}),
        "sqlalchemy": [sql for kind, sql in (("str", "String"), ("text", "Text")) if kind in kinds],
        "database": _of_database(kinds),
        "searched": [field for field in fields if field.is_searched],
        "sortable": sortable,
        "ordered": next((field for field in sortable if field.kind != "bool"), sortable[0]),
        "changed": next((field for field in fields if field.kind != "bool"), fields[0]),
        "required": [field for field in fields if field.is_required],
        "auth": (project.folder / project.package / "accounts" / "sessions.py").is_file(),
        "own": lambda modules: own_imports(project.package, modules),
    }


def _of_database(kinds: set[str]) -> list[str]:
    extra = [
        helper for kind, helper in (("decimal", "exact_decimal"), ("enum", "enum_type")) if kind in kinds
    ]
    return ["Base", "UtcDateTime", "utc_now", *extra]


def _add_pages(plan: Plan, package: str, plural: Name) -> None:
    view, path = f"{plural.pascal}LiveView", f"/{plural.kebab}"
    routes = f"{package}/routes.py"
    plan.insert_import(routes, f"from {package}.views.{plural.snake} import {view}")
    for arguments in (
        [f'"{path}"', view],
        [f'"{path}/new"', view, 'action="new"'],
        [f'"{path}/{{id:int}}/edit"', view, 'action="edit"'],
    ):
        plan.append_to_function(routes, "add_routes", call("app.add_live_view", arguments, margin=4))
    plan.append_to_list(f"{package}/layout.py", "LINKS", f'Link("{plural.title}", "{path}")')
