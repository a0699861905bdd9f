"""Build the documentation site into `.build/site`, or add this version to another folder: `make docs [SITE=folder]`."""

import shutil
import sys
from pathlib import Path
from time import monotonic

from scripts.site.build import SiteError, build
from scripts.site.publish import publish
from scripts.stamps import ROOT

DEFAULT = ROOT / ".build" / "site"


def main(folder: str = "") -> None:
    began = monotonic()
    site = Path(folder) if folder else DEFAULT
    try:
        built = build()
    except SiteError as error:
        sys.exit(f"docs: the site was not built\n{error}")
    if built or folder or not (site / "versions.json").exists():
        if not folder:
            shutil.rmtree(site, ignore_errors=True)
        publish(site)
    print(f"docs: {site}/index.html, {'built' if built else 'up to date'} in {monotonic() - began:.1f} s")


if __name__ == "__main__":
    main(*sys.argv[1:])
