"""Examine the interpreter and the installed packages."""

import platform
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from typing import Final

from pyview.cli.examinations.diagnosis import Diagnosis, bad, doubtful, good
from pyview.environment.websockets import PICOWS_PROTOCOL, websocket_protocol
from pyview.transport.assets import ClientAssets, ClientMissingError

_PACKAGE: Final = "pyview-live"
_EXTRAS: Final = ("standard", "auth", "redis", "testing", "telemetry")
"""The extras for applications."""

# "uvloop>=0.21; (sys_platform != 'win32') and extra == 'standard'"
_REQUIREMENT: Final = re.compile(r"""^([A-Za-z0-9._-]+)[^;]*(?:;(.*?extra == ['"]([a-z]+)['"])?.*)?$""")


def examine_installation() -> Iterator[Diagnosis]:
    """Yield what is installed: the interpreter, PyView with its browser client, its dependencies, its extras."""
    yield _interpreter()
    yield _client()
    packages = _packages()
    yield _dependencies(packages[""])
    yield from (_extra(extra, packages[extra]) for extra in _EXTRAS)
    if websocket_protocol() != PICOWS_PROTOCOL:
        yield doubtful(
            "websockets", "the fast protocol is not available; pip install 'pyview-live[standard]'"
        )


def _interpreter() -> Diagnosis:
    where = sys.prefix if sys.prefix != sys.base_prefix else f"{sys.prefix}, no virtual environment"
    text = f"{platform.python_implementation()} {platform.python_version()} ({where})"
    return good("python", text) if sys.prefix != sys.base_prefix else doubtful("python", text)


def _client() -> Diagnosis:
    about = f"PyView {version(_PACKAGE)}"
    try:
        assets = ClientAssets()
        assets.load()
    except ClientMissingError as error:
        return bad("pyview", f"{about}: {error}")
    return good("pyview", f"{about}, Phoenix LiveView client {assets.liveview_version}")


def _packages() -> defaultdict[str, list[str]]:
    """Return the names of the required packages by extra; "" has those that are always required."""
    packages: defaultdict[str, list[str]] = defaultdict(list)
    for requirement in requires(_PACKAGE) or ():
        found = _REQUIREMENT.match(requirement)
        if found is not None and not (sys.platform == "win32" and "win32" in requirement):
            packages[found[3] or ""].append(found[1])
    return packages


def _dependencies(names: list[str]) -> Diagnosis:
    missing = [name for name in names if _version(name) is None]
    if missing:
        return bad("packages", f"missing: {', '.join(missing)}. Type: pip install {_PACKAGE}")
    return good("packages", ", ".join(_named(name) for name in names))


def _extra(extra: str, names: list[str]) -> Diagnosis:
    missing = [name for name in names if _version(name) is None]
    if not missing:
        return good(f"[{extra}]", ", ".join(_named(name) for name in names))
    text = f"not installed: {', '.join(missing)}. Type if you need it: pip install '{_PACKAGE}[{extra}]'"
    # `pyview dev` and `pyview run` need it; the others are a matter of choice.
    return doubtful(f"[{extra}]", text) if extra == "standard" else good(f"[{extra}]", text)


def _named(name: str) -> str:
    return f"{name} {_version(name)}"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
