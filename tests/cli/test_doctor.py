"""Output and exit codes of `pyview doctor`."""

import os
import re
from pathlib import Path

import pytest

import pyview
from pyview.cli.main import main
from pyview.environment.variables import VARIABLES
from tests.stores.valkey import running_valkey

STRONG = "Zm9yIHRlc3RzIG9ubHksIG5vdCBmb3IgYW55IHNpdGU="


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYVIEW_SECRET", STRONG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.fixture
def doctor(capsys: pytest.CaptureFixture[str]) -> "Doctor":
    return Doctor(capsys)


class Doctor:
    """The command, and its results by subject."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.code = -1

    def __call__(self, *arguments: str) -> dict[str, tuple[str, str]]:
        self.code = main(["doctor", *arguments])
        output = self._capsys.readouterr()
        assert output.err == ""
        lines = (line.split(maxsplit=2) for line in output.out.splitlines())
        return {subject: (health, text) for health, subject, text in lines}


def test_a_sound_environment(doctor: Doctor, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("from pyview import PyView\napp = PyView()\n")
    found = doctor()
    assert doctor.code == 0
    assert found["python"][1].startswith("CPython 3.")
    assert "Phoenix LiveView client 1.2" in found["pyview"][1]
    assert found["packages"][0] == found["[standard]"][0] == found["secret"][0] == "ok"
    assert "starlette 1." in found["packages"][1]
    assert "uvicorn 0." in found["[standard]"][1]
    assert found["application"] == ("ok", "app:app")


def test_every_variable_that_is_read_is_known() -> None:
    sources = Path(pyview.__file__).parent.rglob("*.py")
    named = {name for file in sources for name in re.findall(r'"(PYVIEW_[A-Z_]+[A-Z])"', file.read_text())}
    assert named == set(VARIABLES)


def test_a_misspelt_variable(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYVIEW_SECRTE", "x")
    assert doctor()["variable"] == (
        "warning",
        "PyView does not read PYVIEW_SECRTE. Did you mean PYVIEW_SECRET?",
    )


def test_a_misspelt_mode(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYVIEW_ENV", "prodution")
    health, text = doctor()["mode"]
    assert (health, doctor.code) == ("error", 1)
    assert "Did you mean 'production'?" in text


def test_a_weak_secret_matters_in_production(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYVIEW_SECRET", "short")
    assert doctor()["secret"][0] == "warning"
    monkeypatch.setenv("PYVIEW_ENV", "production")
    assert doctor()["secret"][0] == "error"


def test_the_state_file(doctor: Doctor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYVIEW_STATE", str(tmp_path / "none" / "state.db"))
    assert "there is no folder" in doctor()["store"][1]
    monkeypatch.setenv("PYVIEW_STATE", str(tmp_path / "state.db"))
    assert doctor()["store"][0] == "ok"
    assert not (tmp_path / "state.db").exists()
    (tmp_path / "state.db").write_bytes(b"this is no database" * 100)
    assert "cannot be read as an SQLite file" in doctor()["store"][1]


def test_a_server(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_valkey() as server:
        monkeypatch.setenv("PYVIEW_REDIS_URL", server.url)
        health, text = doctor()["store"]
        assert health == "ok"
        assert re.fullmatch(r"Valkey \d+\.\d+\.\d+ answers", text)
        with server.client() as client:
            client.config_set("maxmemory-policy", "allkeys-lru")
        assert doctor()["store"] == (
            "error",
            "maxmemory-policy is allkeys-lru: it may drop sign-outs. Set it to noeviction",
        )


def test_a_server_that_does_not_answer(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYVIEW_REDIS_URL", "redis://:hidden@127.0.0.1:1/0")
    health, text = doctor()["store"]
    assert (health, doctor.code) == ("error", 1)
    assert "does not answer" in text
    assert "hidden" not in text


def test_workers_that_share_nothing(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "4")
    assert doctor()["workers"][0] == "error"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import nothing_of_that_name", "ModuleNotFoundError"),
        ("def broken(:", "SyntaxError"),
        ("app = 1", "expected a PyView"),
    ],
)
def test_an_application_that_fails(doctor: Doctor, tmp_path: Path, source: str, words: str) -> None:
    (tmp_path / f"{tmp_path.name}.py").write_text(source)
    health, text = doctor(f"{tmp_path.name}:app")["application"]
    assert (health, doctor.code) == ("error", 1)
    assert words in text
    assert os.linesep not in text


def test_without_an_application_it_examines_the_rest(doctor: Doctor) -> None:
    assert doctor()["application"][0] == "warning"
    assert doctor.code == 0
    doctor("nothing:app")
    assert doctor.code == 1
