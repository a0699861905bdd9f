"""`@public`: a view for everybody, in an application whose views are for some by default."""

from typing import Any

from pyview.auth.provider import V

_ATTRIBUTE = "__pyview_public__"


def public(view: V) -> V:
    """Leave `PyView(default_requires=...)` out for the decorated view.

    Its own `@requires`, and those of its base classes, hold all the same. Subclasses are not public by it: each
    says so itself. Raises `TypeError` for anything but a class.
    """
    if not isinstance(view, type):
        raise TypeError(
            f"@public opens LiveView classes, got {view!r}. A Starlette route is not guarded by default_requires."
        )
    setattr(view, _ATTRIBUTE, True)
    return view


def is_public(view: type[Any]) -> bool:
    """Whether the class itself says that it is public."""
    return vars(view).get(_ATTRIBUTE) is True
