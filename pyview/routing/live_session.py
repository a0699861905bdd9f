"""Live session: a group of views between which users navigate over one socket."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pyview.hooks import OnMountHook, compile_hooks
from pyview.requirement import CarriesRequirement, Conditions, Requirement, requirement_of
from pyview.sessions.session import read_only
from pyview.template.container import Container, ContainerElement, container_of
from pyview.template.root_template import RootTemplate

DEFAULT_NAME = "default"


@dataclass(frozen=True, slots=True)
class LiveSession:
    """Settings that the views of a group share.

    `requirement` is checked in addition to each view's own, and `hooks` run before each view's own. `root_template` is
    the document around the views, None for that of the application. `layout` is the live template around views that
    name none themselves, and `container` the element of views whose class names none. `shared` is added to the session
    that the views see. `name` is in the token of every page: navigation out of the group loads the page over HTTP.
    """

    name: str = DEFAULT_NAME
    hooks: tuple[OnMountHook, ...] = ()
    requirement: Requirement | None = None
    root_template: RootTemplate | None = None
    layout: Any = None
    container: Container | None = None
    shared: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


DEFAULT = LiveSession()
"""Group of the views that are in no other."""


def make_live_session(
    name: Any,
    on_mount: Sequence[Callable[..., Any]],
    requires: Conditions | CarriesRequirement | None,
    root_template: RootTemplate | None,
    layout: Any,
    session: Mapping[str, Any] | None,
    container: ContainerElement | None,
) -> LiveSession:
    """Check the arguments of `PyView.live_session` and return the live session.

    Raises `ValueError` for an invalid name and for an empty requirement; `TypeError` and `SignatureError` for hooks
    and conditions that cannot be called.
    """
    # Page tokens name their group: a group named like the default one would take its pages without a reload.
    if not isinstance(name, str) or not name.strip() or name == DEFAULT_NAME:
        raise ValueError(
            f"live_session({name!r}): expected a name such as 'admin'. {DEFAULT_NAME!r} is the name for views that are "
            "added to the application itself."
        )
    requirement = None if requires is None else requirement_of(requires)
    hooks = compile_hooks(on_mount, f"on_mount of live_session({name!r})")
    element = None if container is None else container_of(container, f"live_session({name!r}, container)")
    return LiveSession(
        name, hooks, requirement, root_template, layout, element, shared=read_only(session or {})
    )
