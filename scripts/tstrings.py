"""Template strings before Python 3.14, in the modules of this repository that have them.

The import hook of future-tstrings searches every folder of the path for each module that is imported: a third of a
second at each start of an interpreter, and tests start hundreds. In environments for development, `scripts.setup_env`
replaces it by this one.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

MODULES = ("examples.tstrings.", "tests.template.tstrings.", "bench.template_strings")


class Finder:
    """Import hook for `MODULES`."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return what future-tstrings finds; None for all other modules."""
        return _importer().find_spec(name, path, target) if name.startswith(MODULES) else None


def install() -> None:
    """Make `string.templatelib` importable, for code that is compiled without an import."""
    _importer()


def _importer() -> Any:
    """Return the import hook of future-tstrings, which is taken out of the path of imports again."""
    # Not before: it takes longer to import than to decide.
    import future_tstrings
    from future_tstrings.importer import tstring_importer

    future_tstrings.install()
    sys.meta_path.remove(tstring_importer)
    return tstring_importer


sys.meta_path.insert(0, Finder)
