"""Links inside the documentation have targets."""

from pathlib import Path

import pytest

from tests.docs.pages import PAGES, headings, links


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_link_targets_exist(page: Path) -> None:
    for link in links(page):
        target, _, anchor = link.partition("#")
        if "://" in target:
            continue
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), f"{page.name} links to {link}"
        assert not anchor or anchor in headings(file), (
            f"{page.name} links to {link}, a heading that is not there"
        )


def test_the_readme_links_to_every_page() -> None:
    readme, *pages = PAGES
    linked = {(readme.parent / link.partition("#")[0]).resolve() for link in links(readme)}
    missing = [page.name for page in pages if page.resolve() not in linked]
    assert not missing, f"README.md has a list of the documentation; add to it: {missing}"
