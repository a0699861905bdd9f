"""The files of the core components, and their index, which compiles a topic only when a template uses it.

`{% import "pyview/components.html" as ui %}` imports the index. `ui.button` is a macro of the file `buttons.html`, its
topic, which is loaded then. A macro is public if its name does not begin with an underscore.
"""

import re
from collections.abc import Callable, Hashable, Mapping, MutableMapping
from functools import cache
from pathlib import Path
from types import CodeType, MappingProxyType
from typing import Any, Final

from jinja2 import Environment, Template
from jinja2.environment import TemplateModule
from jinja2.loaders import BaseLoader, ChoiceLoader, FileSystemLoader, PrefixLoader

from pyview.template.compiler.code_key import code_key

FOLDER: Final = Path(__file__).parent / "templates"
_PREFIX: Final = "pyview"
_INDEX: Final = "components.html"
_MOST_COMPILED: Final = 500
_IMPORTED: Final = re.compile(r'^\{% from "(pyview/\w+\.html)"', re.MULTILINE)
_MACRO: Final = re.compile(r"^\{%-? macro ([a-z]\w*)\(", re.MULTILINE)


class _Files(FileSystemLoader):
    """The loader of the files. It compiles each of them once for all environments whose code would be the same."""

    # A process has an environment for each application, and for each folder with views: to compile the file of the data
    # table takes a third of a second.
    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._compiled: dict[Hashable, CodeType] = {}

    def load(
        self, environment: Environment, name: str, globals: MutableMapping[str, Any] | None = None
    ) -> Template:
        if environment.bytecode_cache is not None:
            return super().load(environment, name, globals)
        source, filename, up_to_date = self.get_source(environment, name)
        code = self._code(environment, source, name, filename)
        return environment.template_class.from_code(
            environment, code, environment.make_globals(globals), up_to_date
        )

    def _code(self, environment: Environment, source: str, name: str, filename: str) -> CodeType:
        key = (source, code_key(environment), self._own_imports(environment, source))
        code = self._compiled.get(key)
        if code is None:
            code = environment.compile(source, name, filename)
            if len(self._compiled) >= _MOST_COMPILED:
                self._compiled.clear()  # another thread may be here, too
            self._compiled[key] = code
        return code

    def _own_imports(self, environment: Environment, source: str) -> tuple[str, ...]:
        """Return the sources of the files that `source` imports: an application may have its own in their place."""
        loader = environment.loader
        names = _IMPORTED.findall(source) if loader is not None else ()
        return tuple(loader.get_source(environment, each)[0] for each in names if loader is not None)


INDEX: Final = f"{_PREFIX}/{_INDEX}"
_FILES: Final = _Files(FOLDER)
_LIBRARY: Final[BaseLoader] = PrefixLoader({_PREFIX: _FILES})


def with_library(loader: BaseLoader | None) -> BaseLoader:
    """Return a loader that also finds the core components. The application's own templates take precedence."""
    return _LIBRARY if loader is None else ChoiceLoader([loader, _LIBRARY])


def is_index(filename: str | None) -> bool:
    """Return True for the file of the index, False for another file, also one of the application by that name."""
    return filename is not None and filename.endswith(_INDEX) and Path(filename) == FOLDER / _INDEX


def is_library_file(filename: str | None) -> bool:
    """Return True for the index and for the file of a topic."""
    return filename is not None and Path(filename).parent == FOLDER


@cache
def topics() -> Mapping[str, str]:
    """Return the public macros by name, each with the name of its template, such as "pyview/buttons.html".

    Raises ValueError if two files have a macro of one name.
    """
    found: dict[str, str] = {}
    for file in sorted(FOLDER.glob("*.html")):
        topic = f"{_PREFIX}/{file.name}"
        for name in _MACRO.findall(file.read_text(encoding="utf-8")):
            if found.setdefault(name, topic) != topic:
                raise ValueError(
                    f"two files have a macro {name!r}: {found[name]} and {topic}. Rename one of them"
                )
    return MappingProxyType(found)


class LibraryModule(TemplateModule):
    """The module of the index. Its attributes are the macros, each taken from its topic when it is first used."""

    def __init__(self, index: Template) -> None:
        # Not Jinja2's own, which renders the template to find its macros.
        self._body_stream: list[str] = []
        self._get_template: Callable[[str], Template] = index.environment.get_template
        # With `auto_reload`, each use looks at the file again, because its macros may have changed.
        self._keeps = not index.environment.auto_reload
        self._used: dict[str, Any] = {}
        self.__name__ = index.name

    def __getattr__(self, name: str) -> Any:
        topic = topics().get(name)
        if topic is None:
            raise AttributeError(f"pyview/{_INDEX} has no macro {name!r}")
        macro = getattr(self._get_template(topic).module, name)
        self._used[name] = macro
        if self._keeps:
            setattr(self, name, macro)
        return macro

    def __pyview_parts__(self) -> tuple[Any, ...]:
        # The application may have put a file of its own in the place of a topic, with macros that are not pure.
        return tuple(self._used.values())
