"""Build the browser client into pyview/static, unless it is up to date.

Called by `make setup` and by the wheel's build hook: `python -m scripts.build_client`.
"""

from pathlib import Path

from scripts import node
from scripts.stamps import ROOT, digest, is_done, mark_done

CLIENT = ROOT / "client"
FAILURES = ROOT / "pyview" / "failures"
"""Its style sheet is a part of the script for developers."""
MANIFEST = ROOT / "pyview" / "static" / "manifest.json"
STAMP = ROOT / ".build" / "client.stamp"


def is_current() -> bool:
    """Return True if the client is built from the files as they are."""
    return MANIFEST.is_file() and is_done(STAMP, _sources())


def build() -> None:
    sources = _sources()
    if MANIFEST.is_file() and is_done(STAMP, sources):
        return
    _install_packages()
    node.run("node", "build.mjs", cwd=CLIENT)
    mark_done(STAMP, sources)


def _sources() -> str:
    files = [*CLIENT.glob("*.json"), CLIENT / "build.mjs", *_files(CLIENT / "src"), *_files(FAILURES)]
    return digest(files)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in (".js", ".css"))


def _install_packages() -> None:
    wanted = digest([CLIENT / "package-lock.json"])
    stamp = CLIENT / "node_modules" / ".pyview-stamp"
    if not is_done(stamp, wanted):
        node.run("npm", "ci", cwd=CLIENT)
        mark_done(stamp, wanted)


if __name__ == "__main__":
    build()
