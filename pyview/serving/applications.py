"""The application that a command is about: its name is found in files, then it is imported."""

import importlib
import sys
import tomllib
from collections.abc import Iterator
from functools import reduce
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from pyview.serving.definitions import applications_of, factories_of

FILES: Final = ("app.py", "main.py")
"""The files that may define the application of a folder, in the order in which they are searched."""


class CannotLoad(Exception):
    """The name leads to no application. The text is one line: what was looked for, what was found, what to type."""


def locate(name: str | None, folder: Path, factory: bool = False) -> str:
    """Return "module:attribute" of the application that `name` means in `folder`, by its files: nothing is imported.

    `name` is `shop:app`, a module `shop`, a path `shop/app.py`, or None: then `app` of the table `[tool.pyview]` in
    pyproject.toml, otherwise the application of `app.py`, `main.py` or one of them in a package. With `factory`, it is
    a function that returns the application. Raises `CannotLoad`.
    """
    if name is None:
        return _configured(folder, factory) or _usual(folder, factory)
    place, separator, attribute = name.partition(":")
    if place.endswith(".py") or "/" in place or "\\" in place:
        return _of_path(place, attribute, folder, factory)
    if separator and not (place and attribute):
        raise _no_name(name)
    if separator:
        return name
    return _of_module(name, folder, factory)


def load(target: str, folder: Path, factory: bool = False) -> Any:
    """Return the object that `target`, such as "shop:app", names: `app` of the module `shop` in `folder`.

    With `factory`, call the object and return the result. Raises `CannotLoad`, and every exception that the import of
    the module raises.
    """
    module_name, separator, attribute = target.partition(":")
    if not (module_name and separator and attribute):
        raise _no_name(target)
    found = _attribute(_module(module_name, folder), attribute, target)
    return found() if factory else found


def import_folders(folder: Path) -> list[str]:
    """Return the folders that modules of the project in `folder` are imported from: `src`, if it exists, and itself."""
    source = folder / "src"
    return [str(folder), *([str(source)] if source.is_dir() else [])]


# --- import ---


def _module(name: str, folder: Path) -> Any:
    # As servers do, which import the application from the current folder.
    sys.path[:0] = [path for path in import_folders(folder) if path not in sys.path]
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # the module exists, but a module that it imports does not
        raise _no_module(name, folder) from None


def _no_name(got: str) -> CannotLoad:
    return CannotLoad(f"expected module:app, such as shop:app for `app` in shop.py, got {got!r}")


def _no_module(name: str, folder: Path) -> CannotLoad:
    return CannotLoad(
        f"there is no module {name!r} in {folder} or on Python's path; expected module:app, such as shop:app for "
        "`app` in shop.py of this folder"
    )


def _attribute(module: Any, attribute: str, name: str) -> Any:
    try:
        # As uvicorn does: `shop:site.app` is an attribute of an attribute.
        return reduce(getattr, attribute.split("."), module)
    except AttributeError:
        raise CannotLoad(f"{name!r}: the module {module.__name__} has no {attribute!r}") from None


# --- search ---


def _configured(folder: Path, factory: bool) -> str | None:
    """Return the application that pyproject.toml names, None if it names none."""
    file = folder / "pyproject.toml"
    if not file.is_file():
        return None
    try:
        settings = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CannotLoad(f"{file} cannot be read: {error}") from None
    tool = settings.get("tool", {})
    name = tool.get("pyview", {}).get("app") if isinstance(tool, dict) else None
    if name is None:
        return None
    if not isinstance(name, str) or not name:
        raise CannotLoad(f'{file}: expected app = "shop:app" in [tool.pyview], got {name!r}')
    return locate(name, folder, factory)


