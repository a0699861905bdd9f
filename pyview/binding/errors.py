"""What can be wrong with a signature, and with what a client sends for it."""

from collections.abc import Mapping, Sized
from typing import Any


class SignatureError(TypeError):
    """A callback or dependency asks for what cannot be given. Raised when its signature is compiled.

    `where` names the function and its file and line, `parameter` the parameter.
    """

    def __init__(self, where: str, parameter: str, problem: str) -> None:
        super().__init__(f"{where}: parameter `{parameter}` {problem}")
        self.where = where
        self.parameter = parameter


class BindingError(ValueError):
    """The client's data does not fit a parameter; the handler was not called.

    `handler` is the handler's qualified name, `expected` a type, `received` the kind of the value. The value
    itself is told nowhere: payloads hold passwords.
    """

    def __init__(self, handler: str, parameter: str, expected: str, received: str, detail: str = "") -> None:
        super().__init__(f"{handler}: parameter `{parameter}` expects {expected}, got {received}{detail}")
        self.handler = handler
        self.parameter = parameter
        self.expected = expected
        self.received = received


def kind_of(value: Any) -> str:
    """What a value is, without telling it: `text of 3 characters`."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return _counted("text", value, "character")
    if isinstance(value, Mapping):
        return _counted("an object", value, "key")
    if isinstance(value, list):
        return _counted("a list", value, "item")
    return type(value).__name__


def _counted(kind: str, value: Sized, unit: str) -> str:
    plural = "" if len(value) == 1 else "s"
    return f"{kind} of {len(value)} {unit}{plural}"


def type_name(annotation: Any) -> str:
    """An annotation as its author wrote it."""
    if isinstance(annotation, type):
        return annotation.__qualname__
    return str(annotation).replace("typing.", "")
