"""Drawings: figures of all libraries in the form that the page needs."""

import importlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, Protocol


class Spec(NamedTuple):
    """A figure as JSON texts, in parts that change independently of each other.

    A trace of Plotly or a data set of Altair is a part, and so is everything around them.
    """

    parts: Mapping[str, bytes]


class Library(Protocol):
    """A library whose figures are drawn in the browser, by its own script."""

    name: str
    """Name of the package, and of the extra that installs it."""

    def made(self, figure: Any) -> bool:
        """Return True if the figure is one of this library."""

    def spec(self, figure: Any) -> Spec:
        """Return the figure as JSON."""

    def may_have_changed(self, figure: Any) -> bool:
        """Return True if the same object may show something else than before."""


class PackageMissing(ImportError):
    """A package is not installed that draws the figures of a page."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(
            f"ui.plot needs the package {package}, which is not installed. Install it with the extra: "
            f'pip install "pyview-live[{extra}]"'
        )


def package(name: str, extra: str) -> Any:
    """Import an optional package. Raises `PackageMissing`."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] == name.split(".")[0]:
            raise PackageMissing(name, extra) from None
        raise


def comes_from(value: Any, name: str) -> bool:
    """Return True if a class of the value is defined in the package. It need not be installed."""
    return any(cls.__module__.split(".")[0] == name for cls in type(value).__mro__)


LAYOUT: Final = "layout"
"""The part of a figure around its data."""
