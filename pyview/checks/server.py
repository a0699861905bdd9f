"""Check of the server's options that protect an application.

An application cannot set the limits of its server, so it can only check the command line.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import PurePath

from pyview.config import SecurityConfig
from pyview.environment.websockets import PICOWS_PROTOCOL, websocket_protocol

_FEW_FILES = 10_000
_OTHER_FILES = 100
"""Files that a worker opens besides its pages: modules, stores, logs, running requests."""
_PROTOCOL, _SIZE, _COMPRESSION = "--ws", "--ws-max-size", "--ws-per-message-deflate"


def advice(limits: SecurityConfig) -> str:
    """Return advice about the options of a server that cannot be inspected."""
    return (
        "the server reads a whole message before PyView can refuse it: uvicorn and hypercorn up to 16 MiB, granian 64; "
        "with compression, 15 KB on the wire become 15 MiB. `pyview run` limits that; other servers have to be told. "
        f"uvicorn: {uvicorn_options(limits)}. hypercorn: `websocket_max_message_size = {_largest(limits)}` in its "
        "configuration file. See docs/deployment.md, Other servers."
    )


def descriptor_advice(limit: int) -> str | None:
    """Return advice about the limit of open files if it allows few pages. `limit` is 0 if there is none."""
    if not 0 < limit < _FEW_FILES:
        return None
    return (
        f"a process started from here may open {limit} files, and each open page needs one: a worker serves about "
        f"{max(0, limit - _OTHER_FILES)} pages. Raise the limit where the server is started: LimitNOFILE of systemd, "
        "`ulimit -n`, `docker run --ulimit nofile`. See docs/deployment.md, File descriptors."
    )


def uvicorn_options(limits: SecurityConfig) -> str:
    """Return the options for uvicorn's command line."""
    size = f"{_SIZE} {_largest(limits)}"
    # This protocol never compresses, so it needs one option less.
    if websocket_protocol() == PICOWS_PROTOCOL:
        return f"{_PROTOCOL} {PICOWS_PROTOCOL} {size}"
    return f"{size} {_COMPRESSION} false"


def missing_options(argv: Sequence[str], environ: Mapping[str, str], limits: SecurityConfig) -> str | None:
    """Return a warning if uvicorn's command started this process without the options, else None."""
    if not _is_uvicorn(argv[0] if argv else ""):
        return None
    size = _option(_SIZE, argv, environ)
    large = size is None or not size.isdecimal() or int(size) > 4 * _largest(limits)
    compressed = _compresses(argv, environ)
    if not large and not compressed:
        return None
    return (
        f"uvicorn was started without `{uvicorn_options(limits)}`: it reads up to 16 MiB of each socket before PyView "
        "can refuse a message, and with compression as much from 15 KB."
    )


def _compresses(argv: Sequence[str], environ: Mapping[str, str]) -> bool:
    """Return True if uvicorn compresses messages. Its own protocols do by default."""
    if _option(_PROTOCOL, argv, environ) == PICOWS_PROTOCOL:
        return False
    # These words are those that its command line reads as False.
    off = ("false", "0", "no", "off", "f", "n")
    return (_option(_COMPRESSION, argv, environ) or "true").lower() not in off


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
