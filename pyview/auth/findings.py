"""What a check of an app found, and how grave it is."""

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """When a finding stops the start."""

    ERROR = "error"  # always
    WEAK = "weak"  # in production; a warning in development
    DEPLOYMENT = "deployment"  # in production; nothing in development
    NOTE = "note"  # never; a warning


@dataclass(frozen=True, slots=True)
class CheckMessage:
    """One thing that is wrong, and what to do about it."""

    severity: Severity
    text: str
