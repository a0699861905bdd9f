"""Modes of an application: production, development, or neither."""

import pytest

from pyview import PyView

STRONG = "Zm9yIHRlc3RzIG9ubHksIG5vdCBmb3IgYW55IHNpdGU="


@pytest.mark.parametrize("name", ["development", "Dev", " dev "])
def test_the_environment_names_the_development_mode(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("PYVIEW_ENV", name)
    app = PyView()
    assert app.development
    assert app.debug
    assert not app.production


@pytest.mark.parametrize("name", ["", "staging", "test"])
def test_an_application_is_in_neither_mode_by_default(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("PYVIEW_ENV", name)
    app = PyView()
    assert not (app.development)
    assert not (app.debug)
    assert not app.production


def test_code_overrides_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYVIEW_ENV", "development")
    assert not PyView(development=False).development
    assert not PyView(production=True, secret=STRONG).development
    monkeypatch.setenv("PYVIEW_ENV", "")
    assert PyView(development=True).debug


def test_an_application_is_not_in_both_modes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYVIEW_ENV", "production")
    with pytest.raises(ValueError, match="choose one of the two"):
        PyView(development=True, secret=STRONG)
