"""One result of `pyview doctor`."""

from dataclasses import dataclass
from enum import Enum


class Health(Enum):
    """How serious a result is. Only `BAD` changes the exit code."""

    GOOD = "ok"
    DOUBTFUL = "warning"
    BAD = "error"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found about `subject`, and what to do about it."""

    subject: str
    health: Health
    text: str

    def __str__(self) -> str:
        return f"{self.health.value:<8} {self.subject:<12} {self.text}"


def good(subject: str, text: str) -> Diagnosis:
    return Diagnosis(subject, Health.GOOD, text)


def doubtful(subject: str, text: str) -> Diagnosis:
    return Diagnosis(subject, Health.DOUBTFUL, text)


def bad(subject: str, text: str) -> Diagnosis:
    return Diagnosis(subject, Health.BAD, text)
