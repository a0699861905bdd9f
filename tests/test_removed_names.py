"""Errors for removed names of PyView 0.9 name the replacement."""

import importlib

import pytest

import pyview.live_socket
import pyview.template
from pyview import PyView


@pytest.mark.parametrize(
    ("statement", "advice"),
    [
        ("from pyview.vendor import ibis", "pyview convert FOLDER"),
        ("from pyview.vendor.ibis import filters", "create_environment().filters"),
        ("from pyview.vendor.ibis.loaders import FileReloader", "PyView(templates=FileSystemLoader("),
        ("import pyview.vendor.ibis", "pyview.vendor of PyView 0.9 is gone"),
        ("from pyview.live_socket import pub_sub_hub", "pubsub_from_environment()"),
        ("from pyview.template import template_file", "template_file = "),
        ("from pyview.template import context_processor", "PyView(context_processors=[function])"),
        (
            "from pyview.template.context_processor import context_processor",
            "PyView(context_processors=[function])",
        ),
        ("from pyview.template import find_associated_css", "by itself"),
        ("from pyview.instrumentation import NoOpInstrumentation", "OpenTelemetry"),
        ("import pyview.instrumentation", "OpenTelemetry"),
    ],
)
def test_an_import_names_the_replacement(statement: str, advice: str) -> None:
    with pytest.raises(ImportError) as raised:
        exec(statement, {})  # noqa: S102  one of the statements above
    assert advice in str(raised.value)
    assert "docs/from-pyview.md" in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("attribute", "advice"),
    [
        ("live_handler", "in its lifespan"),
        ("view_lookup", "app.live_routes"),
        ("instrumentation", "telemetry="),
    ],
)
def test_an_attribute_of_the_application_names_the_replacement(attribute: str, advice: str) -> None:
    app = PyView()
    assert not hasattr(app, attribute)
    with pytest.raises(AttributeError, match=f"has no attribute '{attribute}'") as raised:
        getattr(app, attribute)
    assert advice in str(raised.value)


def test_the_former_parameter_of_the_application_names_the_replacement() -> None:
    with pytest.raises(TypeError, match="OpenTelemetry"):
        PyView(instrumentation=object())


@pytest.mark.parametrize("owner", [pyview.live_socket, pyview.template, PyView()])
def test_other_missing_names_raise_the_usual_error(owner: object) -> None:
    assert not hasattr(owner, "no_such_name")
    with pytest.raises(AttributeError, match=r"has no attribute 'no_such_name'$"):
        owner.no_such_name  # type: ignore[attr-defined]  # noqa: B018


def test_other_missing_modules_raise_the_usual_error() -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("pyview.live_socket.pub_sub_hub")
