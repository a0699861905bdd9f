"""Binding: turn a handler's signature into its arguments.

Signatures are compiled once per handler. This package does not know sockets, views or processes: it only passes them
on. Data from the client reaches only parameters that a handler declares for it. The client never fills the names in
`RESERVED`, nor the parameters of dependencies.
"""

from pyview.binding.callbacks import RESERVED, Resources
from pyview.binding.callers import (
    AsyncCaller,
    EventCaller,
    InfoCaller,
    MountCaller,
    ParamsCaller,
    check_mount_without_url,
    compile_async,
    compile_event,
    compile_info,
    compile_mount,
    compile_params,
    create_view,
    mount_caller,
    params_caller,
    view_factory,
)
from pyview.binding.class_cache import cached_on_class
from pyview.binding.params import Params
from pyview.binding.signature import BindingError, Depends, FromClient, Session, SignatureError

__all__ = [
    "RESERVED",
    "AsyncCaller",
    "BindingError",
    "Depends",
    "EventCaller",
    "FromClient",
    "InfoCaller",
    "MountCaller",
    "Params",
    "ParamsCaller",
    "Resources",
    "Session",
    "SignatureError",
    "cached_on_class",
    "check_mount_without_url",
    "compile_async",
    "compile_event",
    "compile_info",
    "compile_mount",
    "compile_params",
    "create_view",
    "mount_caller",
    "params_caller",
    "view_factory",
]
