"""Options that the server around an application needs, since no application can set it."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import PurePath

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
