"""The number of workers that a server was asked for, as far as one of the workers can tell.

No server says it in a way that all of them share, so each is asked in its own: the configuration that it hands to its
workers, the command line, the environment. Processes that are started one by one, on one host or on many, cannot
know of each other.

Options that the server around an application needs, since no application can set it.
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
    """Return advice about the server's options, for a server that cannot be inspected from here."""
    return (
        "the server keeps a whole message before PyView sees it and can refuse it: uvicorn and hypercorn up to 16 MiB, "
        "granian 64; and where messages are compressed, 15 KB on the wire become 15 MiB. How your server is started "
        f"cannot be seen from here. uvicorn: {uvicorn_options(limits)}. hypercorn: "
        f"`websocket_max_message_size = {_largest(limits)}` in its configuration file. What holds, and compression: "
        "docs/deployment.md, Servers."
    )


def uvicorn_options(limits: SecurityConfig) -> str:
    """Return what to write on uvicorn's command line."""
    return f"{_SIZE} {_largest(limits)} {_COMPRESSION} false"


def missing_options(argv: Sequence[str], environ: Mapping[str, str], limits: SecurityConfig) -> str | None:
    """Return what uvicorn was not told, if this process was started by its command; None where that cannot be seen."""
    if not _is_uvicorn(argv[0] if argv else ""):
        return None
    size = _option(_SIZE, argv, environ)
    large = size is None or not size.isdecimal() or int(size) > 4 * _largest(limits)
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
        f"uvicorn was started without `{uvicorn_options(limits)}`: it keeps up to 16 MiB for each socket before PyView "
        "can refuse a message, and compression makes as much of 15 KB."
    )


def _largest(limits: SecurityConfig) -> int:
    return max(limits.max_frame, limits.max_upload_frame)


def _is_uvicorn(command: str) -> bool:
    path = PurePath(command)
    return path.stem == "uvicorn" or path.parts[-2:] == ("uvicorn", "__main__.py")


def _option(name: str, argv: Sequence[str], environ: Mapping[str, str]) -> str | None:
    return next(_given(name, argv), None) or environ.get(f"UVICORN_{name[2:].replace('-', '_').upper()}")


def _given(name: str, argv: Sequence[str]) -> Iterator[str]:
    for option, value in pairwise([*argv, ""]):
        if option == name:
            yield value
        elif option.startswith(f"{name}="):
            yield option.partition("=")[2]


OPTIONS = ("--workers", "-w")
VARIABLES = ("WEB_CONCURRENCY", "UVICORN_WORKERS", "GRANIAN_WORKERS")

# Servers that fork: what they were asked for is still in the memory of each worker, in an object of this class.
_GUNICORN, _GRANIAN = ("gunicorn.config", "Config"), ("granian.server.mp", "MPServer")


class AskedFor(NamedTuple):
    """Count of workers, and what told so, in words for an error."""

    workers: int
    told_by: str


ONE = AskedFor(1, "nothing")


def asked_for(environ: Mapping[str, str], argv: Sequence[str]) -> AskedFor:
    """Return how many workers the server was asked for: `ONE` where nothing tells of more."""
    for told in (_of_server(environ), _of_arguments(argv), _of_environment(environ)):
        if told is not None:
            return told
    return ONE


def _of_server(environ: Mapping[str, str]) -> AskedFor | None:
    """Return what the server itself goes by, which is right whatever command line and environment say."""
    for config in (*_handed_over(), *_inherited(environ)):
        workers = getattr(config, "workers", None)
        if isinstance(workers, int):
            return AskedFor(workers, f"the configuration of {type(config).__module__.partition('.')[0]}")
    return None


def _handed_over() -> Iterator[Any]:
    """The configuration that uvicorn and hypercorn give to a worker, which is a process of `multiprocessing`."""
    arguments = getattr(multiprocessing.current_process(), "_kwargs", None) or {}
    if "config" in arguments:
        yield arguments["config"]


def _inherited(environ: Mapping[str, str]) -> Iterator[Any]:
    """Yield the configurations that a server which forks has left in this worker's memory.

    Looking through the memory takes up to a second, so a process that no such server has made is not searched.
    """
    for module, name in _forked_by(environ):
        made = getattr(sys.modules.get(module), name, None)
        yield from (found for found in gc.get_referrers(made) if type(found) is made) if made else ()


def _forked_by(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    if environ.get("SERVER_SOFTWARE", "").startswith("gunicorn"):  # gunicorn sets it for its workers
        yield _GUNICORN
    if multiprocessing.parent_process() is not None:
        yield _GRANIAN


def _of_arguments(argv: Sequence[str]) -> AskedFor | None:
    for option, value in pairwise([*argv, ""]):
        name, equals, attached = option.partition("=")
        if name in OPTIONS and (attached if equals else value).isdecimal():
            return AskedFor(int(attached if equals else value), f"{name} on the command line")
    return None


def _of_environment(environ: Mapping[str, str]) -> AskedFor | None:
    told = [AskedFor(int(environ[name]), name) for name in VARIABLES if environ.get(name, "").isdecimal()]
    return max(told, default=None)
