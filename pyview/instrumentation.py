"""A module of PyView 0.9; importing it says what to use instead."""

from pyview.former import gone_module

raise gone_module(__name__)
