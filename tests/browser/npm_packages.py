"""Installs the npm packages of the browser tests when their lock file has changed."""

from pathlib import Path

from scripts import node
from scripts.stamps import ROOT, digest, is_done, mark_done, one_at_a_time

FOLDER = Path(__file__).resolve().parent / "npm"


def packages() -> Path:
    """Return the folder `node_modules`. Raises `RuntimeError` where npm is missing or fails."""
    stamp, wanted = ROOT / ".build" / "browser-npm.stamp", digest([FOLDER / "package-lock.json"])
    installed = FOLDER / "node_modules"
    with one_at_a_time(stamp.with_name("browser-npm.lock")):
        if not (installed.is_dir() and is_done(stamp, wanted)):
            node.run("npm", "ci", cwd=FOLDER)
            mark_done(stamp, wanted)
    return installed
