"""`pyview new auth`: users who register, sign in, reset their password and have roles."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from pyview.generators.database import add_database, add_migration, add_model
from pyview.generators.plan import Plan
from pyview.generators.project import Project
from pyview.generators.templates import render, render_tree

_DEPENDENCIES = (
    "aiosmtplib>=4.0",
    "email-validator>=2.2",
    "limits>=5.6",
    "pwdlib[argon2]>=0.3",
)
_FIXTURES = '''\
@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make hashes of passwords a hundred times cheaper than in production."""
    hasher = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))
    monkeypatch.setattr(passwords, "hasher", hasher)
    passwords.__dict__.pop("_unknown_hash", None)


@pytest.fixture
async def member(client: LiveClient) -> LiveClient:
    """A browser in which ada@example.org is signed in."""
    return await signed_in(client, "ada@example.org", Role.MEMBER)


@pytest.fixture
async def admin(client: LiveClient) -> LiveClient:
    """A browser in which the admin grace@example.org is signed in."""
    return await signed_in(client, "grace@example.org", Role.ADMIN)


async def signed_in(client: LiveClient, email: str, role: Role) -> LiveClient:
    password = "correct horse battery"
    await create_user(email, password, role)
    page = await client.open("/sign-in")
    await page.submit("main form", {"email": email, "password": password})
    await page.close()
    return client
'''
_ENVIRONMENT = """
# The address of the site, for links in mails, and the server that sends them.
PUBLIC_URL=https://{name}.example.org
SMTP_URL=smtps://user:password@mail.example.org
MAIL_FROM={name}@example.org
"""


def configure(parser: ArgumentParser) -> None:
    """Add no arguments: there is one kind of accounts."""


def plan(options: Namespace, folder: Path) -> Plan:
    """Plan the accounts of the project of `folder`. Raises `GeneratorError`."""
    project = Project.require(folder)
    package, plan = project.package, Plan(project.folder)
    add_database(plan, project)
    for path, text in render_tree("auth", {"package": package}):
        plan.create(path, text)
    add_migration(plan, project, "migrations/accounts.py.tmpl", "create_accounts")
    add_model(plan, project, f"{package}.accounts.models", "User", "MailToken", "RememberedBrowser")
    for requirement in _DEPENDENCIES:
        plan.add_dependency(requirement)
    _add_settings(plan, package)
    _add_to_application(plan, package)
    _add_fixtures(plan, package)
    plan.next_steps(
        "uv sync",
        "uv run alembic upgrade head",
        f"uv run python -m {package}.accounts.create_user you@example.org --admin",
        "uv run pytest",
        "uv run pyview dev",
    )
    return plan


def _add_settings(plan: Plan, package: str) -> None:
    name = package.replace("_", "-")
    for line in (
        'public_url: str = "http://localhost:8000"',
        'smtp_url: str = ""',
        f'mail_from: str = "{name}@localhost"',
    ):
        plan.append_to_class(f"{package}/settings.py", "Settings", line)
    plan.append_to_file(".env.example", _ENVIRONMENT.format(name=name))
    variables = "PUBLIC_URL: ${PUBLIC_URL:?is missing in .env}\nSMTP_URL: ${SMTP_URL:?is missing in .env}\n"
    plan.insert_after(
        "compose.yaml", "ALLOWED_HOSTS:", variables + "MAIL_FROM: ${MAIL_FROM:?is missing in .env}"
    )
    ci = f"PUBLIC_URL: https://{name}.example.org\nSMTP_URL: smtps://mail.example.org"
    plan.insert_after(".github/workflows/ci.yml", "ALLOWED_HOSTS:", ci)


def _add_to_application(plan: Plan, package: str) -> None:
    plan.insert_import(f"{package}/app.py", f"from {package}.accounts.routes import add_accounts")
    # Before the middleware of the session, which then runs before that of the accounts.
    root = "    app.rootTemplate = root_template()\n"
    plan.replace(f"{package}/app.py", root, f"{root}    add_accounts(app, settings)\n")
    plan.insert_import(f"{package}/lifespan.py", f"from {package}.accounts.throttle import throttle")
    plan.insert_import(f"{package}/lifespan.py", f"from {package}.mail import mailer")
    plan.append_to_list(f"{package}/lifespan.py", "RESOURCES", "mailer.open")
    plan.append_to_list(f"{package}/lifespan.py", "RESOURCES", "throttle.open")
    plan.insert_after(f"{package}/layout.html", "{# account #}", render("account_menu.html.tmpl"))


def _add_fixtures(plan: Plan, package: str) -> None:
    path = "tests/conftest.py"
    for line in (
        "from pwdlib import PasswordHash",
        "from pwdlib.hashers.argon2 import Argon2Hasher",
        f"from {package}.accounts.models import Role",
        f"from {package}.accounts.passwords import passwords",
        f"from {package}.accounts.users import create_user",
    ):
        plan.insert_import(path, line)
    plan.append_to_module(path, _FIXTURES)
