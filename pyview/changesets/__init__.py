"""Change sets: the simple forms of PyView 0.9, over one pydantic model, field by field."""

from pyview.changesets.changesets import ChangeSet, change_set

__all__ = ["ChangeSet", "change_set"]
