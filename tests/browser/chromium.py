"""Finds a Chromium for tests: the machine's, else the one in the npm package @sparticuz/chromium.

`python -m tests.browser.chromium` prints its path; it unpacks the package first if necessary.
"""

import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

from scripts import node
from scripts.stamps import ROOT, digest, is_done, mark_done, one_at_a_time
from tests.browser import npm_packages

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_CACHE = ROOT / ".build" / "chromium"
_FONTS_CONF = "<?xml version='1.0'?>\n<fontconfig><dir>{0}</dir><cachedir>{0}/cache</cachedir></fontconfig>\n"


class BrowserMissingError(RuntimeError):
    """No Chromium was found that starts."""


@dataclass(frozen=True)
class Chromium:
    """A browser that starts, and the environment variables that it needs."""

    executable: Path
    environment: dict[str, str] = field(default_factory=dict)


def find_chromium() -> Chromium:
    """Return PYVIEW_CHROMIUM, else a system's Chromium, else npm's. Raises `BrowserMissingError`."""
    names = [os.environ["PYVIEW_CHROMIUM"]] if "PYVIEW_CHROMIUM" in os.environ else _NAMES
    installed = (shutil.which(name) for name in names)
    found = [Path(path) for path in installed if path and _starts(Path(path), {})]
    return Chromium(found[0]) if found else _from_npm()


def _starts(executable: Path, environment: dict[str, str]) -> bool:
    command = [str(executable), *FLAGS, "--version"]
    try:
        done = subprocess.run(command, env=os.environ | environment, capture_output=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _from_npm() -> Chromium:
    try:
        _unpack()
    except (RuntimeError, OSError) as error:
        raise BrowserMissingError(f"No Chromium on this machine, and none from npm: {error}") from error
    executable = _CACHE / "chromium"
    for environment in (_fonts(), _fonts() | {"LD_LIBRARY_PATH": str(_CACHE / "al2023" / "lib")}):
        if _starts(executable, environment):
            return Chromium(executable, environment)
    raise BrowserMissingError(f"npm's Chromium does not start here; see what it says: {executable} --version")


def _fonts() -> dict[str, str]:
    """Return the variables for the fonts of the package. A machine without fonts draws no text."""
    return {} if Path("/etc/fonts/fonts.conf").exists() else {"FONTCONFIG_FILE": str(_CACHE / "fonts.conf")}


def _unpack() -> None:
    # The parts of the browser tests run side by side.
    with one_at_a_time(_CACHE.with_name("chromium.lock")):
        _unpack_once()


def _unpack_once() -> None:
    stamp, wanted = _CACHE / "stamp", digest([npm_packages.FOLDER / "package-lock.json"])
    if is_done(stamp, wanted):
        return
    packed = npm_packages.packages() / "@sparticuz" / "chromium" / "bin"
    shutil.rmtree(_CACHE, ignore_errors=True)
    _CACHE.mkdir(parents=True)
    _decompress(packed / "chromium.br", _CACHE / "chromium")
    (_CACHE / "chromium").chmod(0o755)
    for name in ("al2023", "fonts"):
        _decompress(packed / f"{name}.tar.br", _CACHE / f"{name}.tar")
        with tarfile.open(_CACHE / f"{name}.tar") as archive:
            archive.extractall(_CACHE / name, filter="data")
    (_CACHE / "fonts.conf").write_text(_FONTS_CONF.format(_CACHE / "fonts"))
    mark_done(stamp, wanted)


def _decompress(packed: Path, target: Path) -> None:
    script = (
        "const fs = require('fs'), [packed, target] = process.argv.slice(1);"
        "require('stream').pipeline(fs.createReadStream(packed), require('zlib').createBrotliDecompress(),"
        " fs.createWriteStream(target), error => { if (error) throw error })"
    )
    node.run("node", "-e", script, str(packed), str(target), cwd=npm_packages.FOLDER)


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{find_chromium().executable}\n")
    except BrowserMissingError as missing:
        sys.exit(str(missing))
