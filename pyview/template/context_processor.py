"""A module of PyView 0.9; importing it says what to use instead."""

from pyview.removed_names import gone_module

raise gone_module(__name__)
