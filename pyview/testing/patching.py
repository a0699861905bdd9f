"""Which elements a patch of the page touches."""

from collections.abc import Callable, Collection

from bs4 import Tag

from pyview.testing.forms import attribute
from pyview.testing.payloads import COMPONENT
from pyview.wire.client_tree import SKIP


def patched_by(view_id: str, components: Collection[str] | None = None) -> Callable[[Tag], bool]:
    """Says of an element whether a patch of that view reaches it; of `components` alone, if the diff has no more.

    Left alone are elements outside the view, those that the diff did not touch, and those with `phx-update="ignore"`.
    """

    def is_patched(tag: Tag) -> bool:
        for one in (tag, *tag.parents):
            if one.has_attr(SKIP) or "ignore" in (
                attribute(one, "phx-update"),
                attribute(one, "data-phx-update"),
            ):
                return False
            if components is not None and attribute(one, COMPONENT) in components:
                return True
            if attribute(one, "id") == view_id:
                return components is None
        return False

    return is_patched
