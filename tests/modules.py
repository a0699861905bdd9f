"""Write modules of a user's application in tests: views with files beside them."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from uuid import uuid4


def write_module(folder: Path, name: str, files: dict[str, str]) -> ModuleType:
    """Write `{suffix: content}` as `name.py`, `name.html` and so on, and import the module under a unique name."""
    for suffix, content in files.items():
        (folder / f"{name}.{suffix}").write_text(dedent(content))
    path = folder / f"{name}.py"
    spec = spec_from_file_location(f"{name}_{uuid4().hex}", path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
