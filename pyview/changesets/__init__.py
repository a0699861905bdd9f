"""Change sets: forms over one pydantic model, field by field, under the names that PyView users know."""

from pyview.changesets.changesets import ChangeSet, change_set

__all__ = ["ChangeSet", "change_set"]
