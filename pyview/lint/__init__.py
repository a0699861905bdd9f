"""Find mistakes in the views and templates of an application without running them."""

from pyview.lint.application import lint
from pyview.lint.finding import Finding

__all__ = ["Finding", "lint"]
