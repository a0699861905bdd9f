"""Messages of the checks of an application, with their severity."""

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """Decides whether a message stops the start."""

    ERROR = "error"  # always
    WEAK = "weak"  # in production; a warning in development
    DEPLOYMENT = "deployment"  # in production; nothing in development
    NOTE = "note"  # never; a warning


@dataclass(frozen=True, slots=True)
class CheckMessage:
    """One problem, and what to do about it."""

    severity: Severity
    text: str
