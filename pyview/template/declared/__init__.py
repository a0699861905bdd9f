"""Declarations of components: attributes, slots, and the HTML attributes that a component passes on.

`declaration` has the common form of a declaration, and the content that callers give. `signature` makes a declaration
from a Python function, `compiler/calls` from a Jinja2 macro.
"""
