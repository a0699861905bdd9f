"""The generator with our settings: what it refuses, and what a public repository adds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.stamps import ROOT

# It is a dependency of contributors only.
pytest.importorskip("mkdocs")

REPOSITORY = {"SITE_REPOSITORY": "https://code.example/pyview", "SITE_EDIT": "edit/main/docs/"}


def generate(folder: Path, pages: dict[str, str], **environment: str) -> subprocess.CompletedProcess[str]:
    """Build a site with our settings from `pages`, of which the navigation has those with `nav` in their name."""
    (folder / "docs").mkdir()
    for name, text in pages.items():
        (folder / "docs" / name).write_text(text, encoding="utf-8")
    listed = "".join(f"  - {name}\n" for name in pages if "nav" in name)
    (folder / "mkdocs.yml").write_text(
        f"INHERIT: {ROOT / 'mkdocs.yml'}\ndocs_dir: {folder / 'docs'}\nsite_dir: {folder / 'site'}\nnav:\n{listed}"
        f"theme:\n  custom_dir: {ROOT / 'scripts' / 'site' / 'theme'}\n",
        encoding="utf-8",
    )
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--config-file",
        str(folder / "mkdocs.yml"),
    ]
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", **environment},
        capture_output=True,
        text=True,
    )


def test_the_build_refuses_dead_links_anchors_unknown_names_and_pages_without_a_place(tmp_path: Path) -> None:
    page = "# A\n\n[a](gone.md) [b](other.md#gone) [c](/gone) [d][pyview.Gone]\n\n![e](gone.webp)\n"
    done = generate(tmp_path, {"nav.md": page, "other.md": "# B\n"})
    assert done.returncode == 1
    for fault in (
        "'gone.md'",
        "'other.md#gone'",
        "'/gone'",
        "pyview.Gone",
        "gone.webp",
        "not included in the",
    ):
        assert fault in done.stderr + done.stdout, fault


def test_the_build_refuses_a_name_of_the_reference_that_is_not_there(tmp_path: Path) -> None:
    done = generate(tmp_path, {"nav.md": "# A\n\n::: pyview.Gone\n"})
    assert done.returncode == 1
    assert "pyview.Gone could not be found" in done.stderr + done.stdout


def test_a_public_repository_adds_links_but_asks_no_other_host(tmp_path: Path) -> None:
    pages = {"nav-a.md": "# A\n", "nav-b.md": "---\ngenerated: true\n---\n\n# B\n"}
    done = generate(tmp_path, pages, **REPOSITORY)
    assert done.returncode == 0, done.stderr
    written, generated = (
        (tmp_path / "site" / name / "index.html").read_text() for name in ("nav-a", "nav-b")
    )
    assert 'href="https://code.example/pyview/edit/main/docs/nav-a.md"' in written
    assert "/edit/" not in generated
    # The theme would ask the host of the repository for its stars.
    assert 'data-md-component="source"' not in written


def test_without_a_repository_there_is_no_link_to_edit(tmp_path: Path) -> None:
    done = generate(tmp_path, {"nav-a.md": "# A\n"})
    assert done.returncode == 0, done.stderr
    assert 'rel="edit"' not in (tmp_path / "site" / "nav-a" / "index.html").read_text()
