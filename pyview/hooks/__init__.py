"""Hooks: functions that run before the callbacks of a view, and may halt them."""

from pyview.hooks.attached import Stage, ViewHooks
from pyview.hooks.on_mount import Halt, HaltedNowhere, OnMountHook, compile_hooks, hooks_of, unique

__all__ = [
    "Halt",
    "HaltedNowhere",
    "OnMountHook",
    "Stage",
    "ViewHooks",
    "compile_hooks",
    "hooks_of",
    "unique",
]
