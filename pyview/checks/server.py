"""Checks of the server: options that protect an application, and the number of workers.

An application cannot set the limits of its server, so it can only check the command line. There is no common way to
read the number of workers either: this reads the configuration that a server passes to its workers, the command line
and the environment. Processes that are started one by one, on one host or on many, cannot find each other.
"""

import gc
import multiprocessing
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import PurePath
from typing import Any, NamedTuple

from pyview.config import SecurityConfig

_SIZE, _COMPRESSION = "--ws-max-size", "--ws-per-message-deflate"


def advice(limits: SecurityConfig) -> str:
    """Return advice about the options of a server that cannot be inspected."""
    return (
        "the server reads a whole message before PyView can refuse it: uvicorn and hypercorn up to 16 MiB, granian 64; "
        "with compression, 15 KB on the wire become 15 MiB. PyView cannot see how your server is started. uvicorn: "
        f"{uvicorn_options(limits)}. hypercorn: `websocket_max_message_size = {_largest(limits)}` in its configuration "
        "file. See docs/deployment.md, Servers."
    )


def uvicorn_options(limits: SecurityConfig) -> str:
    """Return the options for uvicorn's command line."""
    return f"{_SIZE} {_largest(limits)} {_COMPRESSION} false"


def missing_options(argv: Sequence[str], environ: Mapping[str, str], limits: SecurityConfig) -> str | None:
    """Return a warning if uvicorn's command started this process without the options, else None."""
    if not _is_uvicorn(argv[0] if argv else ""):
        return None
    size = _option(_SIZE, argv, environ)
    large = size is None or not size.isdecimal() or int(size) > 4 * _largest(limits)
    # uvicorn compresses by default. The words are those that its command line reads as False.
    compressed = (_option(_COMPRESSION, argv, environ) or "true").lower() not in (
        "false",
        "0",
        "no",
        "off",
        "f",
        "n",
    )
    if not large and not compressed:
        return None
    return (
        f"uvicorn was started without `{uvicorn_options(limits)}`: it reads up to 16 MiB of each socket before PyView "
        "can refuse a message, and with compression as much from 15 KB."
    )


def _largest(limits: SecurityConfig) -> int:
    return max(limits.max_frame, limits.max_upload_frame)


def _is_uvicorn(command: str) -> bool:
    path = PurePath(command)
    return path.stem == "uvicorn" or path.parts[-2:] == ("uvicorn", "__main__.py")


def _option(name: str, argv: Sequence[str], environ: Mapping[str, str]) -> str | None:
    # uvicorn also reads each option from a variable.
    return next(_given(name, argv), None) or environ.get(f"UVICORN_{name[2:].replace('-', '_').upper()}")


def _given(name: str, argv: Sequence[str]) -> Iterator[str]:
    for option, value in pairwise([*argv, ""]):
        if option == name:
            yield value
        elif option.startswith(f"{name}="):
            yield option.partition("=")[2]


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
    if environ.get("SERVER_SOFTWARE", "").startswith("gunicorn"):  # gunicorn sets it for its workers
        yield _GUNICORN
    if multiprocessing.parent_process() is not None:
        yield _GRANIAN


def _of_arguments(argv: Sequence[str]) -> WorkerCount | None:
    for option, value in pairwise([*argv, ""]):
        name, equals, attached = option.partition("=")
        if name in OPTIONS and (attached if equals else value).isdecimal():
            return WorkerCount(int(attached if equals else value), f"{name} on the command line")
    return None


def _of_environment(environ: Mapping[str, str]) -> WorkerCount | None:
    # The variables belong to different servers, and nothing tells which one is running: the largest number is the safe
    # guess.
    counts = [
        WorkerCount(int(environ[name]), name) for name in VARIABLES if environ.get(name, "").isdecimal()
    ]
    return max(counts, default=None)
