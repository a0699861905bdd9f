"""The database of a project, which `pyview new auth` and `pyview new crud` share. The first of them adds it."""

from collections.abc import Iterable
from pathlib import Path

from pyview.generators.plan import Plan
from pyview.generators.project import Project
from pyview.generators.revisions import next_revision
from pyview.generators.templates import import_line, render, render_tree

_DEPENDENCIES = (
    "aiosqlite>=0.22",
    "alembic>=1.16",
    "asyncpg>=0.30",
    "sqlalchemy[asyncio]>=2.1,<3",
)
_README = """
## Database

`uv run alembic upgrade head` creates the tables, in `DATABASE_URL` or in a SQLite file. After a change of a model,
`uv run alembic revision --autogenerate -m "add a column"` writes the next migration.
"""
_FIXTURES = '''\
@pytest.fixture(scope="session")
def settings(database_file: Path) -> Settings:
    return Settings(database_url=f"sqlite:///{database_file}")


@pytest.fixture(scope="session")
def database_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("database") / "test.db"


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the tables that the migrations create."""
    file = tmp_path_factory.mktemp("migrated") / "empty.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", f"sqlite:///{file}")
        command.upgrade(Config("alembic.ini"), "head")
    return file


@pytest.fixture(autouse=True)
def empty_database(database_file: Path, migrated: Path) -> Iterator[None]:
    """Begin each test with empty tables."""
    shutil.copy(migrated, database_file)
    yield
    for file in database_file.parent.iterdir():
        file.unlink()
'''


def has_database(project: Project) -> bool:
    return (project.folder / project.package / "database.py").is_file()


def add_database(plan: Plan, project: Project) -> None:
    """Add the database to the plan, unless the project has it."""
    if has_database(project):
        return
    package = project.package
    for path, text in render_tree("database", {"package": package}):
        plan.create(path, text)
    for requirement in _DEPENDENCIES:
        plan.add_dependency(requirement)
    url = f'database_url: str = "sqlite+aiosqlite:///{package}.db"'
    plan.append_to_class(f"{package}/settings.py", "Settings", url)
    plan.insert_import(f"{package}/app.py", f"from {package}.lifespan import lifespan")
    plan.add_argument(f"{package}/app.py", "PyView", "lifespan=lifespan(settings)")
    plan.append_to_file(f"{package}/static/app.css", "\n" + render("tables.css.tmpl"))
    plan.append_to_file(".gitignore", "*.db-*\n")
    plan.append_to_file("README.md", _README)
    _add_deployment(plan, package)
    _add_fixtures(plan, package)


def add_model(plan: Plan, project: Project, module: str, *models: str) -> None:
    """Add models to those that migrations know."""
    path = f"{project.package}/models.py"
    plan.insert_import(path, import_line(module, *models))
    for model in models:
        plan.append_to_list(path, "MODELS", model)


def add_migration(plan: Plan, project: Project, template: str, title: str, **values: object) -> None:
    """Add a migration after the last one of the project. `title` is a part of the name of its file."""
    folder = Path(project.package) / "migrations" / "versions"
    revision = next_revision(project.folder / folder)
    text = render(template, revision=revision.id, down_revision=revision.down, **values)
    plan.create(str(folder / f"{revision.id}_{title}.py"), text)


def own_imports(package: str, modules: Iterable[tuple[str, list[str]]]) -> str:
    """Return the imports from modules of the project, sorted; none from a module without names."""
    return "\n".join(
        import_line(module, *names)
        for module, names in sorted((_module(package, path), names) for path, names in modules if names)
    )


def _module(package: str, path: str) -> str:
    return f"{package}.{path}"


def _add_deployment(plan: Plan, package: str) -> None:
    """Migrate before each start: in the container, and as a service."""
    migrate = f"python -m {package}.migrate"
    start = 'CMD ["sh", "-c", "'
    plan.replace("Dockerfile", f"{start}exec pyview run", f"{start}{migrate} && exec pyview run")
    name = package.replace("_", "-")
    service = f"ExecStart=/opt/{name}/bin/pyview run"
    plan.replace(f"deploy/{name}.service", service, f"ExecStartPre=/opt/{name}/bin/{migrate}\n{service}")
    plan.append_to_file(
        ".env.example",
        "\n# The database. compose.yaml sets its own. SQLite is enough for one host:\n"
        f"# DATABASE_URL=postgresql://{package}:password@localhost:5432/{package}\n",
    )


def _add_fixtures(plan: Plan, package: str) -> None:
    path = "tests/conftest.py"
    for line in (
        "import shutil",
        "from collections.abc import Iterator",
        "from pathlib import Path",
        "from alembic import command",
        "from alembic.config import Config",
        f"from {package}.settings import Settings",
    ):
        plan.insert_import(path, line)
    plan.replace(path, "def app() -> PyView:", "def app(settings: Settings) -> PyView:")
    plan.replace(path, "create_app(Settings())", "create_app(settings)")
    plan.append_to_module(path, _FIXTURES)
