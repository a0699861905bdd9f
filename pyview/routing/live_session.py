"""A live session: a group of views between which people go over one socket."""

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
    """What the views of a group share.

    `requirement` is asked besides each view's own, `hooks` run before each view's own. `root_template` is the document
    around them, None for the application's; `layout` is the live template around those that name none themselves, and
    `container` the element of those whose class says none.
    `shared` is added to the session that they see. `name` is in the token of every page: who leaves the group loads the
    other page over HTTP.
    """

    name: str = DEFAULT_NAME
    hooks: tuple[OnMountHook, ...] = ()
    requirement: Requirement | None = None
    root_template: RootTemplate | None = None
    layout: Any = None
    container: Container | None = None
    shared: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


DEFAULT = LiveSession()
"""The group of views that belong to no other."""


def make_live_session(
    name: Any,
    on_mount: Sequence[Callable[..., Any]],
    requires: Conditions | CarriesRequirement | None,
    root_template: RootTemplate | None,
    layout: Any,
    session: Mapping[str, Any] | None,
    container: ContainerElement | None,
) -> LiveSession:
    """The live session that an application describes.

    Raises `ValueError` for a name that cannot be one, and for requirements that ask nothing; `TypeError` and
    `SignatureError` for hooks and conditions that are none.
    """
    if not isinstance(name, str) or not name.strip() or name == DEFAULT_NAME:
        raise ValueError(
            f"live_session({name!r}): expected a name such as 'admin'. {DEFAULT_NAME!r} is the one of views that are "
            "added to the application itself."
        )
    requirement = None if requires is None else requirement_of(requires)
    hooks = compile_hooks(on_mount, f"on_mount of live_session({name!r})")
    element = None if container is None else container_of(container, f"live_session({name!r}, container)")
    return LiveSession(
        name, hooks, requirement, root_template, layout, element, shared=read_only(session or {})
    )
