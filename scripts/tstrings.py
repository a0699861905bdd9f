"""Template strings before Python 3.14, in the modules of this repository that have them.

The import hook of future-tstrings searches every folder of the path for each module that is imported: a third of a
second at each start of an interpreter, and tests start hundreds. In environments for development, `scripts.setup_env`
replaces it by this one.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

MODULES = ("examples.tstrings.", "tests.template.tstrings.", "bench.template_strings")


class Finder:
    """Import hook for `MODULES`."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return what future-tstrings finds; None for all other modules."""
        if not name.startswith(MODULES):
            return None
        # Not before: it takes longer to import than to decide.
        import future_tstrings
        from future_tstrings.importer import tstring_importer

        future_tstrings.install()  # `string.templatelib`, too
        sys.meta_path.remove(tstring_importer)
        return tstring_importer.find_spec(name, path, target)


sys.meta_path.insert(0, Finder)
