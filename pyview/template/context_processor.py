"""Removed module of PyView 0.9. Importing it raises an error that names the replacement."""

from pyview.removed_names import gone_module

raise gone_module(__name__)
