"""One result of `pyview doctor`."""

from dataclasses import dataclass
from enum import Enum


class Health(Enum):
    """Severity of a result. Only `BAD` changes the exit code."""

    GOOD = "ok"
    DOUBTFUL = "warning"
    BAD = "error"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Finding about `subject`, with advice."""

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
