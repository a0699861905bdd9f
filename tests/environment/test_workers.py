"""The number of workers, from the configuration of the server, its command line or the environment."""

import gc
import importlib
import multiprocessing
import sys
from types import ModuleType, SimpleNamespace

import pytest

from pyview.environment.workers import ONE_WORKER, configured_workers


@pytest.mark.parametrize(
    ("environ", "argv", "expected"),
    [
        ({}, ["uvicorn", "app:app"], 1),
        ({}, ["uvicorn", "app:app", "--workers", "4"], 4),
        ({}, ["granian", "--workers=2", "app:app"], 2),
        ({}, ["hypercorn", "-w", "3", "app:app"], 3),
        ({}, ["uvicorn", "--workers", "1"], 1),
        ({}, ["uvicorn", "--workers"], 1),
        ({}, ["uvicorn", "--workers", "many"], 1),
        ({}, [], 1),
        ({"WEB_CONCURRENCY": "2"}, ["uvicorn"], 2),
        ({"UVICORN_WORKERS": "3"}, ["uvicorn"], 3),
        ({"GRANIAN_WORKERS": "5", "WEB_CONCURRENCY": "2"}, ["granian"], 5),
        ({"WEB_CONCURRENCY": "one"}, ["uvicorn"], 1),
        ({"WEB_CONCURRENCY": "4"}, ["uvicorn", "--workers", "1"], 1),
    ],
)
def test_by_command_line_and_environment(environ: dict[str, str], argv: list[str], expected: int) -> None:
    assert configured_workers(environ, argv).workers == expected


def test_the_source_of_the_number_is_named() -> None:
    assert configured_workers({"WEB_CONCURRENCY": "4"}, []) == (4, "WEB_CONCURRENCY")
    assert configured_workers({}, ["x", "--workers=4"]) == (4, "--workers on the command line")
    assert configured_workers({}, []) is ONE_WORKER


def test_the_configuration_of_the_server_takes_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    config = type("Config", (), {"workers": 3, "__module__": "uvicorn.config"})()
    process = SimpleNamespace(_kwargs={"config": config})
    monkeypatch.setattr(multiprocessing, "current_process", lambda: process)
    assert configured_workers({"WEB_CONCURRENCY": "1"}, ["--workers", "1"]) == (
        3,
        "the configuration of uvicorn",
    )
    config.workers = 1
    assert configured_workers({"WEB_CONCURRENCY": "9"}, []).workers == 1
    process._kwargs = {"config": "something else"}
    assert configured_workers({"WEB_CONCURRENCY": "9"}, []).workers == 9


def test_a_server_that_forked_is_found_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no other way to read a number from a `gunicorn.conf.py`."""
    config = type("Config", (), {"workers": 3, "__module__": "gunicorn.config"})
    kept, gunicorn = config(), ModuleType("gunicorn.config")
    gunicorn.__dict__["Config"] = config
    monkeypatch.setitem(sys.modules, "gunicorn.config", gunicorn)
    assert configured_workers({}, []) is ONE_WORKER, "gunicorn has not created this process"
    environ = {"SERVER_SOFTWARE": "gunicorn/27.0.0"}
    assert configured_workers(environ, []) == (kept.workers, "the configuration of gunicorn")


def test_the_memory_is_searched_only_after_a_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    """The search takes up to a second, at each start."""
    importlib.import_module("granian.server.mp")
    monkeypatch.setattr(gc, "get_referrers", lambda *_: pytest.fail("the memory was searched"))
    assert configured_workers({}, []) is ONE_WORKER
