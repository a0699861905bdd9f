"""Finds an application by the name that servers know it by, such as `shop:app`."""

import importlib
import sys
from functools import reduce
from pathlib import Path
from typing import Any


class CannotLoad(Exception):
    """There is no application under this name."""


def load(name: str, folder: Path, factory: bool = False) -> Any:
    """The object `app` of module `shop` in `folder`, for `shop:app`; with `factory`, what calling it returns.

    Raises `CannotLoad`, and whatever importing the module raises.
    """
    module_name, separator, attribute = name.partition(":")
    if not (module_name and separator and attribute):
        raise CannotLoad(f"expected module:app, such as shop:app for `app` in shop.py, got {name!r}")
    found = _attribute(_module(module_name, folder), attribute, name)
    return found() if factory else found


def _module(name: str, folder: Path) -> Any:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # the module is there; something that it imports is not
        raise CannotLoad(f"there is no module {name!r} in {folder} or on Python's path") from None


def _attribute(module: Any, attribute: str, name: str) -> Any:
    try:
        return reduce(getattr, attribute.split("."), module)
    except AttributeError:
        raise CannotLoad(f"{name!r}: {module.__name__} has no {attribute!r}") from None