def _usual(folder: Path, factory: bool) -> str:
    """Return the application of the first of the usual files that defines one."""
    empty: list[Path] = []
    for group in _usual_files(folder):
        found = []
        for file in filter(Path.is_file, group):
            names = _names(file, factory)
            if names:
                found.append(_target(file, names, folder))
            else:
                empty.append(file)
        if len(found) > 1:
            raise CannotLoad(f"there are several applications, {_listed(found)}: name one of them")
        if found:
            return found[0]
    looked = [f"{file.relative_to(folder)} defines none" for file in empty]
    packages = f"{' and '.join(FILES)} here and in packages of {folder}"
    raise CannotLoad(
        f"no application found in {packages}{': ' if looked else ''}{', '.join(looked)}. Name it as module:app, such "
        "as shop:app for `app` in shop.py"
    )


def _usual_files(folder: Path) -> Iterator[list[Path]]:
    """Yield the files to search. An application may be in one of each group only."""
    own_name = folder.resolve().name.replace("-", "_")
    roots = [Path(path) for path in import_folders(folder)]
    for root in roots:
        yield from ([root / name] for name in FILES)
    for root in roots:
        yield from ([root / own_name / name] for name in FILES)
    packages = [init.parent for root in roots for init in sorted(root.glob("*/__init__.py"))]
    for name in FILES:
        yield [package / name for package in packages if package.name not in ("tests", own_name)]


def _of_module(name: str, folder: Path, factory: bool) -> str:
    """Return the application of a module, or of `app.py` or `main.py` in a package."""
    if not all(part.isidentifier() for part in name.split(".")):
        raise _no_name(name)
    path = name.replace(".", "/")
    roots = [Path(root) for root in import_folders(folder)]
    inside = ("__init__.py", *FILES)
    files = [
        file for root in roots for file in (root / f"{path}.py", *(root / path / each for each in inside))
    ]
    existing = [file for file in files if file.is_file()]
    for file in existing:
        names = _names(file, factory)
        if names:
            return _target(file, names, folder)
    if existing:
        raise _defines_none(existing, folder)
    if "." not in name and find_spec(name) is None:
        raise _no_module(name, folder)
    return f"{name}:app"  # an installed module


def _of_path(path: str, attribute: str, folder: Path, factory: bool) -> str:
    file = (folder / path).resolve()
    if not any(file.is_relative_to(root) for root in _roots(folder)):
        raise CannotLoad(f"{path} is outside of {folder}: run the command in the folder of the project")
    files = (
        [file / each for each in (*FILES, "__init__.py")]
        if file.is_dir()
        else [file, file.with_suffix(".py")]
    )
    existing = [each for each in files if each.is_file()]
    if not existing:
        raise CannotLoad(f"there is no file {path} in {folder}")
    if attribute:
        return _target(existing[0], [attribute], folder)
    for each in existing:
        names = _names(each, factory)
        if names:
            return _target(each, names, folder)
    raise _defines_none(existing, folder)


def _names(file: Path, factory: bool) -> list[str]:
    return factories_of(file) if factory else applications_of(file)


def _target(file: Path, names: list[str], folder: Path) -> str:
    """Return "module:name" for one of the names that `file` has. Raises `CannotLoad` if it is unclear which one."""
    module = _module_of(file, folder)
    if len(names) > 1:
        choices = _listed([f"{module}:{name}" for name in names])
        raise CannotLoad(
            f"{file.relative_to(folder.resolve())} has several applications: name one of {choices}"
        )
    return f"{module}:{names[0]}"


def _module_of(file: Path, folder: Path) -> str:
    resolved = file.resolve()
    root = next(root for root in _roots(folder) if resolved.is_relative_to(root))
    parts = resolved.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _roots(folder: Path) -> list[Path]:
    """Return the folders that modules are imported from, the innermost first."""
    return [Path(path).resolve() for path in reversed(import_folders(folder))]


def _defines_none(files: list[Path], folder: Path) -> CannotLoad:
    found = _listed([str(file.resolve().relative_to(folder.resolve())) for file in files])
    return CannotLoad(
        f"no application found in {found}: expected `app = PyView(...)` in it. Name another one as module:app, and a "
        "function that returns the application with --factory"
    )


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
