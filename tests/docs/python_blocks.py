"""Run the Python blocks of a page: named files as modules, all other blocks in one namespace."""

import ast
import inspect
import sys
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest
from starlette.applications import Starlette

from scripts import tstrings
from tests.docs.pages import Block

if sys.version_info < (3, 14):
    import future_tstrings.parser as future_tstrings

MAGIC = "# future-tstrings\n"


class Reader:
    """Run the blocks of one page in `folder`, as a reader would.

    A block with a file name is written there; a Python block is a module that later blocks can import. All other
    blocks share one module, which has every name defined before. A block for the same file replaces it.
    """

    def __init__(self, page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.modules: set[str] = set()
        self._folder = folder
        self._monkeypatch = monkeypatch
        self._apps: dict[str, list[Starlette]] = {}
        self._known: list[Starlette] = []
        self._shared = self._module(page.stem.replace("-", "_").lower() + "_page")

    @property
    def apps(self) -> list[Starlette]:
        """Applications of visible blocks, without replaced ones."""
        return [app for apps in self._apps.values() for app in apps]

    def write(self, block: Block) -> None:
        """Write the block to the file that it names, if any."""
        if block.file_name:
            path = self._folder / block.file_name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.code, encoding="utf-8")

    async def run(self, block: Block) -> None:
        """Run a Python block. Its tracebacks show the line of the page."""
        module = self._module_of(block)
        result = eval(_compiled(block), module.__dict__)  # noqa: S307  code from this repository
        if inspect.iscoroutine(result):
            await result
        self._learn(module)
        new = [value for value in list(vars(module).values()) if self._is_new_app(value)]
        self._known.extend(new)
        if not block.hidden:
            self._apps.setdefault(module.__name__, []).extend(new)

    def _module_of(self, block: Block) -> ModuleType:
        if block.file_name is None:
            return self._shared
        name = Path(block.file_name).stem
        self.modules.add(name)
        self._apps.pop(name, None)
        return self._module(name)

    def _module(self, name: str) -> ModuleType:
        module = ModuleType(name)
        module.__file__ = str(self._folder / f"{name}.py")
        self._monkeypatch.setitem(sys.modules, name, module)
        return module

    def _learn(self, module: ModuleType) -> None:
        public = {name: value for name, value in vars(module).items() if not name.startswith("_")}
        vars(self._shared).update(public, **{module.__name__: module})

    def _is_new_app(self, value: Any) -> bool:
        return isinstance(value, Starlette) and all(value is not app for app in self._known)


def _compiled(block: Block) -> CodeType:
    """Compile a block. Only hidden ones may `await` outside a function: readers copy the others."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if block.hidden else 0
    source: Any = "\n" * (block.line - 1) + block.code
    if MAGIC in block.code and sys.version_info < (3, 14):
        tstrings.install()  # the page may be the first that needs it
        source = future_tstrings.compile_to_ast(source, mode="exec", filepath=str(block.page))
    code = compile(source, str(block.page), "exec", flags, dont_inherit=True)
    assert isinstance(code, CodeType)
    return code
