"""The number of workers that a server was started with.

There is no common way to read it: this reads the configuration that a server passes to its workers, the command line
and the environment. Processes that are started one by one, on one host or on many, cannot find each other.
"""

import gc
import multiprocessing
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

OPTIONS = ("--workers", "-w")
VARIABLES = ("WEB_CONCURRENCY", "UVICORN_WORKERS", "GRANIAN_WORKERS")

# Servers that fork: the memory of each worker still has an object of this class with the number of workers.
_GUNICORN, _GRANIAN = ("gunicorn.config", "Config"), ("granian.server.mp", "MPServer")


class WorkerCount(NamedTuple):
    """Number of workers, and its source, as text for an error."""

    workers: int
    source: str


ONE_WORKER = WorkerCount(1, "nothing")


def configured_workers(environ: Mapping[str, str], argv: Sequence[str]) -> WorkerCount:
    """Return the number of workers that the server was started with; `ONE_WORKER` without a sign of more."""
    for count in (_of_server(environ), _of_arguments(argv), _of_environment(environ)):
        if count is not None:
            return count
    return ONE_WORKER


def started_together(environ: Mapping[str, str], argv: Sequence[str]) -> bool:
    """Return True if one server has started this process and other workers beside it."""
    if multiprocessing.parent_process() is None and not _is_of_gunicorn(environ):
        return False
    count = _of_server(environ) or _of_arguments(argv)
    return count is not None and count.workers > 1


def _of_server(environ: Mapping[str, str]) -> WorkerCount | None:
    """Return the number in the server's own configuration, which overrides command line and environment."""
    for config in (*_passed_to_process(), *_inherited(environ)):
        workers = getattr(config, "workers", None)
        if isinstance(workers, int):
            return WorkerCount(workers, f"the configuration of {type(config).__module__.partition('.')[0]}")
    return None


def _passed_to_process() -> Iterator[Any]:
    """Yield the configuration that uvicorn and hypercorn pass to a worker, a process of `multiprocessing`."""
    arguments = getattr(multiprocessing.current_process(), "_kwargs", None) or {}
    if "config" in arguments:
        yield arguments["config"]


def _inherited(environ: Mapping[str, str]) -> Iterator[Any]:
    """Yield the configurations in this worker's memory that a forking server has left there.

    A search of the memory takes up to a second, so it is done only in a process that such a server has created.
    """
    for module, name in _forked_by(environ):
        kind = getattr(sys.modules.get(module), name, None)
        # An object refers to its class, so the garbage collector finds the instances of a class.
        yield from (found for found in gc.get_referrers(kind) if type(found) is kind) if kind else ()


def _forked_by(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if _is_of_gunicorn(environ):
        yield _GUNICORN
    if multiprocessing.parent_process() is not None:
        yield _GRANIAN


def _is_of_gunicorn(environ: Mapping[str, str]) -> bool:
    return environ.get("SERVER_SOFTWARE", "").startswith("gunicorn")  # gunicorn sets it for its workers


def _of_arguments(argv: Sequence[str]) -> WorkerCount | None:
    for option, value in pairwise([*argv, ""]):
        name, equals, attached = option.partition("=")
        if name in OPTIONS and (attached if equals else value).isdecimal():
            return WorkerCount(int(attached if equals else value), f"{name} on the command line")
    return None


def _of_environment(environ: Mapping[str, str]) -> WorkerCount | None:
    # The variables belong to different servers, and it is unknown which one is running: the largest number is the safe
    # guess.
    counts = [
        WorkerCount(int(environ[name]), name) for name in VARIABLES if environ.get(name, "").isdecimal()
    ]
    return max(counts, default=None)
