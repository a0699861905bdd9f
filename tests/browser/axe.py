"""Accessibility of a page, checked with axe: https://github.com/dequelabs/axe-core."""

from functools import cache
from typing import Final

from playwright.sync_api import Page

from tests.browser.npm_packages import packages

_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]
_FAULTS: Final = """async (rules) => {
  const {violations} = await axe.run(document, {runOnly: rules});
  return violations.flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html}`));
}"""


def faults(page: Page) -> list[str]:
    """Return the faults of the page as it is now, each with its rule and its element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_script())
    found: list[str] = page.evaluate(_FAULTS, _RULES)
    return found


@cache
def _script() -> str:
    return (packages() / "axe-core" / "axe.min.js").read_text()
