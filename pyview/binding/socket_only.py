"""Callbacks that get the socket alone, such as `restored`: a check of their signatures at the start.

They run late, when a page comes back or ends, so a mistake would show at the first deploy.
"""

from collections.abc import Callable, Sequence
from inspect import getattr_static
from typing import Any, Final

from pyview.binding.signature import Parameter, SignatureError, read_signature

_MISSING: Final = object()


def check_socket_only(cls: type, names: Sequence[str]) -> None:
    """Raise `SignatureError` unless the callbacks of these names can be called with the socket alone."""
    for name in names:
        # A class that is no LiveView need not have them all.
        function = getattr_static(cls, name, _MISSING)
        if function is not _MISSING and not isinstance(function, classmethod | staticmethod):
            _check(name, function)


def _check(name: str, function: Callable[..., Any]) -> None:
    advice = f"{name} gets the socket and nothing else: def {name}(self, socket)"
    if not callable(function):
        raise SignatureError(name, "socket", f"is missing: {name} is {function!r} and no method. {advice}")
    signature = read_signature(function, bound=True)
    parameters = signature.parameters
    extra = next(
        (each.name for each in parameters if each.required and not _is_first(each, parameters)), None
    )
    if extra is not None:
        raise SignatureError(signature.where, extra, f"has no value: {advice}")
    if not signature.variadic and not any(each.index is not None for each in parameters):
        raise SignatureError(signature.where, "socket", f"is missing: {advice}")


def _is_first(parameter: Parameter, parameters: Sequence[Parameter]) -> bool:
    return parameter.index is not None and parameter is parameters[0]
