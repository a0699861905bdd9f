"""State that a page takes along to another worker: the class argument `keep`, and the values of a context."""

from pyview.keeping.spec import Keep

__all__ = ["Keep"]
