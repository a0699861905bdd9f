"""Serve all examples: ``pyview dev examples.gallery:app``."""

from examples.gallery.app import app
from examples.gallery.catalogue import EXAMPLES, Example

__all__ = ["EXAMPLES", "Example", "app"]
