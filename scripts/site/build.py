"""Build the pages of one version, unless they are up to date."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from scripts.site.pages import DOCS, write_pages
from scripts.site.reference import write_reference
from scripts.stamps import ROOT, digest, is_done, mark_done, one_at_a_time

VERSION = ROOT / ".build" / "version"
PAGES = ROOT / ".build" / "pages"
STAMP = ROOT / ".build" / "site.stamp"
CONFIG = ROOT / "mkdocs.yml"
PALETTE = ROOT / "client" / "src" / "palette.css"
HERE = Path(__file__).resolve().parent

_NAMES = re.compile(r"(?<=<td><code>)\w+(?=</code>)")


class SiteError(Exception):
    """The site was not built. The message is what the generator says."""


def build() -> bool:
    """Build the site strictly; return False if it was up to date. Raises `SiteError` with the generator's warnings."""
    with one_at_a_time(STAMP.with_suffix(".lock")):
        wanted = _sources()
        if VERSION.is_dir() and is_done(STAMP, wanted):
            return False
        STAMP.unlink(missing_ok=True)
        _write()
        _generate()
        mark_done(STAMP, wanted)
        return True


def _write() -> None:
    shutil.rmtree(PAGES, ignore_errors=True)
    PAGES.mkdir(parents=True)
    write_pages(PAGES, urls()["Source"])
    write_reference(PAGES)
    shutil.copytree(DOCS / "images", PAGES / "images")
    shutil.copytree(HERE / "assets", PAGES / "assets")
    styles = [path.read_text(encoding="utf-8") for path in (PALETTE, HERE / "assets" / "site.css")]
    (PAGES / "assets" / "site.css").write_text("\n".join(styles), encoding="utf-8")


def _generate() -> None:
    found = urls()
    environment = {
        **os.environ,
        "SITE_URL": found["Documentation"] and f"{found['Documentation']}/latest/",
        "SITE_REPOSITORY": found["Source"],
        "SITE_EDIT": "edit/main/docs/" if found["Source"] else "",
        "NO_MKDOCS_2_WARNING": "1",  # about the end of life in 2027, which CONTRIBUTING.md mentions
    }
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--config-file", str(CONFIG)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise SiteError(done.stdout + done.stderr)
    for page in VERSION.rglob("*.html"):
        page.write_text(_mended(page.read_text(encoding="utf-8")), encoding="utf-8")


def _mended(html: str) -> str:
    """Return a page with tables for all readers."""
    # Screen readers announce an empty header, and tables of code hosts cannot be without one.
    html = html.replace("<th></th>", "<td></td>")
    # On a phone, a long name breaks at its underscores.
    return _NAMES.sub(lambda cell: cell[0].replace("_", "_<wbr>"), html)


def urls() -> dict[str, str]:
    """Return the public URLs of the project, as `[project.urls]` of `pyproject.toml` has them; empty without one."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {name: project["urls"].get(name, "").rstrip("/") for name in ("Source", "Documentation")}


def _sources() -> str:
    files = [CONFIG, PALETTE, ROOT / "pyproject.toml"]
    for folder in (DOCS, HERE, ROOT / "pyview"):
        files += [
            path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".pyc", ".gz", ".br")
        ]
    return digest(files, sys.version)
