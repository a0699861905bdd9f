"""The libraries' own scripts, from their Python packages, with names that change with their content."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from pyview.environment.private_directory import make_private_directory
from pyview.plots.figure import PackageMissing, package

_VEGA: Final = "import vl_convert, sys; sys.stdout.write(vl_convert.javascript_bundle({snippet!r}))"
_SNIPPET: Final = "window.vegaEmbed = vegaEmbed;"
_TIMEOUT: Final = 120.0


class Script(NamedTuple):
    """A script file. `read` returns its content; it may take seconds, so call it in a thread."""

    name: str
    read: Callable[[], bytes]


def script_of(library: str) -> Script:
    """Return the script of a library, "plotly" or "altair". Raises `PackageMissing`."""
    return _plotly() if library == "plotly" else _vega()


def script_named(name: str) -> Script | None:
    """Return the script of that name, None if there is none, or its package is not installed."""
    for find in (_plotly, _vega):
        try:
            script = find()
        except PackageMissing:
            continue
        if script.name == name:
            return script
    return None


@cache
def _plotly() -> Script:
    folder = Path(package("plotly", "plotly").__file__).parent
    file = folder / "package_data" / "plotly.min.js"
    return Script(f"plotly-{_digest(file.read_bytes())}.js", file.read_bytes)


@cache
def _vega() -> Script:
    # Altair draws with Vega. The script is made from what vl-convert contains, so its version stands for the content.
    convert = package("vl_convert", "altair")
    versions = (
        convert.__version__,
        convert.get_vega_version(),
        convert.get_vegalite_versions()[-1],
        _SNIPPET,
    )
    name = f"vega-{_digest(repr(versions).encode())}.js"
    return Script(name, lambda: _kept(name, _bundle))


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:20]


def _bundle() -> bytes:
    # In a process of its own: for some seconds, it would keep this one from doing anything else.
    command = [sys.executable, "-c", _VEGA.format(snippet=_SNIPPET)]
    done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT)  # noqa: S603  nothing of it is input
    if done.returncode:
        raise RuntimeError(f"the script of Vega could not be made: {done.stderr.decode()[-500:]}")
    return done.stdout


def _kept(name: str, make: Callable[[], bytes]) -> bytes:
    """Return the content of a file of this user's folder for temporary files, made at the first use."""
    folder = (
        Path(tempfile.gettempdir()) / f"pyview-scripts-{os.geteuid() if hasattr(os, 'geteuid') else 'user'}"
    )
    try:
        make_private_directory(folder)
        return (folder / name).read_bytes()
    except OSError:
        content = make()
    _keep(folder, name, content)
    return content


def _keep(folder: Path, name: str, content: bytes) -> None:
    # Another process may do the same. A file appears only as a whole.
    try:
        make_private_directory(folder)
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(content)
        os.replace(file.name, folder / name)
    except OSError:
        return  # it is made again by the next process
