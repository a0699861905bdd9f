"""Runs the Python of one page as its reader would: files beside each other, everything else in one namespace."""

import ast
import inspect
import sys
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest
from starlette.applications import Starlette

from tests.docs.pages import Block

if sys.version_info < (3, 14):
    import future_tstrings.parser as future_tstrings

MAGIC = "# future-tstrings\n"


class Reader:
    """Follows one page in `folder`, where the blocks that name their file are written.

    A Python block with a name is that module, and can be imported by later ones; all others share one module, which
    knows every name that came before. A block that names a file again replaces it, as a reader would.
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
        """The applications that the page shows its reader, without those that it replaced."""
        return [app for apps in self._apps.values() for app in apps]

    def write(self, block: Block) -> None:
        """Write the file that the block says it is."""
        if block.file_name:
            path = self._folder / block.file_name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.code, encoding="utf-8")

    async def run(self, block: Block) -> None:
        """Run one block of Python. Its tracebacks name the line of the page."""
        module = self._module_of(block)
        result = eval(_compiled(block), module.__dict__)  # noqa: S307  the documentation is our own
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
    """Only hidden blocks may `await` outside of a function: what a reader copies has to be Python."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT if block.hidden else 0
    source: Any = "\n" * (block.line - 1) + block.code
    if MAGIC in block.code and sys.version_info < (3, 14):
        source = future_tstrings.compile_to_ast(source, mode="exec", filepath=str(block.page))
    code = compile(source, str(block.page), "exec", flags, dont_inherit=True)
    assert isinstance(code, CodeType)
    return code
