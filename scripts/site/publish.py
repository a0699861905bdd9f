"""Put the pages of this version beside those of earlier ones, in a folder that any web server can serve.

```text
folder/
  index.html       leads to latest/
  404.html         for servers that show such a page
  versions.json    the list for the switch in the header
  latest/          the newest version
  0.1/  0.2/       each minor version, as it was published
```
"""

import json
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

from scripts.site.build import VERSION, urls
from scripts.stamps import ROOT

LATEST = "latest"
START = f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={LATEST}/">
<title>PyView</title>
<a href="{LATEST}/">PyView</a>
</html>
"""
_NUMBER = re.compile(r"\d+\.\d+")
_ABSOLUTE = re.compile(r'(href="|src="|"base": "|"search": ")/(?!/)')


def publish(folder: Path, pages: Path = VERSION, version: str = "") -> str:
    """Add the built pages to `folder` as a version, which is replaced if it is there.

    `version` is a minor one, such as 0.1; by default that of `pyproject.toml`. Return it.
    """
    version = version or _version()
    folder.mkdir(parents=True, exist_ok=True)
    _replace(pages, folder / version)
    versions = sorted(_published(folder), key=_order, reverse=True)
    _replace(folder / versions[0], folder / LATEST)
    for name in (version, LATEST):
        _write_sitemap(folder / name)
    listed = [
        {"version": one, "title": one, "aliases": [LATEST] if one == versions[0] else []} for one in versions
    ]
    (folder / "versions.json").write_text(json.dumps(listed, indent=2) + "\n", encoding="utf-8")
    (folder / "index.html").write_text(START, encoding="utf-8")
    _write_missing_page(folder)
    return version


def _version() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return ".".join(project["version"].split(".")[:2])


def _published(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.is_dir() and _NUMBER.fullmatch(path.name)]


def _order(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _replace(source: Path, target: Path) -> None:
    """Copy a folder completely before the old one goes, so that readers find one or the other."""
    new = target.with_name(f".{target.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(source, new, ignore=shutil.ignore_patterns("*.map", "sitemap.xml.gz"))
    shutil.rmtree(target, ignore_errors=True)
    new.rename(target)


def _write_sitemap(folder: Path) -> None:
    """List the pages. The switch of versions reads it to stay on the page; it does not mind the host."""
    base = urls()["Documentation"] or "http://localhost"
    pages = "".join(f"<url><loc>{base}/{folder.name}/{page}</loc></url>" for page in sorted(_pages(folder)))
    namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"
    (folder / "sitemap.xml").write_text(f'<urlset xmlns="{namespace}">{pages}</urlset>\n', encoding="utf-8")


def _pages(folder: Path) -> Iterator[str]:
    for file in folder.rglob("index.html"):
        path = file.parent.relative_to(folder).as_posix()
        yield "" if path == "." else f"{path}/"


def _write_missing_page(folder: Path) -> None:
    """Write the page for missing addresses. Its links are absolute: without a public URL, they begin at the root."""
    page = (folder / LATEST / "404.html").read_text(encoding="utf-8")
    if not urls()["Documentation"]:
        page = _ABSOLUTE.sub(rf"\1/{LATEST}/", page)
    (folder / "404.html").write_text(page, encoding="utf-8")
