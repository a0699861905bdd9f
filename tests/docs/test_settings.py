"""The pages of settings and attributes are complete: each name of the code has its row."""

import inspect
import re

import pytest

from pyview import LiveView, PyView
from pyview.cli.main import main
from pyview.environment.variables import VARIABLES
from pyview.lint.elements import KNOWN
from tests.docs.pages import ROOT

# A name that the client uses for an event of its own, not for an attribute.
NO_ATTRIBUTES = {"phx-track-uploads"}


def rows(page: str) -> list[str]:
    """Return the first cells of all tables of a page of `docs/`."""
    lines = (ROOT / "docs" / page).read_text(encoding="utf-8").splitlines()
    return [line.split(" | ")[0].lstrip("| ") for line in lines if line.startswith("| `")]


def names(page: str) -> set[str]:
    """Return all code in the first cells of a page."""
    return {name for row in rows(page) for name in re.findall(r"`([^`]+)`", row)}


def test_every_environment_variable_is_described() -> None:
    missing = set(VARIABLES) - names("settings.md")
    assert not missing, f"docs/settings.md, Environment variables: {missing}"


def test_every_described_variable_is_read() -> None:
    described = {name for name in names("settings.md") if name.startswith("PYVIEW_")}
    assert described <= set(VARIABLES)


def test_every_argument_of_an_application_is_described() -> None:
    parameters = inspect.signature(PyView.__init__).parameters.values()
    own = {one.name for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY}
    missing = own - names("settings.md")
    assert not missing, f"docs/settings.md, Arguments of PyView: {missing}"


def test_every_class_attribute_of_a_view_is_described() -> None:
    attributes = {name for name in LiveView.__annotations__ if not name.startswith("_")}
    missing = attributes - names("settings.md")
    assert not missing, f"docs/settings.md, Class arguments and attributes: {missing}"


def test_every_attribute_of_the_client_is_described() -> None:
    described = {name for name in names("phx-attributes.md") if name.startswith("phx-")}
    missing = KNOWN - NO_ATTRIBUTES - described
    assert not missing, f"docs/phx-attributes.md: {missing}"


def test_every_command_is_described(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    commands = re.findall(r"^  ([a-z]+)  ", capsys.readouterr().out, re.MULTILINE)
    assert len(commands) >= 7
    missing = {f"pyview {name}" for name in commands} - names("command-line.md")
    assert not missing, f"docs/command-line.md: {missing}"
