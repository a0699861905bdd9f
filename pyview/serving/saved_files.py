"""Kinds of saved files, by their effect on a running application."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_STYLES: Final = (".css",)
_STATIC: Final = (*_STYLES, ".js", ".mjs")
_LISTED: Final = 2


@dataclass(frozen=True)
class SavedFiles:
    """Files that were saved together: `code` needs a restart, `static` may be loaded by pages.

    `static` are style sheets and scripts. Those beside views, and templates, are in neither: open pages follow them by
    themselves.
    """

    code: tuple[str, ...]
    static: tuple[str, ...]

    @property
    def text(self) -> str:
        """Such as "shop/views.py changed"."""
        paths = self.code or self.static
        names = [os.path.relpath(path) for path in paths[:_LISTED]]
        rest = len(paths) - _LISTED
        return f"{', '.join(names)}{f' and {rest} more' if rest > 0 else ''} changed"

    @property
    def loads_pages(self) -> bool:
        """True if a file is no style sheet: pages have to be loaded again to show it."""
        return any(not path.endswith(_STYLES) for path in self.static)


def saved_files(paths: Iterable[str]) -> SavedFiles:
    """Sort the paths of saved files. Tests are neither code nor static."""
    ordered = sorted(paths)
    return SavedFiles(
        tuple(path for path in ordered if path.endswith(".py") and not _is_test(Path(path))),
        tuple(path for path in ordered if path.endswith(_STATIC) and not _is_beside_view(Path(path))),
    )


def _is_test(path: Path) -> bool:
    return "tests" in path.parts or path.name.startswith("test_") or path.name == "conftest.py"


def _is_beside_view(path: Path) -> bool:
    return path.with_suffix(".py").exists()
