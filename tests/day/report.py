"""The steps of the day, with their times."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic


@dataclass
class Report:
    """Times of the steps in seconds, printed as they end."""

    times: list[tuple[str, float]] = field(default_factory=list)

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        begin = monotonic()
        try:
            yield
        except BaseException:
            print(f"FAILED after {monotonic() - begin:6.1f} s  {what}", flush=True)
            raise
        self.note(what, monotonic() - begin)

    def note(self, what: str, seconds: float) -> None:
        self.times.append((what, seconds))
        print(f"{seconds:8.2f} s  {what}", flush=True)
